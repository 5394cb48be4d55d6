/**
 * The UEFI programs in QEMU with OVMF: kernels of each kind find what the loader promises them, as on a BIOS machine, on an image that boots by BIOS, too.
 * About 45 s alone.
 */
import { describe, expect, test } from 'vitest'
import { type Firmware, hasFirmware } from '../support/ovmf'
import { findQemu } from '../support/qemu'
import { linkKernel } from '../support/link-kernel'
import { CHECKING_KERNELS, checkingImage, CHECKS, header, readReport } from './kernels'
import { bootImage, imageOf } from './qemu-judge'
import tiny from './qemu-kernels/tiny.c?raw'

/** Below the first hole that OVMF leaves, at 8 MiB. */
const UPPER_KIB = 7168
const TIMEOUT_MS = 120_000

/** The programs differ in how they find and read; what enters a kernel is the same, so that the second needs one of each kind only. */
const NAMES: readonly (readonly [firmware: Firmware, names: readonly string[]])[] = [
  ['UEFI x64', Object.keys(CHECKING_KERNELS)],
  ['UEFI IA32', ['Multiboot, linked at 1 MiB', '64-bit, higher half with unaligned frames']],
]

describe.skipIf(findQemu() === undefined)('kernels under UEFI', () => {
  test.each(NAMES.filter(([firmware]) => hasFirmware(firmware)).flatMap(([firmware, names]) => names.map((name) => [firmware, name] as const)))('%s: %s', async (firmware, name) => {
    const kernel = CHECKING_KERNELS[name]
    if (!kernel) throw new Error(`There is no kernel ${name}.`)
    const image = await checkingImage({ ...kernel, defines: { ...kernel.defines, UEFI: 1 } }, UPPER_KIB, { firmware: 'both', fileSystem: 'auto' })
    const run = await bootImage(image, { timeoutMs: TIMEOUT_MS, firmware })
    expect(readReport(run.serial)).toEqual({ good: CHECKS[kernel.bits], bad: [] })
    expect(run.exit).toEqual({ reason: 'debug-exit', code: (0x10 << 1) | 1 })
  }, TIMEOUT_MS)
})

describe.skipIf(findQemu() === undefined || !hasFirmware('UEFI x64'))('graphics under UEFI', () => {
  /** OVMF's own mode is 1280x800. */
  test('the mode that a Multiboot header asks for is set', async () => {
    const wish = header(4, ', 0, 0, 0, 0, 0, 0, 800, 600, 32')
    const file = await linkKernel({ bits: 32, source: tiny, defines: { HEADER: wish }, linkArguments: ['--image-base=0x100000'] })
    const run = await bootImage(await imageOf(file, '', { image: { firmware: 'both' } }), { timeoutMs: TIMEOUT_MS, firmware: 'UEFI x64', untilText: 'em', lingerMs: 200, picture: true })
    expect(run.exit).toEqual({ reason: 'text' })
    expect(run.picture).toMatchObject({ width: 800, height: 600 })
    // Empty: the screen is the kernel's own.
    expect(run.picture?.pixels.every((value) => value === 0)).toBe(true)
  }, TIMEOUT_MS)
})
