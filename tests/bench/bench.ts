/**
 * `npm run bench`: figures, never verdicts.
 *   1. edit-to-hello: a source line changes, the project is built and booted, the new text is on the screen; beside it QEMU, from the
 *      start of its process to the same text, with the same image.
 *   2. rebuild: the C template after a change of one line, and unchanged, beside the time of clang and ld.lld alone.
 *   3. image: a kernel of 1 MiB in an image of 64 MiB, without compilation.
 *   4. speed: code that computes, and single operations, in real mode, 32 and 64 bits, beside QEMU TCG, v86 and our interpreter.
 *   5. warm-up: how soon translated code is at its final speed, and what boots of templates take with and without translation.
 *   6. loading: MiB a second that the boot loader reads, in QEMU and in our PC, beside GRUB in the same QEMU.
 *   7. stick: writing a drive and reading it back, beside dd and cmp.
 *   8. debugger: what armed breakpoints cost, and single steps a second.
 *   9. window: the lab in Chromium: cold start, F5 to text, typing while a kernel runs, pictures a second.
 *   10. endurance: memory of page and lab while a kernel scrolls and the project is built as often as in two hours; only by --only, it takes many minutes.
 *   11. idle: what guests that wait cost the host, in percent of a core.
 *   12. rungs: other people's boot loaders and systems to their prompt, beside QEMU TCG and v86; only by --only, for it takes minutes.
 * Options: --rounds N (default 5), --builds N (of endurance, default 720), --only hello|rebuild|image|warmup|speed|loading|stick|debugger|window|endurance|idle|rungs, --backend NAME (of rungs), --json. It runs on a Node like the one inside Electron.
 */
import { writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createProject } from '../../src/main/project'
import { BACKENDS, DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { Builder } from '../../src/main/services/builder'
import { locate } from '../../src/main/services/locations'
import { toolchainReport } from '../../src/main/toolchain'
import { prepareWorker, startInWorker } from '../../src/main/services/machine-host'
import { bootInQemu, findQemu } from '../support/qemu'
import { findPeers } from './peers'
import { measureDebugger } from './debugger'
import { BUILDS, measureEndurance } from './endurance'
import { measureIdle, waitingGuests } from './idle'
import { measureImages } from './image'
import { LOADED_MIB, measureLoading } from './loading'
import { measureRebuild } from './rebuild'
import { measureRustRebuild } from './rust-rebuild'
import { benchRungs, measureRung } from './rungs'
import { INTERPRETER, mean, measureSpeed } from './speed'
import { measureSticks } from './stick'
import { measureTemplateBoots, measureWarmUp } from './warmup'
import { measureWindow } from './window'
import { temporaryFolder } from './workload-images'

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: { rounds: { type: 'string', default: '5' }, only: { type: 'string' }, builds: { type: 'string' }, backend: { type: 'string' }, json: { type: 'boolean', default: false } },
})
const ROUNDS = Math.max(1, Number.parseInt(values.rounds, 10) || 5)
const MEMORY_BYTES = 128 << 20
const IDLE_MS = 5_000
const builder = new Builder()
const results: Record<string, unknown>[] = []

const median = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1] ?? Number.NaN
const say = (line: string): void => void (values.json || console.log(line))

function report(row: Record<string, unknown>, line: string): void {
  results.push(row)
  say(line)
}

// --- edit to hello ----------------------------------------------------------------------------------------------------

/** Template, file to edit, and how the string in it begins that stands on the screen. */
const HELLO = [
  { template: 'miniboot-c', file: 'kernel.c', text: 'Hello, World !!' },
  { template: 'blog-os-c', file: 'kernel.c', text: 'Hello World!' },
  { template: 'blog-os-rust', file: 'src/main.rs', text: 'HELLO' },
  { template: 'boot-sector', file: 'boot.S', text: 'Type, and I shall repeat' },
] as const

/** Milliseconds of a fixed piece of arithmetic, the best of three. */
function stepsTime(): number {
  const times = [0, 1, 2].map(() => {
    const started = performance.now()
    let value = 1
    for (let step = 0; step < 1e8; step++) value = (Math.imul(value, 31) + step) | 0
    // Used, so that it is not left out.
    return performance.now() - started + (value === 0.5 ? 1 : 0)
  })
  return Math.min(...times)
}

async function editToHello(): Promise<void> {
  say(`\nEdit to hello: from F5 to the text on the screen, warm, median of ${ROUNDS} (aim: under 300 ms)`)
  const rust = (await toolchainReport()).find(({ name }) => name.startsWith('Rust'))
  const hasRust = rust?.status === 'ok'
  for (const { template, file, text } of HELLO) {
    if (template === 'blog-os-rust' && !hasRust) {
      say(`  ${template} not measured: ${rust?.detail ?? 'Rust is missing'}`)
      continue
    }
    const dir = join(temporaryFolder(), template)
    await createProject({ templatesDir: join(locate().resources, 'templates'), template, dir })
    const path = join(dir, file)
    const source = await readFile(path, 'utf8')
    if (!source.includes(`"${text}`)) throw new Error(`${path} does not contain "${text}" any more: the benchmark must edit another line.`)
    const totals: number[] = []
    const builds: number[] = []
    let image = ''
    let changed = ''
    for (let round = 0; round <= ROUNDS; round++) {
      changed = `R${String(round).padStart(2, '0')}`.padEnd(text.length, 'x')
      await writeFile(path, source.replace(`"${text}`, `"${changed}`))
      // As in the lab: a worker was made ready after the last boot, while the person typed.
      prepareWorker()
      await setTimeout(1000)
      const started = performance.now()
      const { image: bytes, result } = await builder.build(dir)
      if (bytes === undefined || result.imagePath === undefined) throw new Error(`${template} does not build: ${result.problems.map((problem) => problem.message).join('; ')}`)
      const built = performance.now()
      await untilText(bytes, changed)
      if (round > 0) {
        totals.push(performance.now() - started)
        builds.push(built - started)
      }
      image = result.imagePath
    }
    const qemu: number[] = []
    if (findQemu() !== undefined) {
      for (let round = 0; round < Math.min(ROUNDS, 3); round++) {
        const started = performance.now()
        await bootInQemu(image, { untilText: changed, timeoutMs: 60_000 })
        qemu.push(performance.now() - started)
      }
    }
    const total = median(totals)
    const boot = median(totals.map((value, index) => value - (builds[index] ?? 0)))
    report(
      { kind: 'edit-to-hello', template, totalMs: total, buildMs: median(builds), bootMs: boot, qemuBootMs: qemu.length > 0 ? median(qemu) : null },
      `  ${template.padEnd(12)} ${total.toFixed(0).padStart(5)} ms = build ${median(builds).toFixed(0)} + boot ${boot.toFixed(0)}` +
        (qemu.length > 0 ? `; boot in QEMU ${median(qemu).toFixed(0)} ms, ratio QEMU/ours ${(median(qemu) / boot).toFixed(1)}` : ''),
    )
  }
}

function untilText(image: Uint8Array, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    startInWorker(
      { image, memoryBytes: MEMORY_BYTES, backend: 'interp', pace: 'realtime', untilText: text, timeoutMilliseconds: 30_000 },
      {
        screen: () => undefined,
        serial: () => undefined,
        state: () => undefined,
        end: (ended) => (ended.reason === 'until-text' ? resolve() : reject(new Error(`The machine ended otherwise: ${ended.summary}`))),
      },
    )
  })
}

// --- rebuild -----------------------------------------------------------------------------------------------------------

async function rebuild(): Promise<void> {
  say(`\nRebuild of miniboot-c (compile, link, image), median of ${ROUNDS} (aim: under 150 ms)`)
  const figures = await measureRebuild(builder, ROUNDS)
  const [changed, unchanged, compilers] = [median(figures.changed), median(figures.unchanged), median(figures.compilers)]
  report(
    { kind: 'rebuild', template: 'miniboot-c', changedMs: changed, unchangedMs: unchanged, compilersMs: compilers, ratio: changed / compilers },
    `  one line changed ${changed.toFixed(0)} ms, clang and ld.lld alone ${compilers.toFixed(0)} ms, ratio ${(changed / compilers).toFixed(2)}; nothing changed ${unchanged.toFixed(1)} ms`,
  )
}

// --- images ------------------------------------------------------------------------------------------------------------

async function images(): Promise<void> {
  say(`\nAn image of 64 MiB (a CD: as long as needed) with a kernel of 1 MiB, without compilation, median of ${ROUNDS} (aim: under 50 ms)`)
  for (const { name, packs, writes } of await measureImages(builder, ROUNDS)) {
    const total = median(packs.map((milliseconds, index) => milliseconds + (writes[index] ?? 0)))
    report({ kind: 'image', name, totalMs: total, packMs: median(packs), writeMs: median(writes) }, `  ${name.padEnd(10)} ${total.toFixed(1).padStart(6)} ms = pack ${median(packs).toFixed(1)} + write ${median(writes).toFixed(1)}`)
  }
}

async function rustRebuild(): Promise<void> {
  const rust = (await toolchainReport()).find(({ name }) => name.startsWith('Rust'))
  if (rust?.status !== 'ok') {
    say(`  blog-os-rust not measured: ${rust?.detail ?? 'Rust is missing'}`)
    return
  }
  const { builds, cargo } = await measureRustRebuild(builder, ROUNDS)
  const added = median(builds.map((milliseconds, index) => milliseconds - (cargo[index] ?? 0)))
  report(
    { kind: 'rebuild', template: 'blog-os-rust', changedMs: median(builds), cargoMs: median(cargo), addedMs: added, ratio: median(builds) / median(cargo) },
    `  blog-os-rust: one line changed ${median(builds).toFixed(0)} ms, of which cargo ${median(cargo).toFixed(0)} ms; Bootlab adds ${added.toFixed(0)} ms (aim: under 50 ms), ratio ${(median(builds) / median(cargo)).toFixed(2)}`,
  )
}

// --- speed -------------------------------------------------------------------------------------------------------------

const SPEED_ROUNDS = 3

async function speed(): Promise<void> {
  const { peers, missing } = findPeers()
  const rounds = Math.min(ROUNDS, SPEED_ROUNDS)
  const columns = [...peers.map(({ name }) => name), INTERPRETER]
  say(`\nSpeed of guests on the translating backend, median of ${rounds}; peers as time ÷ our time (above 1: we are faster)`)
  for (const line of missing) say(`  not measured: ${line}`)
  say(`  ${'workload'.padEnd(46)} bits    ms  million/s  ${columns.map((name) => name.padStart(15)).join('  ')}`)
  const figures = await measureSpeed(builder, peers, rounds, ({ workload: { name, what, operations, units }, bits, milliseconds, instructions, peers: theirs }) => {
    const ratios = Object.fromEntries([...theirs].map(([peer, time]) => [peer, time / milliseconds]))
    const perOperation = operations === undefined ? undefined : 1e6 / operations / units
    const cell = (peer: string): string => {
      const time = theirs.get(peer)
      if (time === undefined) return ''
      return `${perOperation === undefined ? '' : `${(time * perOperation).toFixed(0)} ns  `}${(time / milliseconds).toFixed(2)}`
    }
    report(
      { kind: 'speed', workload: name, bits, milliseconds, millionsPerSecond: instructions / milliseconds / 1000, ratios, ...(perOperation === undefined ? {} : { nanoseconds: milliseconds * perOperation }) },
      `  ${what.padEnd(46)} ${String(bits).padStart(4)} ${milliseconds.toFixed(0).padStart(5)}  ${(perOperation === undefined ? (instructions / milliseconds / 1000).toFixed(0) : `${(milliseconds * perOperation).toFixed(0)} ns`).padStart(9)}  ${columns.map((peer) => cell(peer).padStart(15)).join('  ')}`,
    )
  })
  const computing = figures.filter(({ workload }) => workload.operations === undefined)
  for (const bits of [16, 32, 64, undefined]) {
    const ratiosTo = (peer: string): number[] => computing.flatMap(({ bits: own, peers: theirs, milliseconds }) => {
      const time = theirs.get(peer)
      return time === undefined || (bits !== undefined && own !== bits) ? [] : [time / milliseconds]
    })
    const means = Object.fromEntries(columns.map((name) => [name, mean(ratiosTo(name))]))
    report({ kind: 'speed-mean', bits: bits ?? null, ratios: means }, `  ${'geometric mean of code that computes'.padEnd(46)} ${(bits ?? 'all').toString().padStart(4)} ${' '.repeat(16)}  ${columns.map((name) => (Number.isNaN(means[name]) ? '' : (means[name] ?? 0).toFixed(2)).padStart(15)).join('  ')}`)
  }
}

async function warmUp(): Promise<void> {
  say(`\nWarm-up: 4096 functions until 80 % of their final speed, median of ${Math.min(ROUNDS, SPEED_ROUNDS)} (aim: under 300 ms)`)
  for (const { bits, milliseconds, unitsPerSecond } of await measureWarmUp(builder, Math.min(ROUNDS, SPEED_ROUNDS))) {
    report({ kind: 'warm-up', bits, milliseconds, unitsPerSecond }, `  ${bits} bits ${milliseconds.toFixed(0).padStart(5)} ms, then ${unitsPerSecond.toFixed(0)} times all of them a second`)
  }
  say(`Boots of templates in the lab's own worker, from its start to the text, median of ${ROUNDS} (aim: no slower with translation)`)
  await measureTemplateBoots(builder, ROUNDS, ({ id, times }) => {
    const [translated, interpreted] = [median(times.block), median(times.interp)]
    report({ kind: 'template-boot', id, blockMs: translated, interpMs: interpreted }, `  ${id.padEnd(24)} ${translated.toFixed(0).padStart(5)} ms, without translation ${interpreted.toFixed(0).padStart(5)} ms, ratio ${(translated / interpreted).toFixed(2)}`)
  })
}

async function loading(): Promise<void> {
  say(`\nLoading: a module of ${LOADED_MIB} MiB, best of ${ROUNDS}, less the time of a boot without it`)
  await measureLoading(ROUNDS, (figure) => report({ kind: 'loading', ...figure }, `  ${figure.loader.padEnd(8)} ${figure.machine.padEnd(7)} ${figure.volume.padEnd(19)} ${figure.mibPerSecond.toFixed(0).padStart(5)} MiB/s`))
}

async function stick(): Promise<void> {
  say(`\nWriting a drive and reading it back, beside dd bs=4M oflag=direct and cmp, median of ${ROUNDS} (aim: at least 0.9)`)
  for (const { mib, mibPerSecond, ours, ddAndCmp, flushedDdAndCmp, memoryMib } of await measureSticks(ROUNDS)) {
    const [own, peer, flushed] = [median(ours), median(ddAndCmp), median(flushedDdAndCmp)]
    report({ kind: 'stick', mib, mibPerSecond: mibPerSecond ?? null, milliseconds: own, ddAndCmpMs: peer, ratio: peer / own, flushedMs: flushed, flushedRatio: flushed / own, memoryMib }, `  ${String(mib).padStart(5)} MiB${mibPerSecond === undefined ? '' : `, drive of ${mibPerSecond} MiB/s`}  ${own.toFixed(0).padStart(6)} ms, dd and cmp ${peer.toFixed(0)} ms, ratio ${(peer / own).toFixed(2)}; with dd conv=fsync ${flushed.toFixed(0)} ms, ratio ${(flushed / own).toFixed(2)}; at most ${memoryMib.toFixed(0)} MiB of memory`)
  }
}

async function debuggerCosts(): Promise<void> {
  say(`\nThe debugger: the workload "calls" of 64 bits, best of ${ROUNDS}, as time ÷ time with nothing armed`)
  const { stepsPerSecond } = await measureDebugger(builder, ROUNDS, (figure) => report({ kind: 'debugger', ...figure }, `  ${figure.what.padEnd(52)} ${figure.milliseconds.toFixed(0).padStart(6)} ms  ${figure.ratio.toFixed(2)}`))
  report({ kind: 'debugger-steps', stepsPerSecond }, `  single steps ${Math.round(stepsPerSecond / 1000)} thousand/s`)
}

async function windowFigures(): Promise<void> {
  say(`\nThe window in Chromium, ${ROUNDS} rounds`)
  const measured = await measureWindow(ROUNDS, (figure) => report({ kind: 'window', ...figure }, `  ${figure.what.padEnd(64)} ${figure.value.toFixed(figure.unit === 'ms' ? 1 : 0).padStart(7)} ${figure.unit}  (aim: ${figure.unit === 'ms' ? 'under' : 'at least'} ${figure.aim})`))
  if (!measured) say('  not measured: there is no Chromium on PATH')
}

async function endurance(): Promise<void> {
  const builds = Number.parseInt(values.builds ?? '', 10) || BUILDS
  say(`\nEndurance: a kernel scrolls, ${builds} builds and boots`)
  const measured = await measureEndurance(builds, (sample) => report({ kind: 'endurance', ...sample }, `  after ${String(sample.builds).padStart(4)} builds  page's heap ${sample.pageHeap.toFixed(1).padStart(6)} MiB, lab's process ${sample.lab.toFixed(0).padStart(5)} MiB`))
  if (!measured) say('  not measured: there is no Chromium on PATH')
}

async function idle(): Promise<void> {
  say('\nIdle: processor time while a guest waits, paced in real time (aim: under 2 % of a core)')
  await measureIdle(await waitingGuests(), IDLE_MS, ({ name, percent }) => report({ kind: 'idle', name, percent }, `  ${name.padEnd(30)} ${percent.toFixed(2)} %`))
}

async function rungs(): Promise<void> {
  const backend = BACKENDS.find((name) => name === values.backend) ?? DEFAULT_BACKEND
  say(`\nRungs: from the start of each machine to the text, backend ${backend}, in seconds; in brackets how many times as long as ours`)
  const cell = (ours: number | undefined, peer: number | string | undefined): string => (typeof peer === 'string' ? peer : peer === undefined ? 'never' : `${peer.toFixed(1)}${ours === undefined ? '' : ` (${(peer / ours).toFixed(2)})`}`)
  for (const rung of await benchRungs()) {
    const { name, ours, qemu, v86 } = await measureRung(rung, backend)
    report({ kind: 'rung', name, backend, ours: ours ?? null, qemu: qemu ?? null, v86: v86 ?? null }, `  ${name.padEnd(30)} ${(ours?.toFixed(1) ?? 'never').padStart(6)}, QEMU TCG ${cell(ours, qemu)}, v86 ${cell(ours, v86)}`)
  }
}

say(`Node ${process.version}, V8 ${process.versions.v8}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`)
// What this computer can do today: a shared one may be several times slower than it says.
say(`A loop of 100 million dependent steps takes ${stepsTime().toFixed(0)} ms`)
const wanted = (part: string): boolean => values.only === undefined || values.only === part
if (wanted('hello')) await editToHello()
if (wanted('rebuild')) {
  await rebuild()
  await rustRebuild()
}
if (wanted('image')) await images()
if (wanted('warmup')) await warmUp()
if (wanted('speed')) await speed()
if (wanted('loading')) await loading()
if (wanted('stick')) await stick()
if (wanted('debugger')) await debuggerCosts()
if (wanted('window')) await windowFigures()
if (wanted('idle')) await idle()
if (values.only === 'endurance') await endurance()
if (values.only === 'rungs') await rungs()
if (values.json) writeFileSync(1, `${JSON.stringify(results, null, 2)}\n`)
process.exit(0)
