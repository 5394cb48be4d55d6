/** `bootlab boot`. */
import { constants, createWriteStream } from 'node:fs'
import { access, open, stat, writeFile, type FileHandle } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { isBare, prepareBare } from '../main/services/bare'
import { Builder } from '../main/services/builder'
import { prepareWorker, startInWorker, type RunReport, type StartOptions } from '../main/services/machine-host'
import type { MachineStarter } from '../main/services/machines'
import { type AskedDrive, checkMedium, insertedDrives } from '../main/services/boot-medium'
import { type Image, imageFileOf } from '../main/services/image-file'
import { type ModuleFile, readModules } from '../main/services/boot-modules'
import { readRoms } from '../main/services/firmware-files'
import { projectDirectoryOf } from '../main/services/projects'
import { checkProcessors, clockStart, machineOf, type MachineDescription } from '../main/services/machine-description'
import { readState, tryState, writeState } from '../main/services/saved-states'
import { ANY_MACHINE, readInput } from '../main/services/services'
import { unpackedLinux } from '../main/services/unpacked-linux'
import type { BuildResult } from '../shared/contract'
import type { CpuModelName } from '../shared/cpu-models'
import { LabError } from '../shared/failure'
import type { BootMedium, DriveBus, OutputPort, Screen, MachinePace, OptionalDevice, Translation } from '../shared/machine-schemas'
import { screenLines, screenText } from '../shared/screen-text'
import type { Backend, ScreenOutput, Trace } from './arguments'
import { buildExitCode, printLog, summarize } from './build-log'
import { JitDump } from './jit-dump'
import { LiveTerminal } from './live-terminal'
import { bootInLockstep, checkLockstepOptions } from './lockstep'
import { PortOutputs } from './port-outputs'
import { traceFilter, traceLines } from './trace'
import { exitCodeOf } from './run-exit-code'

/** Limit for --until-text without --timeout: a text that never comes must not hang a script. */
const DEFAULT_UNTIL_TEXT_MILLISECONDS = 60_000
/** Serial output kept for --json, in bytes per port. */
const MAX_JSON_SERIAL = 4 * 1024 * 1024

export interface BootOptions {
  headless?: true
  as?: BootMedium
  bus?: DriveBus
  drive?: readonly AskedDrive[]
  bootOrder?: readonly BootMedium[]
  bootMenu?: true
  writeThrough?: true
  clock?: string
  firmware?: string
  vgaFirmware?: string
  firmwareVariables?: string
  saveVariables?: string
  memory?: number
  append?: string
  initrd?: readonly ModuleFile[]
  module?: readonly ModuleFile[]
  unpack?: true
  serial?: readonly string[]
  parallel?: string
  netFiles?: string
  netBoot?: string
  screen?: ScreenOutput
  untilText?: string
  timeout?: number
  loadState?: string
  saveState?: string
  saveAt?: number
  keys?: string
  backend: Backend
  jitStats?: true
  jitDump?: string
  cpu?: CpuModelName
  cpus?: number
  without?: readonly OptionalDevice[]
  pace?: MachinePace
  lockstep?: readonly [Backend, Backend]
  trace?: readonly Trace[]
  traceFile?: string
  json?: true
}

/** The image, and the machine that it boots in. */
type Bootable = Pick<StartOptions, 'image' | 'medium' | 'bus' | 'memoryBytes' | 'model' | 'processors' | 'drives' | 'roms' | 'boot' | 'startDate' | 'network' | 'state' | 'without'> & { readonly pace?: MachinePace | undefined }

export async function boot(what: string, options: BootOptions, signal: AbortSignal): Promise<number> {
  if (options.untilText === '') throw new LabError({ code: 'usage', what: '--until-text is empty.', next: 'Name the text to wait for.' })
  if (options.traceFile !== undefined && !options.trace) throw new LabError({ code: 'usage', what: '--trace-file says where a trace goes, but there is none.', next: 'Add --trace bios, --trace ports or --trace bios,ports.' })
  if (options.vgaFirmware !== undefined && options.firmware === undefined) throw new LabError({ code: 'usage', what: "--vga-firmware goes with a BIOS that is not Bootlab's own.", next: 'Add --firmware FILE.' })
  if (options.saveAt !== undefined && options.saveState === undefined) throw new LabError({ code: 'usage', what: '--save-at says when the state is saved, but not where.', next: 'Add --save-state FILE.' })
  if (options.saveState !== undefined && options.saveAt === undefined && options.untilText === undefined && options.timeout === undefined) throw new LabError({ code: 'usage', what: '--save-state saves where the run ends, and this one has no end of its own.', next: 'Add --save-at INSTRUCTIONS, --until-text TEXT or --timeout TIME.' })
  if (options.lockstep && (options.saveState !== undefined || options.loadState !== undefined)) throw new LabError({ code: 'usage', what: '--lockstep begins at power-on, and saves nothing.', next: 'Leave --load-state and --save-state out.' })
  if (options.firmwareVariables !== undefined && options.firmware === undefined) throw new LabError({ code: 'usage', what: "--firmware-variables goes with UEFI firmware, which Bootlab's own is not.", next: 'Add --firmware FILE.' })
  const { lockstep } = options
  if (lockstep) checkLockstepOptions(options)
  else prepareWorker()
  const prepared = await prepare(what, options, signal)
  if ('failed' in prepared) {
    const exitCode = buildExitCode(prepared.failed)
    if (options.json) console.log(JSON.stringify({ reason: 'build-failed', exitCode, build: prepared.failed }))
    return exitCode
  }
  const timeoutMilliseconds = timeoutOf(options)
  return lockstep ? bootInLockstep({ ...prepared, ...options, backends: lockstep, timeoutMilliseconds }, signal) : run(prepared, options, signal, startInWorker)
}

/** Resolves when the stream took the bytes, or failed: that is told by its own event. */
const written = (stream: Writable, bytes: Uint8Array): Promise<void> => new Promise((resolveWrite) => stream.write(bytes, () => resolveWrite()))

const timeoutOf = ({ timeout, untilText }: BootOptions): number | undefined => timeout ?? (untilText === undefined ? undefined : DEFAULT_UNTIL_TEXT_MILLISECONDS)

/** Builds a project or reads a file. */
async function prepare(what: string, options: BootOptions, signal: AbortSignal): Promise<Bootable | { failed: BuildResult }> {
  const path = resolve(what)
  const builder = new Builder()
  const directory = (await isBare(path)) ? await prepareBare(path, printLog(process.stderr)) : await projectDirectoryOf(path)
  const modules = await readModules([...(options.initrd ?? []), ...(options.module ?? [])], readInput)
  if (directory === undefined) {
    const isPlain = modules.length === 0 && options.append === undefined && !options.unpack
    const file = isPlain || options.writeThrough ? await imageFileOf(path, { write: options.writeThrough === true, bootable: true }) : undefined
    if (file) return inMachine(file, what, ANY_MACHINE, options)
    const given = await readInput(path)
    const image = await builder.imageOf(options.unpack ? await unpackedLinux(given, path) : given, path, options.append, (warning) => void process.stderr.write(`warning: ${warning}\n`), { modules })
    return inMachine(image, what, ANY_MACHINE, options)
  }
  if (options.writeThrough) throw new LabError({ code: 'usage', what: '--write-through goes with a raw image only.', where: path, next: 'Name the image file, or leave --write-through out.' })
  if (options.unpack) throw new LabError({ code: 'usage', what: '--unpack goes with a Linux kernel only.', where: path, next: 'Name the kernel file (bzImage), or leave --unpack out.' })
  const { result, image, project } = await builder.build(directory, { onLog: printLog(process.stderr), signal, commandLine: options.append, modules })
  process.stderr.write(`${summarize(result)}\n`)
  if (!image || !project) return { failed: result }
  return inMachine(image, what, await machineOf(project), options)
}

const resolved = (path: string | undefined): string | undefined => (path === undefined ? undefined : resolve(path))

/** Options come before what the manifest says; drives beside those that it names. */
async function inMachine(image: Image, what: string, described: MachineDescription, options: BootOptions): Promise<Bootable> {
  const medium = options.as ?? described.medium
  const bus = options.bus ?? described.bus
  checkMedium(image, medium, what, bus)
  const saved = options.loadState === undefined ? undefined : await readState(resolve(options.loadState))
  const [model, processors] = [options.cpu ?? saved?.machine.model ?? described.model, options.cpus ?? saved?.machine.processors ?? described.cpus]
  checkProcessors(model, processors)
  const firmware = options.firmware === undefined ? described.firmware : { bios: resolve(options.firmware), vga: resolved(options.vgaFirmware), variables: resolved(options.firmwareVariables) }
  const drives = [...described.drives, ...(options.drive ?? []).map((drive) => ({ ...drive, path: resolve(drive.path) }))]
  const bootable: Bootable = {
    image,
    medium,
    bus,
    memoryBytes: options.memory ?? saved?.machine.memoryBytes ?? described.memoryBytes,
    model,
    processors,
    without: [...(described.without ?? []), ...(options.without ?? [])],
    pace: options.pace ?? described.pace,
    drives: await insertedDrives(image, medium, drives, readInput),
    roms: firmware && (await readRoms(firmware.bios, firmware.vga, firmware.variables)),
    boot: { order: options.bootOrder === undefined ? described.boot?.order : [...options.bootOrder], menu: options.bootMenu ?? described.boot?.menu },
    startDate: options.clock === undefined ? described.startDate : clockStart(options.clock),
    ...(await networkOf(options)),
    ...(saved ? { state: saved.bytes } : {}),
  }
  tryState({ ...bootable, backend: options.backend, pace: 'fast' }, options.loadState ?? '')
  return bootable
}

/** Runs a machine to its end and prints what was asked for. @returns the exit code */
export async function run(machine: Bootable, options: BootOptions, signal: AbortSignal, start: MachineStarter): Promise<number> {
  const { untilText, json } = options
  if (options.screen?.type === 'png') await requireFileName(options.screen.file)
  if (options.saveVariables !== undefined) await requireVariables(options.saveVariables, machine)
  // Lines of a trace would run through the picture.
  const traceInTerminal = options.trace !== undefined && options.traceFile === undefined && process.stderr.isTTY
  const ports = await PortOutputs.open(options, openForWriting)
  const live = !options.headless && !json && !traceInTerminal && !ports.usesStdio && process.stdout.isTTY && process.stdin.isTTY ? new LiveTerminal() : undefined
  const traceFile = options.traceFile === undefined ? undefined : await openForWriting(options.traceFile)
  const kept = new Map<OutputPort, KeptOutput>()
  const dump = options.jitDump === undefined ? undefined : new JitDump(resolve(options.jitDump))
  let screen: Screen | undefined
  let state: Uint8Array | undefined
  let variables: Uint8Array | undefined
  const started = performance.now()

  const report = await new Promise<RunReport>((resolveRun) => {
    const running = start(
      {
        ...machine,
        backend: options.backend,
        jitStatistics: options.jitStats,
        jitDump: dump !== undefined,
        pace: machine.pace ?? (live ? 'realtime' : 'fast'),
        untilText,
        timeoutMilliseconds: timeoutOf(options),
        keys: options.keys,
        untilInstructions: options.saveAt,
        saveState: options.saveState !== undefined,
        ...(options.trace ? { log: { filter: traceFilter(options.trace), whole: true } } : {}),
      },
      {
        screen(next) {
          screen = next
          live?.show(next)
        },
        serial(port, bytes) {
          if (json) kept.set(port, (kept.get(port) ?? new KeptOutput()).add(bytes))
          return ports.write(port, bytes, !json)
        },
        log: (_id, entries) => written(traceFile ?? process.stderr, traceLines(entries)),
        state: () => undefined,
        saved: (bytes) => (state = bytes),
        variables: (bytes) => void (variables = bytes),
        region: (region) => dump?.add(region),
        end: resolveRun,
      },
    )
    const stop = (): void => running.stop()
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
    live?.open({ interrupt: stop, keys: (events) => running.keys(events), text: (text) => running.type(text) })
    if (ports.stdin) process.stdin.on('data', (bytes: Buffer) => running.serialInput(new Uint8Array(bytes), ports.stdin))
  })

  live?.close()
  process.stdin.pause()
  await ports.close()
  if (traceFile) await finished(traceFile.end())
  if (options.screen?.type === 'png') await writePicture(options.screen.file, screen)
  if (options.saveState !== undefined) await keepState(resolve(options.saveState), state)
  if (options.saveVariables !== undefined && variables) await save(options.saveVariables, variables)
  const exitCode = exitCodeOf(report, untilText !== undefined)
  if (json) {
    const milliseconds = Math.round(performance.now() - started)
    const lines = screen ? screenLines(screen) : []
    console.log(JSON.stringify({ reason: report.reason, exitCode, milliseconds, screen: lines, serial: kept.get('com1')?.text() ?? '', debug: kept.get('debug')?.text() ?? '', ...otherPorts(kept), report }))
    return exitCode
  }
  if (options.jitStats) process.stderr.write(translationText(report.translation))
  if (options.screen?.type === 'text') console.log(screen ? inWords(screen) : '')
  if (report.reason !== 'until-text') process.stderr.write(`${report.lines.length > 0 ? report.lines.join('\n') : report.summary}\n`)
  if (report.reason === 'timeout' && untilText !== undefined) process.stderr.write(textMissing(untilText, screen))
  return exitCode
}

/** A machine that came to its end has nothing to go on from: that is said, and is no failure of the run. */
async function keepState(path: string, state: Uint8Array | undefined): Promise<void> {
  if (state) await writeState(path, state)
  else process.stderr.write('No state was saved: the machine came to an end of its own before.\n')
}

/** What `--jit-stats` prints. */
function translationText(translation: Translation | undefined): string {
  if (translation === undefined) return 'Nothing was translated: that is what the backend "block" does.\n'
  const { regions, instructions, bytes, milliseconds, refused, overwritten, evicted, obstacles } = translation
  const lines = [
    `${regions} regions of ${instructions} instructions, ${bytes} bytes of WebAssembly, in ${milliseconds.toFixed(0)} ms`,
    `${overwritten} overwritten, ${evicted} evicted, ${refused} hot places without a translation`,
    ...Object.entries(obstacles).toSorted((a, b) => b[1] - a[1]).map(([reason, count]) => `  left to the interpreter: ${count} × ${reason}`),
  ]
  return `${lines.join('\n')}\n`
}

/** What other ports than COM1 and the debug console sent, by their names; nothing for a port that sent nothing. */
function otherPorts(kept: ReadonlyMap<OutputPort, KeptOutput>): Record<string, string> {
  return Object.fromEntries([...kept].filter(([port]) => port !== 'com1' && port !== 'debug').map(([port, output]) => [port, output.text()]))
}

/** What `--net-files` and `--net-boot` say. @throws LabError when the folder is none */
async function networkOf({ netFiles, netBoot }: BootOptions): Promise<{ network?: { folder?: string; bootFile?: string } }> {
  if (netFiles === undefined && netBoot === undefined) return {}
  if (netFiles !== undefined && !(await stat(netFiles).then((found) => found.isDirectory(), () => false))) throw new LabError({ code: 'bad-input', what: 'There is no such folder.', where: netFiles, next: 'Name the folder whose files the guest is to fetch.' })
  return { network: { ...(netFiles === undefined ? {} : { folder: resolve(netFiles) }), ...(netBoot === undefined ? {} : { bootFile: netBoot }) } }
}

/** The screen for `--screen text`. */
function inWords(screen: Screen): string {
  return screen.mode === 'text' || screen.text ? screenText(screen) : `(Graphics of ${screen.width}×${screen.height} pixels: --screen png:FILE shows them.)`
}

function textMissing(untilText: string, screen: Screen | undefined): string {
  const what = `The text ${JSON.stringify(untilText)} did not appear.`
  if (screen?.mode !== 'graphics' || screen.text) return `${what}\nNext: look at the screen with --screen text, or allow more time with --timeout.\n`
  return `${what} The screen shows graphics (${screen.width}×${screen.height}), in which text is not read.\nNext: look at it with --screen png:FILE, or have the kernel write to COM1 and use --serial.\n`
}

async function openForWriting(path: string): Promise<ReturnType<typeof createWriteStream>> {
  const reader = await probeReader(path)
  const stream = createWriteStream(path)
  await new Promise<void>((resolveOpen, reject) => {
    stream.once('open', () => resolveOpen())
    stream.once('error', (error) => reject(cannotWrite(path, error)))
  })
  // Not earlier: the reader would take it for the end.
  await reader?.close()
  return stream
}

/** Opening a named pipe that nobody reads waits for ever, and not even Ctrl-C ends that; without blocking it fails at once. */
async function probeReader(path: string): Promise<FileHandle | undefined> {
  const isPipe = await stat(path).then((found) => found.isFIFO(), () => false)
  if (!isPipe) return undefined
  return open(path, constants.O_WRONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    throw new LabError({ code: 'bad-input', what: 'Nobody reads this named pipe.', where: path, next: 'Start the program that reads it first.' }, { cause: error })
  })
}

/** Said before the run, which may be long. */
async function requireFileName(path: string): Promise<void> {
  if (await stat(path).then((found) => found.isDirectory(), () => false)) throw cannotWrite(path, new Error('it is a folder'))
  await access(dirname(resolve(path)), constants.W_OK).catch((error: unknown) => Promise.reject(cannotWrite(path, error)))
}

async function writePicture(path: string, screen: Screen | undefined): Promise<void> {
  if (!screen) throw new LabError({ code: 'internal', what: 'The machine showed no screen.' })
  // Read only when it is wanted.
  const { screenPng } = await import('../main/services/screen-output')
  await save(path, screenPng(screen))
}

const save = (path: string, bytes: Uint8Array): Promise<void> => writeFile(path, bytes).catch((error: unknown) => Promise.reject(cannotWrite(path, error)))

async function requireVariables(path: string, { roms }: Bootable): Promise<void> {
  if (!roms?.variables) throw new LabError({ code: 'usage', what: '--save-variables, but the machine has no flash memory with variables.', next: 'Add --firmware OVMF_CODE….fd, and --firmware-variables FILE where none are beside it.' })
  await requireFileName(path)
}

function cannotWrite(path: string, error: unknown): LabError {
  const why = error instanceof Error ? error.message : String(error)
  return new LabError({ code: 'bad-input', what: `The file cannot be written: ${why}.`, where: path, next: 'Choose another place.' }, { cause: error })
}

/** The first bytes that a port sent. */
class KeptOutput {
  readonly #chunks: Uint8Array[] = []
  #length = 0

  add(bytes: Uint8Array): this {
    const kept = bytes.slice(0, MAX_JSON_SERIAL - this.#length)
    this.#chunks.push(kept)
    this.#length += kept.length
    return this
  }

  /** As UTF-8; what is none shows as U+FFFD. */
  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8')
  }
}
