/** Several processors: a kernel that starts them and has them work together says the same in our PC and in QEMU. Alone: 10 s. */
import { describe, expect, test } from 'vitest'
import { Machine } from '../../src/main/emulator/machine/machine'
import { TICKS_PER_MILLISECOND, TICKS_PER_SECOND } from '../../src/main/emulator/machine/clock'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { findQemu } from '../support/qemu'
import { linkKernel } from '../support/link-kernel'
import processors from './qemu-kernels/processors.c?raw'
import { bootImage, imageOf } from './qemu-judge'

const MEMORY_BYTES = 32 << 20
const GOOD = { reason: 'debug-exit', value: 0x10 }

const imageFor = async (count: number): Promise<Uint8Array> =>
  imageOf(await linkKernel({ bits: 32, source: processors, defines: { PROCESSORS: count }, linkArguments: ['--image-base=0x100000'] }))

function boot(image: Uint8Array, count: number): { machine: Machine; serial(): string } {
  let serial = ''
  const machine = new Machine({
    image, memoryBytes: MEMORY_BYTES, backend: DEFAULT_BACKEND, processors: count, startDate: 0,
    onSerial: (byte) => (serial += String.fromCharCode(byte)),
    onDebugConsole: () => undefined,
  })
  return { machine, serial: () => serial }
}

/** Runs it to its end in slices of so many ticks. */
function run(machine: Machine, slice: number): Machine['outcome'] {
  while (!machine.outcome && machine.now < 20 * TICKS_PER_SECOND) machine.run(slice)
  return machine.outcome
}

describe('a kernel for several processors', () => {
  test.each([1, 2, 4, 8])('finds %i', async (count) => {
    const { machine, serial } = boot(await imageFor(count), count)
    expect(run(machine, TICKS_PER_SECOND / 10)).toEqual(GOOD)
    expect(serial()).not.toContain('BAD')
    expect(serial().match(/^good /gm)).toHaveLength(14)
  })

  test.skipIf(findQemu() === undefined)('says the same in QEMU', async () => {
    const image = await imageFor(4)
    const judge = await bootImage(image, { timeoutMs: 60_000, memory: '32M', args: ['-smp', '4'] })
    expect(judge.exit).toEqual({ reason: 'debug-exit', code: 0x21 })
    const { machine, serial } = boot(image, 4)
    run(machine, TICKS_PER_SECOND / 10)
    expect(serial()).toBe(judge.serial)
  }, 90_000)

  test('runs the same, however it is cut into slices', async () => {
    const image = await imageFor(3)
    const [whole, cut] = [boot(image, 3).machine, boot(image, 3).machine]
    run(whole, TICKS_PER_SECOND)
    run(cut, TICKS_PER_MILLISECOND / 100 + 37)
    const end = (machine: Machine): unknown => [machine.outcome, machine.instructions, machine.now, machine.processors.all.map((cpu) => cpu.now()), machine.processors.snapshotHash()]
    expect(end(cut)).toEqual(end(whole))
  })
})
