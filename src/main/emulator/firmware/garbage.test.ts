/** Calls with whatever in the registers: the guest may fall over, the BIOS may not. */
import { expect, test } from 'vitest'
import { type BackendName, Machine } from '../machine/machine'
import { biosProgram, type BiosCall, SCRATCH } from './test-program'

const CALLS = 400
const TICKS = 3_000_000
const VECTORS = [0x05, 0x11, 0x12, 0x13, 0x13, 0x14, 0x15, 0x15, 0x16, 0x17, 0x1a, 0x1a] as const

/** In AH. */
const LAST_FUNCTIONS: ReadonlyMap<number, number> = new Map([[0x13, 0x4f], [0x14, 6], [0x15, 0xff], [0x16, 0x13], [0x17, 3], [0x1a, 0xb2]])

/** Numbers of 32 bits that are the same in every run (Marsaglia's xorshift). */
function* numbers(seed: number): Generator<number, never> {
  for (let x = seed; ; ) {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    yield x >>> 0
  }
}

/** Small numbers are asked for as often as any: functions and drives are such. */
function randomCalls(seed: number): BiosCall[] {
  const source = numbers(seed)
  const next = (): number => source.next().value
  const word = (): number => [0, next() & 0xff, next() & 0xffff, next(), SCRATCH + (next() & 0xfff), 0x80, 0xffff][next() % 7] ?? 0
  return Array.from({ length: CALLS }, () => {
    const int = VECTORS[next() % VECTORS.length] ?? 0x13
    const ah = next() % ((LAST_FUNCTIONS.get(int) ?? 1) + 1)
    // A key would be waited for.
    const waits = int === 0x16 && ah % 0x10 === 0
    return { int, eax: (((waits ? 1 : ah) << 8) | (next() & 0xff)) >>> 0, ebx: word(), ecx: word(), edx: word(), esi: word(), edi: word(), ebp: word() }
  })
}

test.each<[BackendName, number]>([['interp', 1], ['interp', 0x1234_5678], ['interp', 77], ['oracle', 99]])('garbage in the registers harms nobody (%s, %d)', (backend, seed) => {
  const written: number[] = []
  const machine = new Machine({
    image: biosProgram(randomCalls(seed)), medium: 'disk', memoryBytes: 4 << 20, backend, startDate: 0,
    onSerial: () => undefined, onDebugConsole: (byte) => written.push(byte), onOutput: () => undefined,
  })
  // Every call is also decoded for the log.
  let served = 0
  machine.firmware.onServed = () => served++
  machine.run(TICKS, () => false)
  expect(served).toBeGreaterThan(3)
})
