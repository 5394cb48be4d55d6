/** Tables of a PC for tests, found as an operating system finds them. */
import { type CpuModelName, DEFAULT_MODEL } from '../cpu/system/models'
import { Machine } from '../machine/machine'

const RUN_TICKS = 10_000_000
const SEARCHED = { start: 0xf0000, end: 0x100000, step: 16 } as const

export interface FoundTable {
  readonly at: number
  readonly bytes: Uint8Array
}

/** A PC that has come to a boot sector that stops at once. */
export function bootedPc({ model = DEFAULT_MODEL.name, memoryBytes = 16 << 20 }: { model?: CpuModelName; memoryBytes?: number }): Machine {
  const image = new Uint8Array(512)
  image.set([0xfa, 0xf4])
  image.set([0x55, 0xaa], 510)
  const machine = new Machine({ image, memoryBytes, backend: 'interp', model, startDate: 0, onSerial: () => undefined, onDebugConsole: () => undefined })
  const outcome = machine.run(RUN_TICKS)
  if (outcome?.reason !== 'halted-forever') throw new Error(`The PC did not come to its boot sector: ${outcome?.reason ?? 'it still runs'}.`)
  return machine
}

const text = (machine: Machine, at: number, count: number): string => Buffer.from(machine.memory.readBytes(at, count)).toString('latin1')

/** Address of a signature at a multiple of 16 in the ROM; undefined: it is not there. */
export function findSignature(machine: Machine, signature: string): number | undefined {
  for (let at = SEARCHED.start; at < SEARCHED.end; at += SEARCHED.step) if (text(machine, at, signature.length) === signature) return at
  return undefined
}

/** All ACPI tables that the root pointer leads to, by signature. */
export function tablesOf(pc: { model?: CpuModelName; memoryBytes?: number }): Map<string, FoundTable> {
  const machine = bootedPc(pc)
  const { memory } = machine
  const found = new Map<string, FoundTable>()
  const root = findSignature(machine, 'RSD PTR ')
  if (root === undefined) return found
  const add = (at: number): void => void found.set(text(machine, at, 4), { at, bytes: memory.readBytes(at, memory.read32(at + 4)) })
  const [rsdt, xsdt] = [memory.read32(root + 16), memory.read32(root + 24)]
  add(rsdt)
  add(xsdt)
  for (let at = rsdt + 36; at < rsdt + memory.read32(rsdt + 4); at += 4) add(memory.read32(at))
  const fadt = found.get('FACP')?.at ?? 0
  add(memory.read32(fadt + 36))
  add(memory.read32(fadt + 40))
  return found
}
