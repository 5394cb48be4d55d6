/** What differs between two machines that should be the same: registers, memory, time. */
import { formatValue, registerValues } from './register-values'
import type { Machine } from '../machine/machine'
import { FRAMEBUFFER } from '../machine/memory-map'

/** Differing bytes of memory that are listed one by one. */
const MOST_BYTES = 8
/** Memory is compared in pieces of this size. */
const PIECE = 1 << 16

export interface Difference {
  /** Register, or physical address. */
  readonly what: string
  readonly values: readonly [string, string]
}

/** Nothing when the two agree. @param inMemory whether memory is compared as well, which takes milliseconds */
export function differences(a: Machine, b: Machine, inMemory = true): Difference[] {
  const found: Difference[] = []
  const compare = (what: string, x: unknown, y: unknown): void => {
    if (x !== y) found.push({ what, values: [String(x), String(y)] })
  }
  compare('instructions', a.instructions, b.instructions)
  compare('time in ticks', a.now, b.now)
  compare('end', JSON.stringify(a.outcome), JSON.stringify(b.outcome))
  compare('halted', a.halted, b.halted)
  found.push(...registerDifferences(a, b), ...(inMemory ? memoryDifferences(a, b) : []))
  return found
}

function registerDifferences(a: Machine, b: Machine): Difference[] {
  const found: Difference[] = []
  const several = a.processors.all.length > 1
  for (const { number } of a.processors.all) {
    const [x, y] = [valuesOf(a, number), valuesOf(b, number)]
    for (const name of new Set([...x.keys(), ...y.keys()])) {
      const values = [x.get(name), y.get(name)] as const
      if (values[0] !== values[1]) found.push({ what: several ? `CPU ${number} ${name}` : name, values: [formatValue(values[0]), formatValue(values[1])] })
    }
  }
  return found
}

/** Of one processor. The guest does not notice that somebody looks at it. */
function valuesOf({ processors }: Machine, number: number): Map<string, bigint> {
  const before = processors.current
  processors.select(processors.all[number] ?? before)
  const values = registerValues(processors.current)
  processors.select(before)
  return values
}

/** All of RAM, and the BIOS ROM in it. */
export function ramOf(machine: Machine): Uint8Array {
  const { memoryMap, cpu } = machine
  const base = memoryMap.readableFrame(0)
  return cpu.state.u8.subarray(base, base + memoryMap.bytes)
}

function memoryDifferences(a: Machine, b: Machine): Difference[] {
  return [...differingBytes(ramOf(a), ramOf(b), 0), ...differingBytes(a.memoryMap.videoMemory, b.memoryMap.videoMemory, FRAMEBUFFER)]
}

/** @param first physical address of the first byte */
function differingBytes(x: Uint8Array, y: Uint8Array, first: number): Difference[] {
  if (x.length !== y.length) return [{ what: 'bytes of memory', values: [String(x.length), String(y.length)] }]
  if (Buffer.compare(x, y) === 0) return []
  const found: Difference[] = []
  let bytes = 0
  for (let start = 0; start < x.length; start += PIECE) {
    if (Buffer.compare(x.subarray(start, start + PIECE), y.subarray(start, start + PIECE)) === 0) continue
    for (let address = start; address < Math.min(start + PIECE, x.length); address++) {
      if (x[address] === y[address]) continue
      bytes++
      if (bytes <= MOST_BYTES) found.push({ what: `memory 0x${(first + address).toString(16)}`, values: [byte(x[address]), byte(y[address])] })
    }
  }
  if (bytes > MOST_BYTES) found.push({ what: 'memory', values: [`${bytes - MOST_BYTES} more bytes differ`, ''] })
  return found
}

const byte = (value = 0): string => `0x${value.toString(16).padStart(2, '0')}`
