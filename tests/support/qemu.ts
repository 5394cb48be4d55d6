/** Boots a disk image in QEMU, the outside judge of what the image builder and the loader make. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import * as z from 'zod'
import { firmwareState } from './firmware-state'
import { firmwareArguments, type Firmware } from './ovmf'
import { requireTool } from './tools'

export interface QemuOptions {
  /**
   * Stop as soon as the screen shows this, in one line or running on from the end of one to the start of the next. Under UEFI, where
   * there is no text screen: as soon as port 0xE9 or COM1 got it.
   */
  untilText?: string
  /** Go on for so long after `untilText`, to see whether the guest stays where it is. */
  lingerMs?: number
  timeoutMs: number
  /** QEMU's -m, such as `128M`. */
  memory?: string
  /** How the image is attached: as the machine's own hard disk, as a USB stick, as a CD, or as a diskette. */
  disk?: 'hard disk' | 'USB stick' | 'CD' | 'diskette'
  /** QEMU's name of the image's format; `raw` when absent. */
  format?: string
  /** What starts the machine; SeaBIOS when not given. */
  firmware?: Firmware
  /** QEMU's -cpu, such as `qemu32`. */
  cpu?: string
  /** Typed once the screen shows `afterText`. */
  keys?: {
    afterText: string
    /** Lower-case letters, digits, space and newline. */
    text?: string
    /** Keys pressed together after the text, by QEMU's names, such as `['ctrl', 'alt', 'delete']`. */
    chord?: string[]
  }
  /** Take a picture of the screen at the end, while the machine still runs. */
  picture?: boolean
  /** Further arguments. */
  args?: string[]
}

export interface Picture {
  width: number
  height: number
  /** Red, green, blue; a byte each. */
  pixels: Uint8Array
}

export interface QemuRun {
  /** 25 lines without trailing blanks; code page 437 beyond ASCII becomes `?`. */
  screenText: string
  /** The same as one text of 2000 characters, for sentences that run over the end of a line. */
  screenFlow: string
  /** 80 × 25 cells: character in the low byte, attribute in the high byte. */
  screenCells: Uint16Array
  /** With `picture`, and when the machine still ran at the end. */
  picture?: Picture | undefined
  /** What the guest wrote to COM1. */
  serial: string
  /** What the guest wrote to port 0xE9. */
  debugPort: string
  exit:
    | { reason: 'text' }
    | { reason: 'timeout' }
    /** The guest reset or switched itself off; after a triple fault, too. */
    | { reason: 'shutdown' }
    /** isa-debug-exit: the process ends with (value << 1) | 1. */
    | { reason: 'debug-exit'; code: number }
}

const SCREEN_ADDRESS = 0xb8000
const COLUMNS = 80
const ROWS = 25
const SCREEN_BYTES = COLUMNS * ROWS * 2
const POLL_MS = 40
const KEY_HOLD_MS = 20

const reply = z.object({ return: z.unknown().optional(), error: z.object({ desc: z.string() }).optional(), event: z.string().optional() })
type Reply = z.infer<typeof reply>

/** Path of QEMU; undefined when it is missing on a developer's machine. */
export function findQemu(): string | undefined {
  return requireTool('qemu-system-x86_64')
}

/** Boots the image; the file itself is never written. */
export async function bootInQemu(imagePath: string, options: QemuOptions): Promise<QemuRun> {
  const qemu = findQemu()
  if (qemu === undefined) throw new Error('qemu-system-x86_64 is not on PATH: skip the test before calling bootInQemu.')
  const folder = mkdtempSync(join(tmpdir(), 'bootlab-qemu-'))
  try {
    return await run(qemu, imagePath, folder, options)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function run(qemu: string, imagePath: string, folder: string, options: QemuOptions): Promise<QemuRun> {
  const serialFile = join(folder, 'serial')
  const debugFile = join(folder, 'debug')
  const screenFile = join(folder, 'screen')
  const pictureFile = join(folder, 'picture.ppm')
  const args = ['-accel', 'tcg', '-display', 'none', '-no-reboot', '-nodefaults', '-vga', 'std']
  args.push('-m', options.memory ?? '128M')
  if (options.firmware !== undefined) args.push(...firmwareArguments(options.firmware))
  if (options.cpu !== undefined) args.push('-cpu', options.cpu)
  args.push('-device', 'isa-debug-exit,iobase=0xf4,iosize=0x04', ...(options.args ?? []))
  const state = options.firmware === undefined || options.firmware === 'BIOS' ? undefined : firmwareState([...args, options.disk ?? 'hard disk'], folder)
  const drive = `format=${options.format ?? 'raw'},snapshot=on,file=${imagePath.replaceAll(',', ',,')}`
  if (options.disk === 'USB stick') args.push('-device', 'qemu-xhci', '-drive', `if=none,id=stick,${drive}`, '-device', 'usb-storage,drive=stick')
  else args.push('-drive', options.disk === 'CD' ? `${drive},media=cdrom,readonly=on` : options.disk === 'diskette' ? `${drive},if=floppy` : drive)
  args.push('-chardev', `file,id=serial,path=${serialFile}`, '-serial', 'chardev:serial', '-debugcon', `file:${debugFile}`)
  args.push('-qmp', 'stdio', ...(state?.args ?? []))
  const child = spawn(qemu, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text))
  const closed = new Promise<number | Error | null>((resolve) => {
    child.once('error', resolve)
    child.once('close', resolve)
  })
  const monitor = new Monitor(child)
  // A guest that exits closes the monitor's pipe under a command just written.
  child.stdin.on('error', (error) => (complaints += error.message))

  let screen: Buffer = Buffer.alloc(SCREEN_BYTES)
  const deadline = Date.now() + options.timeoutMs
  let exit: QemuRun['exit'] = { reason: 'timeout' }
  let picture: Picture | undefined
  let found: number | undefined
  let typed = options.keys === undefined
  // A QEMU that stops answering must not hold up the test: its end ends every wait below.
  const guard = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs + 5000)
  try {
    await monitor.command('qmp_capabilities')
    while (!monitor.ended && Date.now() < deadline) {
      if (!(await monitor.command('pmemsave', { val: SCREEN_ADDRESS, size: SCREEN_BYTES, filename: screenFile }))) break
      screen = readFileSync(screenFile)
      await state?.look(monitor)
      const seen = shown(screen, options, serialFile, debugFile)
      if (options.keys && !typed && seen(options.keys.afterText)) {
        typed = true
        for (const key of options.keys.text ?? '') await monitor.press([keyCode(key)])
        if (options.keys.chord) await monitor.press(options.keys.chord)
      }
      if (options.untilText !== undefined && seen(options.untilText)) {
        found ??= Date.now()
        if (Date.now() - found >= (options.lingerMs ?? 0)) {
          exit = { reason: 'text' }
          if (options.picture && (await monitor.command('screendump', { filename: pictureFile }))) picture = readPicture(readFileSync(pictureFile))
          break
        }
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
    // The pipe closes a moment before the process ends.
    if (exit.reason === 'timeout' && monitor.ended) await closed
  } finally {
    clearTimeout(guard)
    if (child.exitCode === null) child.kill('SIGKILL')
  }
  const code = await closed
  if (code instanceof Error) throw code
  if (exit.reason === 'timeout' && code !== null) {
    if (code === 1 && complaints !== '' && readText(serialFile) === '' && !monitor.greeted) throw new Error(`QEMU did not start: ${complaints}`)
    exit = code % 2 === 1 ? { reason: 'debug-exit', code } : { reason: 'shutdown' }
  }
  const screenCells = new Uint16Array(COLUMNS * ROWS)
  for (let cell = 0; cell < screenCells.length; cell++) screenCells[cell] = screen.readUInt16LE(cell * 2)
  return { screenText: screenText(screen), screenFlow: screenFlow(screen), screenCells, picture, serial: readText(serialFile), debugPort: readText(debugFile), exit }
}

/** Whether a text was shown where this machine shows texts. */
function shown(screen: Buffer, { firmware = 'BIOS' }: QemuOptions, serialFile: string, debugFile: string): (text: string) => boolean {
  const places = firmware === 'BIOS' ? [screenText(screen), screenFlow(screen)] : [readText(serialFile), readText(debugFile)]
  return (text) => places.some((place) => place.includes(text))
}

/** QEMU's pictures: binary PPM (netpbm's ppm(5)), 8 bits a colour. */
export function readPicture(file: Buffer): Picture {
  const header = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(file.toString('latin1', 0, 64))
  if (!header) throw new Error('QEMU wrote a picture that is not a PPM of 8 bits a colour.')
  return { width: Number(header[1]), height: Number(header[2]), pixels: new Uint8Array(file.subarray(header[0].length)) }
}

/** The QEMU machine protocol on the child's standard input and output: one command at a time. */
export class Monitor {
  greeted = false
  ended = false
  readonly #child: ReturnType<typeof spawn>
  #waiting: ((answer: Reply | undefined) => void) | undefined

  constructor(child: ReturnType<typeof spawn>) {
    this.#child = child
    if (!child.stdout) throw new Error('QEMU was started without a pipe for its monitor.')
    const lines = createInterface({ input: child.stdout })
    lines.on('line', (line) => {
      const message = reply.parse(JSON.parse(line))
      if (message.event !== undefined) return
      if (message.return === undefined && message.error === undefined) this.greeted = true
      else this.#answer(message)
    })
    lines.on('close', () => {
      this.ended = true
      this.#answer(undefined)
    })
  }

  /** False when QEMU has ended. */
  async command(execute: string, args: Record<string, unknown> = {}): Promise<boolean> {
    return (await this.ask(execute, args)) !== undefined
  }

  /** What QEMU answers; undefined when it has ended. */
  async ask(execute: string, args: Record<string, unknown> = {}): Promise<unknown> {
    if (this.ended) return undefined
    const answer = new Promise<Reply | undefined>((resolve) => (this.#waiting = resolve))
    this.#child.stdin?.write(`${JSON.stringify({ execute, arguments: args })}\n`)
    const message = await answer
    if (message?.error) throw new Error(`QEMU refused ${execute}: ${message.error.desc}`)
    return message?.return
  }

  /** Presses and releases keys together, and waits until the guest had time to take them. */
  async press(codes: string[]): Promise<void> {
    await this.command('send-key', { keys: codes.map((data) => ({ type: 'qcode', data })), 'hold-time': KEY_HOLD_MS })
    await new Promise((resolve) => setTimeout(resolve, 3 * KEY_HOLD_MS))
  }

  #answer(message: Reply | undefined): void {
    this.#waiting?.(message)
    this.#waiting = undefined
  }
}

function screenText(screen: Buffer): string {
  const flow = screenFlow(screen)
  return Array.from({ length: ROWS }, (_, row) => flow.slice(row * COLUMNS, (row + 1) * COLUMNS).trimEnd()).join('\n')
}

function screenFlow(screen: Buffer): string {
  const codes = Array.from({ length: ROWS * COLUMNS }, (_, cell) => screen[cell * 2] ?? 0)
  return codes.map((code) => (code === 0 ? ' ' : code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '?')).join('')
}

const NAMED_KEYS: Readonly<Record<string, string>> = { ' ': 'spc', '\n': 'ret' }

function keyCode(character: string): string {
  const code = NAMED_KEYS[character] ?? (/^[a-z0-9]$/.test(character) ? character : undefined)
  if (code === undefined) throw new RangeError(`bootInQemu types lower-case letters, digits, space and newline, not ${JSON.stringify(character)}.`)
  return code
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch (error) {
    // QEMU creates the file with the device; it is missing when QEMU itself failed to start.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}
