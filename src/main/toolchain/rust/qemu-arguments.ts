/**
 * What arguments for QEMU mean for Bootlab's own PC (QEMU, "Invocation"). Kernels that were set up for the bootimage tool carry them
 * as `run-args` and `test-args`.
 */

export interface PcSettings {
  memoryBytes?: number
  /** Whether COM1 goes to standard output. */
  serial?: boolean
  /** Whether the debug console (port 0xe9) goes to standard output. */
  debugConsole?: boolean
  headless?: boolean
  /** A reset ends the run. */
  endOnReset?: boolean
}

type Meaning =
  /** @param value what follows the option, empty when it takes none. @returns a remark when it cannot be honoured */
  | { takesValue: boolean; apply: (settings: PcSettings, value: string) => string | undefined }

const MEBIBYTE = 2 ** 20
const UNITS: Readonly<Record<string, number>> = { '': MEBIBYTE, b: 1, k: 2 ** 10, m: MEBIBYTE, g: 2 ** 30, t: 2 ** 40 }
/** The port of isa-debug-exit. */
const DEBUG_EXIT_PORT = 0xf4

const nothing = (): undefined => undefined
const flag = (apply: (settings: PcSettings) => void): Meaning => ({
  takesValue: false,
  apply: (settings) => {
    apply(settings)
    return undefined
  },
})
const ignored = (takesValue: boolean, why: string): Meaning => ({ takesValue, apply: () => why })
const silent = (takesValue: boolean): Meaning => ({ takesValue, apply: nothing })

const MEANINGS: Readonly<Record<string, Meaning>> = {
  '-device': { takesValue: true, apply: (_settings, value) => device(value) },
  '-serial': {
    takesValue: true,
    apply: (settings, value) => {
      if (value === 'stdio' || value === 'mon:stdio') settings.serial = true
      else if (value === 'null' || value === 'none') settings.serial = false
      else return 'COM1 goes to standard output here.'
      return undefined
    },
  },
  '-debugcon': {
    takesValue: true,
    apply: (settings, value) => {
      if (value !== 'stdio') return 'the debug console can go to standard output only.'
      settings.debugConsole = true
      return undefined
    },
  },
  '-display': {
    takesValue: true,
    apply: (settings, value) => {
      if (value === 'none') settings.headless = true
      return undefined
    },
  },
  '-nographic': flag((settings) => {
    settings.headless = true
    settings.serial = true
  }),
  '-curses': silent(false),
  '-m': { takesValue: true, apply: memory },
  '-no-reboot': flag((settings) => (settings.endOnReset = true)),
  '-no-shutdown': silent(false),
  '-cpu': ignored(true, "the processor is Bootlab's own."),
  '-smp': { takesValue: true, apply: (_settings, value) => (/^(cpus=)?1$/.test(value) ? undefined : 'the PC has one processor.') },
  '-machine': ignored(true, "the machine is Bootlab's own."),
  '-M': ignored(true, "the machine is Bootlab's own."),
  '-accel': silent(true),
  '-enable-kvm': silent(false),
  '-vga': { takesValue: true, apply: (_settings, value) => (value === 'std' ? undefined : 'the display is a VGA in text mode.') },
  '-drive': ignored(true, 'the only disk is the image of the kernel.'),
  '-hda': ignored(true, 'the only disk is the image of the kernel.'),
  '-cdrom': ignored(true, 'there is no CD drive.'),
  '-s': ignored(false, 'there is no debugger to attach.'),
  '-S': ignored(false, 'the processor starts at once.'),
  '-gdb': ignored(true, 'there is no debugger to attach.'),
  '-monitor': silent(true),
  '-d': ignored(true, 'a triple fault is explained without it.'),
  '-D': silent(true),
  '-net': ignored(true, 'there is no network card.'),
  '-netdev': ignored(true, 'there is no network card.'),
  '-nic': ignored(true, 'there is no network card.'),
  '-rtc': silent(true),
  '-name': silent(true),
}

/**
 * @param where names the arguments in remarks
 * @returns what they ask for, and a sentence for each that has no meaning here
 */
export function readQemuArguments(args: readonly string[], where: string): { settings: PcSettings; remarks: string[] } {
  const settings: PcSettings = {}
  const remarks: string[] = []
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] ?? ''
    // QEMU takes options with one dash or two.
    const name = argument.replace(/^--/, '-')
    const meaning = Object.hasOwn(MEANINGS, name) ? MEANINGS[name] : undefined
    if (meaning === undefined) {
      remarks.push(`${where}: ${argument} means nothing to Bootlab's PC, and is passed over.`)
      continue
    }
    const value = meaning.takesValue ? (args[++index] ?? '') : ''
    const remark = meaning.apply(settings, value)
    if (remark !== undefined) remarks.push(`${where}: ${[argument, value].filter(Boolean).join(' ')} is passed over: ${remark}`)
  }
  return { settings, remarks }
}

function device(value: string): string | undefined {
  const [name, ...properties] = value.split(',')
  if (name !== 'isa-debug-exit') return 'the PC has devices of its own.'
  const port = properties.find((property) => property.startsWith('iobase='))?.slice('iobase='.length) ?? '0x501'
  return Number(port) === DEBUG_EXIT_PORT ? undefined : 'isa-debug-exit is at port 0xf4 here: write there.'
}

function memory(settings: PcSettings, value: string): string | undefined {
  const size = value.split(',').map((part) => part.replace(/^size=/, ''))[0] ?? ''
  const match = /^(\d+)([bkmgt]?)b?$/i.exec(size)
  if (match === null) return 'it is no size such as 256M.'
  settings.memoryBytes = Number(match[1]) * (UNITS[(match[2] ?? '').toLowerCase()] ?? MEBIBYTE)
  return undefined
}
