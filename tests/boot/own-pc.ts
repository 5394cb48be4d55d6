/** Runs an image in Bootlab's own PC until it ends, sleeps for ever, or the time is over; the counterpart of bootImage. */
import type { Quirks } from '../../src/main/emulator/firmware/quirks'
import type { CpuModelName } from '../../src/main/emulator/cpu/system/models'
import { TICKS_PER_SECOND } from '../../src/main/emulator/machine/clock'
import { type BackendName, Machine, type Outcome } from '../../src/main/emulator/machine/machine'
import type { ExtraDrive } from '../../src/main/emulator/machine/drives'
import type { Roms } from '../../src/main/emulator/machine/roms'
import type { BootMedium, Screen } from '../../src/shared/machine-schemas'
import { screenLines } from '../../src/shared/screen-text'

const WALL_LIMIT_MS = 120_000
/** So many milliseconds of the guest's time lie between two looks at a picture. */
const LOOK_MS = 50

export interface OwnRun {
  outcome: Outcome | undefined
  /** The screen's cells as one text. */
  screenFlow: string
  serial: string
  debugPort: string
  /** As a monitor shows it. */
  screen: Screen
}

export interface OwnPcOptions {
  backend: BackendName
  memoryMib?: number
  /** Virtual time after which the run ends. */
  seconds: number
  untilText?: string
  /** Ends the run when the screen is so. */
  until?: (screen: Screen) => boolean
  /** What the image is put in as; default: what it looks like. */
  medium?: BootMedium
  /** What is in further drives. */
  drives?: readonly ExtraDrive[]
  /** A real BIOS in the place of the lab's own. */
  roms?: Roms
  /** Faults of BIOS and medium. */
  quirks?: Quirks
  model?: CpuModelName
  processors?: number
  /** Of the host's time. */
  wallLimitMs?: number
  /** One after the other, when the screen shows the text: keys (as KeyboardEvent.code) are pressed, or bytes come in on COM1. */
  typed?: readonly { afterText: string; keys?: readonly string[]; serial?: string }[]
}

export function runInOwnPc(image: Uint8Array, options: OwnPcOptions): OwnRun {
  let serial = ''
  let debugPort = ''
  const machine = new Machine({
    image,
    medium: options.medium,
    drives: options.drives,
    roms: options.roms,
    quirks: options.quirks,
    model: options.model,
    processors: options.processors,
    memoryBytes: (options.memoryMib ?? 128) << 20,
    backend: options.backend,
    startDate: Date.UTC(2026, 0, 1),
    onSerial: (byte) => (serial += String.fromCharCode(byte)),
    onDebugConsole: (byte) => (debugPort += String.fromCharCode(byte)),
  })
  const flow = (): string => screenLines(machine.screen).map((line) => line.padEnd(80)).join('')
  // Virtual time: a run ends at the same instruction on every computer. The wall clock only ends one that went astray.
  const slice = TICKS_PER_SECOND / 1000
  const deadline = Date.now() + (options.wallLimitMs ?? WALL_LIMIT_MS)
  const typed = [...(options.typed ?? [])]
  let outcome: Outcome | undefined
  for (let time = 0; time < options.seconds * TICKS_PER_SECOND && outcome === undefined; time += slice) {
    outcome = machine.run(slice)
    if (typed[0] !== undefined && flow().includes(typed[0].afterText)) {
      const { keys = [], serial: bytes = '' } = typed.shift() ?? {}
      for (const key of keys) for (const down of [true, false]) machine.kbc.keyboard.key(key, down)
      machine.connectors.serial.com1.receive(new TextEncoder().encode(bytes))
    }
    if (Date.now() > deadline) throw new Error(`The guest went astray; the screen says:\n${flow().trim()}\nand COM1:\n${serial}`)
    if (options.untilText !== undefined && flow().includes(options.untilText)) {
      // The same character follows on COM1.
      outcome ??= machine.run(slice)
      break
    }
    if (options.until !== undefined && (time / slice) % LOOK_MS === 0 && options.until(machine.screen)) break
  }
  return { outcome, screenFlow: flow(), serial, debugPort, screen: machine.screen }
}
