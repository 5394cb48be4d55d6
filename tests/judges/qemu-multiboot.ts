/**
 * QEMU's tests/multiboot here: each case of its `.out` files, booted directly, beside what QEMU prints.
 *
 *     node scripts/run.mjs tests/judges/qemu-multiboot.ts COPY
 *
 * Where the loader puts memory map and modules is its own choice, and which tables and ROMs a board has at the ends of its memory the board's: those addresses are left out,
 * as are the messages about a kernel that is refused. Everything else must be equal: sizes, RAM, texts, contents, who is refused.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { TICKS_PER_SECOND } from '../../src/main/emulator/machine/clock'
import { Machine, type Outcome } from '../../src/main/emulator/machine/machine'
import { MAX_MEMORY_BYTES } from '../../src/main/emulator/machine/memory-map'
import { parseInitrd, readModules } from '../../src/main/services/boot-modules'
import { Builder } from '../../src/main/services/builder'
import { ImageError } from '../../src/main/image'

const MIB = 1 << 20
const DEFAULT_BYTES = 128 * MIB
const SECONDS = 5
const GROUPS = ['mmap', 'modules', 'aout_kludge'] as const
const HEADING = /\n\n=== Running test case: (.*?) ===\n\n/
const REFUSAL = /^qemu-system-\S+: .*$/m
const QEMU_GRANULE = 0x2000
/** A board's tables at the end of the RAM take no more. */
const TABLES = 0x2_0000
const UNITS: Readonly<Record<string, number>> = { M: MIB, G: 1024 * MIB }

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error("Name the folder of a built copy of QEMU's tests/multiboot.")

interface Ran {
  readonly printed: string
  readonly outcome: Outcome | undefined
}

/** @param words of QEMU's command line, behind the kernel's name */
function memoryOf(words: string): number {
  const size = /^-m ([\d.]+)([MG])$/.exec(words)
  return size ? roundUp(Number(size[1]) * (UNITS[size[2] ?? ''] ?? 0), QEMU_GRANULE) : DEFAULT_BYTES
}

/** @param words as above @throws ImageError when the kernel is refused */
async function runHere(kernel: string, words: string, memoryBytes: number): Promise<Ran> {
  const initrd = /^-initrd (.*)$/.exec(words)?.[1]
  const read = async (path: string): Promise<Uint8Array> => new Uint8Array(readFileSync(join(folder ?? '', path.split('/').at(-1) ?? '')))
  const modules = await readModules(initrd === undefined ? [] : parseInitrd(initrd), read)
  const image = await new Builder().imageOf(await read(kernel), kernel, undefined, undefined, { modules })
  let printed = ''
  const machine = new Machine({ image, memoryBytes, backend: 'interp', startDate: 0, onReset: 'end', onSerial: () => undefined, onDebugConsole: (byte) => (printed += String.fromCharCode(byte)) })
  const outcome = machine.run(SECONDS * TICKS_PER_SECOND)
  return { printed, outcome }
}

function roundUp(value: number, to: number): number {
  return Math.ceil(value / to) * to
}

const hex = (value: number): string => `0x${value.toString(16)}`

/** Without where things lie: of the map the RAM, without tables at its end; the sizes, if the map says the same. */
function comparable(group: (typeof GROUPS)[number], text: string): string {
  if (group === 'modules') return text.replaceAll(/^(.*entries) at .*$/gm, '$1').replaceAll(/^\[\w+\] Module: \w+?(\w{3}) - \w+?(\w{3}) /gm, '[…] Module: …$1 - …$2 ')
  if (group !== 'mmap') return text
  const number = (pattern: RegExp): number => Number(pattern.exec(text)?.[1])
  const ram = [...text.matchAll(/^(0x\w+) - (0x\w+): type 1 \[entry size: 20\]$/gm)].map(([, start, end]) => [Number(start), Number(end)] as const)
  const [lower, upper] = [0, MIB].map((start) => ram.find(([first]) => first === start)?.[1] ?? 0)
  const sizes = number(/^Lower memory: (\d+)k/m) === (lower ?? 0) >> 10 && number(/^Upper memory: (\d+)k/m) === ((upper ?? 0) - MIB) / 1024
  return [`sizes ${sizes ? 'as in the map' : text}`, ...ram.map(([start, end]) => `RAM ${hex(start)} - ${hex(end % TABLES === 0 || start !== MIB || end < 2 * MIB ? end : end - (end % TABLES))}`), ''].join('\n')
}

let [different, notRun] = [0, 0]
for (const group of GROUPS) {
  const [, ...parts] = readFileSync(join(folder, `${group}.out`), 'latin1').split(HEADING)
  for (let at = 0; at < parts.length; at += 2) {
    const [name = '', expected = ''] = [parts[at], parts[at + 1]]
    const [kernel = '', ...words] = name.split(' ')
    const refused = REFUSAL.exec(expected)?.[0]
    const memoryBytes = memoryOf(words.join(' '))
    if (memoryBytes > MAX_MEMORY_BYTES) {
      notRun++
      console.log(`${name}: not run, as a PC here has at most ${MAX_MEMORY_BYTES / MIB} MiB`)
      continue
    }
    let verdict: string
    try {
      const { printed, outcome } = await runHere(kernel, words.join(' '), memoryBytes)
      const ended = outcome?.reason === 'debug-exit' && outcome.value === 0
      const [own, theirs] = [comparable(group, printed), comparable(group, expected)]
      if (refused !== undefined) verdict = `DIFFERS: it runs here; ${refused}`
      else if (!ended) verdict = `DIFFERS: ended with ${JSON.stringify(outcome)}`
      else verdict = own === theirs ? 'equal' : `DIFFERS:\n--- QEMU\n${theirs}+++ here\n${own}`
    } catch (error) {
      if (!(error instanceof ImageError)) throw error
      verdict = `${refused === undefined ? 'DIFFERS: refused here' : 'refused by both'}: ${error.message}`
    }
    if (verdict.startsWith('DIFFERS')) different++
    console.log(`${name.trim()}: ${verdict}`)
  }
}
console.log(`${different} differ, ${notRun} not run`)
process.exitCode = different > 0 ? 1 : 0
