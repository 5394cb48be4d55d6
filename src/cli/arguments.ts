/** Values of options. */
import { InvalidArgumentError } from 'commander'
import type { AskedDrive } from '../main/services/boot-medium'
import { type ModuleFile, parseInitrd, parseModule } from '../main/services/boot-modules'
import { CLOCK_HINT, clockStart } from '../main/services/machine-description'
import { memorySize } from '../main/services/projects'
import { BOOT_MEDIA, MOST_CPUS, DRIVE_BUSES, type BootMedium, OPTIONAL_DEVICES, type OptionalDevice, BACKENDS } from '../shared/machine-schemas'

const secondsPer: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, '': 1 }

/** `10s`, `500ms`, `2m` or seconds as a plain number. @returns milliseconds */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|)$/.exec(text.trim())
  const unit = match?.[2] === undefined ? undefined : secondsPer[match[2]]
  const milliseconds = Math.round(Number(match?.[1]) * (unit ?? Number.NaN) * 1000)
  if (milliseconds >= 1 && milliseconds <= 86_400_000) return milliseconds
  throw new InvalidArgumentError('Write a time from 1ms to a day, such as 10s, 500ms or 2m.')
}

/** Any text but none. */
export function parseGiven(text: string): string {
  if (text !== '') return text
  throw new InvalidArgumentError('It is empty. Give a name; where it may be left out, leave the quotes out, too.')
}

/** A number of instructions, with an M or a G for millions or thousand millions. */
export function parseInstructions(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,15})([MG]?)$/i.exec(text) ?? []
  const count = Number(digits) * ({ m: 1e6, g: 1e9 }[unit.toLowerCase()] ?? 1)
  if (digits !== '' && count > 0 && Number.isSafeInteger(count)) return count
  throw new InvalidArgumentError('Give a number of instructions, such as 250000, 20M or 1G.')
}

/** `128M`, `1G`. @returns bytes */
export function parseMemory(text: string): number {
  const size = memorySize(text)
  if (size.ok) return size.bytes
  throw new InvalidArgumentError(size.why)
}

export function parseCpus(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1 && count <= MOST_CPUS) return count
  throw new InvalidArgumentError(`A machine has 1 to ${MOST_CPUS} processors.`)
}

/** Adds what an option names to what those before it named. */
function added(parse: (text: string) => readonly ModuleFile[]): (text: string, before?: readonly ModuleFile[]) => readonly ModuleFile[] {
  return (text, before = []) => {
    try {
      return [...before, ...parse(text)]
    } catch (error) {
      if (error instanceof RangeError) throw new InvalidArgumentError(error.message)
      throw error
    }
  }
}

/** `initrd.img`, or `a,b`. */
export const parseInitrdOption = added(parseInitrd)

/** `driver.bin,level=3` */
export const parseModuleOption = added((text) => [parseModule(text)])

/** `disk:FILE`, `floppy:FILE` or `cd:FILE`; `,ro` behind it: write-protected; `,write`: written through; `,bus=ahci`: on a controller of its own. */
export function parseDrive(text: string, before: readonly AskedDrive[] = []): readonly AskedDrive[] {
  const [, name, path = '', rest = ''] = /^([a-z]+):(.+?)((?:,ro|,write|,bus=[a-z]+)*)$/.exec(text) ?? []
  const medium = BOOT_MEDIA.find((one) => one === name)
  const how = rest.split(',')
  if (medium === undefined || (how.includes('ro') && how.includes('write'))) {
    throw new InvalidArgumentError(`Write ${BOOT_MEDIA.map((one) => `${one}:FILE`).join(', ')}; ",ro" behind it protects it from being written, or ",write" has what the guest writes go into the file itself.`)
  }
  const named = /,bus=([a-z]+)/.exec(rest)?.[1]
  const bus = DRIVE_BUSES.find((one) => one === named)
  if (named !== undefined && bus === undefined) throw new InvalidArgumentError(`There is no bus "${named}": choose ${DRIVE_BUSES.join(', ')}.`)
  return [...before, { path, medium, readOnly: how.includes('ro'), ...(bus && { bus }), ...(how.includes('write') ? { writeThrough: true } : {}) }]
}

/** As in QEMU's -boot. */
const BOOT_LETTERS: Readonly<Record<string, BootMedium>> = { a: 'floppy', c: 'disk', d: 'cd' }

/** `cd,disk`, or letters as QEMU has them: a diskette, c hard disk, d CD. */
export function parseBootOrder(text: string): readonly BootMedium[] {
  const names = text.includes(',') || BOOT_MEDIA.some((name) => name === text) ? text.split(',') : Array.from(text, (letter) => BOOT_LETTERS[letter] ?? letter)
  const order = names.flatMap((name) => BOOT_MEDIA.filter((one) => one === name))
  if (order.length !== names.length || new Set(order).size < order.length || order.length === 0) throw new InvalidArgumentError('Write names such as cd,disk or letters such as dc: a is the diskette, c the hard disk, d the CD.')
  return order
}

/** `network,hpet` */
export function parseDevices(text: string, before: readonly OptionalDevice[] = []): readonly OptionalDevice[] {
  const found = text.split(',').map((name) => OPTIONAL_DEVICES.find((one) => one === name))
  const devices = found.filter((one) => one !== undefined)
  if (devices.length === found.length) return [...before, ...devices]
  throw new InvalidArgumentError(`Write names with commas between them, of these: ${OPTIONAL_DEVICES.join(', ')}.`)
}

/** `now`, or a time such as `2026-01-01T12:00:00Z`. */
export function parseClock(text: string): string {
  if (clockStart(text) !== undefined) return text
  throw new InvalidArgumentError(`It is no time: ${CLOCK_HINT}`)
}

/** An exit code of the guest's, as a process has it. */
export function parseExitCode(text: string): number {
  const code = /^(\d{1,3}|0x[0-9a-fA-F]{1,2})$/.test(text) ? Number(text) : -1
  if (code >= 0 && code <= 255) return code
  throw new InvalidArgumentError('Write an exit code from 0 to 255, such as 33: (value << 1) | 1.')
}

export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1
  if (port >= 0 && port <= 65_535) return port
  throw new InvalidArgumentError('Write a port number from 0 to 65535; 0 lets the system choose.')
}

/** A place in a file: `1048576` or `0x100000`. */
export function parseOffset(text: string): number {
  const offset = /^(\d{1,15}|0x[0-9a-fA-F]{1,12})$/.test(text) ? Number(text) : -1
  if (offset >= 0) return offset
  throw new InvalidArgumentError('Write a number of bytes, such as 1048576 or 0x100000.')
}

export type ScreenOutput = { type: 'text' } | { type: 'png'; file: string }

/** `text` or `png:FILE`. */
export function parseScreen(text: string): ScreenOutput {
  if (text === 'text') return { type: 'text' }
  if (text.startsWith('png:') && text.length > 4) return { type: 'png', file: text.slice(4) }
  throw new InvalidArgumentError('Write "text" or "png:FILE".')
}

/** What a trace shows. */
export const TRACES = ['bios', 'ports'] as const
export type Trace = (typeof TRACES)[number]

/** `bios`, `ports`, or both with a comma between them. */
export function parseTrace(text: string): readonly Trace[] {
  const found = text.split(',').map((name) => TRACES.find((trace) => trace === name))
  const traces = found.filter((trace) => trace !== undefined)
  if (traces.length === found.length) return [...new Set(traces)]
  throw new InvalidArgumentError(`Write ${TRACES.join(' or ')}, or both: ${TRACES.join(',')}.`)
}

export type Backend = (typeof BACKENDS)[number]

/** Two backends with a comma between them: `oracle,interp`. */
export function parseLockstep(text: string): readonly [Backend, Backend] {
  const [first, second, ...more] = text.split(',').map((name) => BACKENDS.find((backend) => backend === name))
  if (first !== undefined && second !== undefined && first !== second && more.length === 0) return [first, second]
  throw new InvalidArgumentError(`Write two backends with a comma between them, such as oracle,interp; there are ${BACKENDS.join(', ')}.`)
}
