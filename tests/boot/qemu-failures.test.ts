/** What the loader says when it cannot boot: a readable sentence on the screen, on COM1 and on port 0xE9. */
import { describe, expect, test } from 'vitest'
import { SECTOR_BYTES } from '../../src/main/image/layout'
import { findQemu } from '../support/qemu'
import { bootImage, imageOf } from './qemu-judge'
import { linkKernel } from '../support/link-kernel'
import { KERNEL_AT, refusedImage, REFUSALS, SOURCE, VOLUME_AT } from './refusals'

describe.skipIf(findQemu() === undefined)('the loader refuses, in QEMU,', () => {
  test.each(Object.entries(REFUSALS))('when %s', async (_name, refusal) => {
    const { says, memoryMib = 128, qemuCpu = 'any' } = refusal
    const run = await bootImage(await refusedImage(refusal), {
      timeoutMs: 10_000,
      untilText: says,
      lingerMs: 300,
      memory: `${memoryMib}M`,
      ...(qemuCpu !== 'any' && { cpu: qemuCpu }),
    })
    expect(run.screenFlow).toContain(says)
    expect(run.serial).toContain(says)
    expect(run.debugPort).toContain(says)
    // Stopped, not resetting in a loop.
    expect(run.exit).toEqual({ reason: 'text' })
  })

  test.each([
    ['stage 2', (image: Uint8Array): void => void image.fill(0, VOLUME_AT, KERNEL_AT), 'Write the image again.'],
    ['stage 1', (image: Uint8Array): void => void image.fill(0, SECTOR_BYTES, 2 * SECTOR_BYTES), 'Write the image again.'],
  ])('and the BIOS still sees the keyboard: Ctrl-Alt-Del restarts after a sentence of %s', async (_name, damage, afterText) => {
    const image = await imageOf(await linkKernel({ bits: 32, source: SOURCE }))
    damage(image)
    const run = await bootImage(image, { timeoutMs: 10_000, keys: { afterText, chord: ['ctrl', 'alt', 'delete'] } })
    expect(run.exit).toEqual({ reason: 'shutdown' })
  })
})
