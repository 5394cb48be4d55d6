/** The UEFI programs in QEMU with OVMF: kernels of each kind find what the loader promises them, as on a BIOS machine. About 40 s alone. */
import { describe, expect, test } from 'vitest'
import { type Firmware, hasFirmware } from '../support/ovmf'
import { findQemu } from '../support/qemu'
import { CHECKING_KERNELS, checkingImage, CHECKS, readReport } from './kernels'
import { bootImage } from './qemu-judge'
import { withUefi } from './uefi-image'

/** Below the first hole that OVMF leaves, at 8 MiB. */
const UPPER_KIB = 7168
const TIMEOUT_MS = 120_000
const FIRMWARES = ['UEFI x64', 'UEFI IA32'] as const satisfies readonly Firmware[]

describe.skipIf(findQemu() === undefined).each(FIRMWARES)('%s', (firmware) => {
  describe.skipIf(!hasFirmware(firmware))('with its OVMF', () => {
    test.each(Object.entries(CHECKING_KERNELS))('%s', async (_name, kernel) => {
      const image = await withUefi(await checkingImage({ ...kernel, defines: { ...kernel.defines, UEFI: 1 } }, UPPER_KIB))
      const run = await bootImage(image, { timeoutMs: TIMEOUT_MS, firmware })
      expect(readReport(run.serial)).toEqual({ good: CHECKS[kernel.bits], bad: [] })
      expect(run.exit).toEqual({ reason: 'debug-exit', code: (0x10 << 1) | 1 })
    }, TIMEOUT_MS)
  })
})
