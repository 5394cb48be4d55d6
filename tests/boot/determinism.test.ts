/**
 * Every run of an image is the same run: whatever the slices it is cut into, and whichever backend executes. Compared are all registers and
 * all memory at the same instruction.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Lockstep } from '../../src/main/emulator/debug/lockstep'
import { DEFAULT_START_DATE } from '../../src/main/emulator/host/options'
import { Typist } from '../../src/main/emulator/host/typist'
import { TICKS_PER_MILLISECOND } from '../../src/main/emulator/machine/clock'
import { Machine } from '../../src/main/emulator/machine/machine'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { CHECKING_KERNELS, checkingImage, ownUpperKib } from './kernels'
import { templateImages } from './template-images'

const MEMORY = 16 << 20
const TICKS = 100 * TICKS_PER_MILLISECOND
/** Of odd lengths, so that ends fall on all kinds of instructions. */
const SLICES = [1, 7, 1_001, 65_537, 1_234_567]
/** What the oracle executes of a kernel that checks its start, and of a template: most have shown their text by then. */
const KERNEL_INSTRUCTIONS = 250_000
const TEMPLATE_INSTRUCTIONS = 600_000
/** A boot sector lets the BIOS do nearly everything. */
const LEAST_INSTRUCTIONS = 300
const KEYS = 'abc\n'
/** The first build of the Rust template compiles Rust's core. */
const SLOW = 300_000

const templates = await templateImages()
const kernels = Object.entries(CHECKING_KERNELS)

function newMachine(image: Uint8Array): { machine: Machine; sent: number[] } {
  const sent: number[] = []
  const send = (byte: number): void => void sent.push(byte)
  const machine = new Machine({ image, memoryBytes: MEMORY, backend: DEFAULT_BACKEND, startDate: DEFAULT_START_DATE, onSerial: send, onDebugConsole: send })
  new Typist(machine).type(KEYS)
  return { machine, sent }
}

describe.each(templates)('template $template.id', ({ skip, path }) => {
  test.skipIf(skip)('is the same run in one slice and in many', { timeout: SLOW }, async () => {
    const image = readFileSync(await path())
    const { machine: whole, sent } = newMachine(image)
    whole.run(TICKS)
    const { machine: cut, sent: sentCut } = newMachine(image)
    for (let index = 0; cut.now < TICKS && cut.outcome === undefined; index++) cut.run(Math.min(SLICES[index % SLICES.length] ?? 1, TICKS - cut.now))
    expect([cut.now, cut.instructions, cut.cpu.snapshotHash()]).toEqual([whole.now, whole.instructions, whole.cpu.snapshotHash()])
    expect(whole.instructions).toBeGreaterThan(LEAST_INSTRUCTIONS)
    expect(sentCut).toEqual(sent)
  })

  test.skipIf(skip)('is the same run on oracle and interpreter', { timeout: SLOW }, async () => compareBackends(readFileSync(await path()), TEMPLATE_INSTRUCTIONS))
})

test.each(kernels)('kernel “%s” is the same run on oracle and interpreter', { timeout: SLOW }, async (_name, kernel) => compareBackends(await checkingImage(kernel, ownUpperKib(MEMORY / 1024)), KERNEL_INSTRUCTIONS))

function compareBackends(image: Uint8Array, most: number): void {
  const lockstep = new Lockstep({ image, memoryBytes: MEMORY, backends: ['oracle', 'interp'], keys: KEYS })
  while (lockstep.instructions < most && lockstep.machine.now < TICKS) {
    const end = lockstep.step(TICKS - lockstep.machine.now)
    if (end?.reason === 'ended') break
    expect(end).toBeUndefined()
  }
  const { machine: alone } = newMachine(image)
  alone.run(lockstep.machine.now)
  expect([alone.instructions, alone.cpu.snapshotHash()]).toEqual([lockstep.instructions, lockstep.machine.cpu.snapshotHash()])
  expect(alone.instructions).toBeGreaterThan(LEAST_INSTRUCTIONS)
}
