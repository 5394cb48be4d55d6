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
import { checkMedium, insertedDrives } from '../main/services/boot-medium'
import { type ModuleFile, readModules } from '../main/services/boot-modules'
import { readRoms } from '../main/services/firmware-files'
import { projectDirectoryOf } from '../main/services/projects'
import { clockStart, machineOf, type MachineDescription } from '../main/services/machine-description'
import { ANY_MACHINE, readInput } from '../main/services/services'
import { unpackedLinux } from '../main/services/unpacked-linux'
import type { BuildResult } from '../shared/contract'
import type { CpuModelName } from '../shared/cpu-models'
import { LabError } from '../shared/failure'
import type { BootMedium, InsertedDrive, OutputPort, Screen, Translation } from '../shared/machine-schemas'
import { screenLines, screenText } from '../shared/screen-text'
import type { Backend, ScreenOutput, Trace } from './arguments'
import { buildExitCode, printLog, summarize } from './build-log'
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
  drive?: readonly InsertedDrive[]
  clock?: string
  firmware?: string
  vgaFirmware?: string
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
  keys?: string
  backend: Backend
  jitStats?: true
  cpu?: CpuModelName
  lockstep?: readonly [Backend, Backend]
  trace?: readonly Trace[]
  traceFile?: string
  json?: true
}

/** The image, and the machine that it boots in. */
type Bootable = Pick<StartOptions, 'image' | 'medium' | 'memoryBytes' | 'model' | 'drives' | 'roms' | 'startDate'>

export async function boot(what: string, options: BootOptions, signal: AbortSignal): Promise<number> {
  if (options.untilText === '') throw new LabError({ code: 'usage', what: '--until-text is empty.', next: 'Name the text to wait for.' })
  if (options.traceFile !== undefined && !options.trace) throw new LabError({ code: 'usage', what: '--trace-file says where a trace goes, but there is none.', next: 'Add --trace bios, --trace ports or --trace bios,ports.' })
  if (options.vgaFirmware !== undefined && options.firmware === undefined) throw new LabError({ code: 'usage', what: "--vga-firmware goes with a BIOS that is not Bootlab's own.", next: 'Add --firmware FILE.' })
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
    const given = await readInput(path)
    const file = options.unpack ? await unpackedLinux(given, path) : given
    const image = await builder.imageOf(file, path, options.append, (warning) => void process.stderr.write(`warning: ${warning}\n`), { modules })
    return inMachine(image, what, ANY_MACHINE, options)
  }
  if (options.unpack) throw new LabError({ code: 'usage', what: '--unpack goes with a Linux kernel only.', where: path, next: 'Name the kernel file (bzImage), or leave --unpack out.' })
  const { result, image, project } = await builder.build(directory, { onLog: printLog(process.stderr), signal, commandLine: options.append, modules })
  process.stderr.write(`${summarize(result)}\n`)
  if (!image || !project) return { failed: result }
  return inMachine(image, what, await machineOf(project), options)
}

/** Options come before what the manifest says; drives beside those that it names. */
async function inMachine(image: Uint8Array, what: string, described: MachineDescription, options: BootOptions): Promise<Bootable> {
  const medium = options.as ?? described.medium
  checkMedium(image, medium, what)
  const firmware = options.firmware === undefined ? described.firmware : { bios: resolve(options.firmware), vga: options.vgaFirmware === undefined ? undefined : resolve(options.vgaFirmware) }
  const drives = [...described.drives, ...(options.drive ?? []).map((drive) => ({ ...drive, path: resolve(drive.path) }))]
  return {
    image,
    medium,
    memoryBytes: options.memory ?? described.memoryBytes,
    model: options.cpu ?? described.model,
    drives: await insertedDrives(image, medium, drives, readInput),
    roms: firmware && (await readRoms(firmware.bios, firmware.vga)),
    startDate: options.clock === undefined ? described.startDate : clockStart(options.clock),
  }
}

/** Runs a machine to its end and prints what was asked for. @returns the exit code */
export async function run(machine: Bootable, options: BootOptions, signal: AbortSignal, start: MachineStarter): Promise<number> {
  const { untilText, json } = options
  if (options.screen?.type === 'png') await requireFileName(options.screen.file)
  // Lines of a trace would run through the picture.
  const traceInTerminal = options.trace !== undefined && options.traceFile === undefined && process.stderr.isTTY
  const ports = await PortOutputs.open(options, openForWriting)
  const live = !options.headless && !json && !traceInTerminal && !ports.usesStdio && process.stdout.isTTY && process.stdin.isTTY ? new LiveTerminal() : undefined
  const traceFile = options.traceFile === undefined ? undefined : await openForWriting(options.traceFile)
  const kept = new Map<OutputPort, KeptOutput>()
  let screen: Screen | undefined
  const network = await networkOf(options)
  const started = performance.now()

  const report = await new Promise<RunReport>((resolveRun) => {
    const running = start(
      {
        ...machine,
        backend: options.backend,
        jitStatistics: options.jitStats,
        pace: live ? 'realtime' : 'fast',
        untilText,
        timeoutMilliseconds: timeoutOf(options),
        keys: options.keys,
        ...network,
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
  await writeFile(path, screenPng(screen)).catch((error: unknown) => Promise.reject(cannotWrite(path, error)))
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
