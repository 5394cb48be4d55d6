/** Damages saved states in every way that a file can be damaged, and writes well-formed ones that no machine has written. */
import { Machine, type MachineOptions } from '../../src/main/emulator/machine/machine'
import { TICKS_PER_MILLISECOND } from '../../src/main/emulator/machine/clock'
import { StateError } from '../../src/main/emulator/state/error'
import { StateFile, StateFileWriter } from '../../src/main/emulator/state/file'
import { numbers, type Random } from '../support/random'

const FIELDS = 'parts'
const FOREIGN: readonly unknown[] = [null, true, -1, 0, 1, 255, 256, 65_536, 2 ** 31, 2 ** 32, 2 ** 53, 1e308, 0.5, '', 'x', '0x0', '0xffffffffffffffffff', 'never', [], [0], {}, [[]], { name: 'complete', numbers: [] }]

const image = new Uint8Array(1 << 20)
image.set([0xfb, 0xf4, 0xeb, 0xfd])
image.set([0x55, 0xaa], 510)
const options: MachineOptions = {
  image, memoryBytes: 1 << 20, backend: 'oracle', startDate: 0, onSerial: () => undefined, onDebugConsole: () => undefined,
  drives: [{ image: new Uint8Array(1_474_560), medium: 'floppy', readOnly: false }, { image: new Uint8Array(1 << 20), medium: 'cd', readOnly: true }],
}

/** A machine at work: a sector is half read from the disk, a packet half written to the CD, a command on its way in the diskette's controller. */
function workingState(): Uint8Array {
  const machine = new Machine(options)
  machine.run(5 * TICKS_PER_MILLISECOND)
  const { bus } = machine
  for (const [port, value] of [[0x1f6, 0xe0], [0x1f2, 4], [0x1f3, 0], [0x1f4, 0], [0x1f5, 0], [0x1f7, 0x20], [0x3f2, 0x1c], [0x3f5, 0x0f], [0x3f5, 0x00]] as const) bus.write(port, 1, value)
  machine.run(TICKS_PER_MILLISECOND / 10)
  for (let i = 0; i < 40; i++) bus.read(0x1f0, 2)
  for (const [port, value] of [[0x176, 0xa0], [0x174, 0xfe], [0x175, 0xff], [0x177, 0xa0]] as const) bus.write(port, 1, value)
  for (let i = 0; i < 3; i++) bus.write(0x170, 2, 0x1234)
  machine.kbc.keyboard.key('KeyA', true)
  machine.connectors.serial.com1.receive([1, 2, 3])
  return machine.save()
}

/** A file of the same sections, some of them others, whose sums are right. */
function resealed(file: StateFile, sections: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const writer = new StateFileWriter()
  for (const name of file.sections) writer.add(name, sections.get(name) ?? file.section(name))
  return writer.finish(file.machine)
}

/** Puts something else in the place of one value, somewhere. */
function spoilField(fields: unknown, random: Random): void {
  let at = fields
  for (;;) {
    if (typeof at !== 'object' || at === null) return
    const keys = Object.keys(at)
    const key = keys[random(keys.length)]
    if (key === undefined) return
    const inner: unknown = Reflect.get(at, key)
    if (typeof inner === 'object' && inner !== null && Object.keys(inner).length > 0 && random(8) > 0) at = inner
    else {
      if (random(12) === 0) Reflect.deleteProperty(at, key)
      else Reflect.set(at, key, FOREIGN[random(FOREIGN.length)])
      return
    }
  }
}

const DAMAGES: readonly ((bytes: Uint8Array, file: StateFile, random: Random) => Uint8Array)[] = [
  (bytes, _file, random) => flipped(bytes, random(bytes.length), 1 << random(8)),
  (bytes, _file, random) => flipped(bytes, random(64), 1 << random(8)),
  (bytes, _file, random) => bytes.slice(0, random(bytes.length)),
  (bytes, _file, random) => Uint8Array.of(...bytes.slice(0, 12), random(256), random(256), random(256), random(256), ...bytes.slice(16)),
  (_bytes, file, random) => {
    const fields: unknown = JSON.parse(Buffer.from(file.section(FIELDS)).toString())
    for (let i = 0; i <= random(3); i++) spoilField(fields, random)
    return resealed(file, new Map([[FIELDS, Buffer.from(JSON.stringify(fields))]]))
  },
  (_bytes, file, random) => {
    const name = file.sections[1 + random(file.sections.length - 1)] ?? ''
    const section = Uint8Array.from(file.section(name))
    return resealed(file, new Map([[name, random(2) === 0 ? section.slice(0, random(section.length)) : flipped(section, random(Math.min(section.length, 64)), 0x80)]]))
  },
]

function flipped(bytes: Uint8Array, at: number, mask: number): Uint8Array {
  const copy = bytes.slice()
  copy[at] = (copy[at] ?? 0) ^ mask
  return copy
}

export interface FuzzResult {
  readonly refused: number
  /** States that no machine wrote, and that one could have been in. */
  readonly taken: number
  /** What else came of it: nothing must. */
  readonly failures: readonly string[]
}

/** The same states for the same seed. */
export function fuzzStates(seed: number, rounds: number): FuzzResult {
  const random = numbers(seed)
  const bytes = workingState()
  const file = new StateFile(bytes)
  const failures: string[] = []
  let [refused, taken] = [0, 0]
  let machine = new Machine(options)
  for (let round = 0; round < rounds; round++) {
    const damage = DAMAGES[round % DAMAGES.length]
    const spoilt = damage?.(bytes, file, random) ?? bytes
    try {
      machine.load(spoilt)
      taken++
      machine.run(TICKS_PER_MILLISECOND)
      machine = new Machine(options)
    } catch (error) {
      if (error instanceof StateError) refused++
      else {
        failures.push(`round ${round}: ${error instanceof Error ? error.stack : String(error)}`)
        machine = new Machine(options)
      }
    }
  }
  return { refused, taken, failures }
}
