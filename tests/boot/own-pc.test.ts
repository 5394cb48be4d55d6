/** The disks that QEMU judges, in Bootlab's own PC: the same kernels are content, the same sentences said. */
import { describe, expect, test } from 'vitest'
import { CHECKING_KERNELS, checkingImage, CHECKS, header, OWN_UPPER_KIB, readReport } from './kernels'
import { runInOwnPc } from './own-pc'
import { imageOf } from './qemu-judge'
import tiny from './qemu-kernels/tiny.c?raw'
import { linkKernel } from '../support/link-kernel'
import { refusedImage, REFUSALS } from './refusals'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'

describe('in Bootlab’s own PC', () => {
  test.each(Object.entries(CHECKING_KERNELS))('%s', async (_name, kernel) => {
    const run = runInOwnPc(await checkingImage(kernel, OWN_UPPER_KIB), { backend: DEFAULT_BACKEND, seconds: 5 })
    expect(readReport(run.serial)).toEqual({ good: CHECKS[kernel.bits], bad: [] })
    expect(run.outcome).toEqual({ reason: 'debug-exit', value: 0x10 })
  })

  test.each(['block', 'interp', 'oracle'] as const)('a Multiboot kernel on the %s backend', async (backend) => {
    const image = await imageOf(await linkKernel({ bits: 32, source: tiny, defines: { HEADER: header(0) }, linkArguments: ['--image-base=0x100000'] }))
    const run = runInOwnPc(image, { backend, seconds: 1, untilText: 'Holl' })
    expect(run.screenFlow).toContain('Holl')
    expect(run.serial).toBe('em')
  })

  test.each(Object.entries(REFUSALS).filter(([, { qemuCpu }]) => qemuCpu === undefined))('the loader refuses when %s', async (_name, refusal) => {
    const run = runInOwnPc(await refusedImage(refusal), { backend: DEFAULT_BACKEND, seconds: 2, memoryMib: refusal.memoryMib ?? 128, untilText: refusal.says })
    expect(run.screenFlow).toContain(refusal.says)
    expect(run.serial).toContain(refusal.says)
    expect(run.debugPort).toContain(refusal.says)
  })
})
