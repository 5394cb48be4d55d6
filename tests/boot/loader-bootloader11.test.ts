/** Kernels of the Rust crate bootloader 0.11: every promise of the hand-off, checked by a kernel in QEMU and in Bootlab's own PC. Alone: 25 s. */
import { describe, expect, test } from 'vitest'
import { type Firmware, hasFirmware } from '../support/ovmf'
import { findQemu } from '../support/qemu'
import { linkKernel, type TestKernel } from '../support/link-kernel'
import { byteList, crateSection, type Wishes } from './crate11-config'
import { readReport } from './kernels'
import { runInOwnPc } from './own-pc'
import { bootImage, imageOf } from './qemu-judge'
import source from './qemu-kernels/bootloader11.c?raw'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'

interface Case {
  wishes: Wishes
  defines?: Record<string, string | number>
  kernel?: Partial<TestKernel>
  ramdisk?: Uint8Array
  /** The kernel's report has so many lines. */
  checks: number
}

const RAMDISK = Uint8Array.from({ length: 123_457 }, (_, index) => (index * 7 + (index >> 8)) & 0xff)
const ALWAYS = 37
const WITH_PHYSICAL = 11
const WITH_RECURSIVE = 1

const CASES: Record<string, Case> = {
  '0.11.0 without wishes': { wishes: { patch: 0 }, checks: ALWAYS },
  '0.11.3 with physical memory': { wishes: { patch: 3, physical: true }, checks: ALWAYS + WITH_PHYSICAL },
  '0.11.10, recursive, with a RAM disk': { wishes: { patch: 10, recursive: true }, ramdisk: RAMDISK, checks: ALWAYS + WITH_RECURSIVE },
  '0.11.16 with all of it': { wishes: { patch: 16, physical: true, recursive: true, stackBytes: 100_000n, width: 800n, height: 600n }, ramdisk: RAMDISK, checks: ALWAYS + WITH_PHYSICAL + WITH_RECURSIVE },
  '0.11.16 in the higher half': { wishes: { patch: 16, physical: true }, kernel: { linkArguments: ['--image-base=0xffffffff80000000', '-z', 'separate-code'] }, checks: ALWAYS + WITH_PHYSICAL },
  '0.11.16, position independent': { wishes: { patch: 16, physical: true }, kernel: { pie: true }, checks: ALWAYS + WITH_PHYSICAL },
  '0.11.16, position independent, at a base of its own': {
    wishes: { patch: 16, base: 0xffff_8000_0000_0000n, physical: true },
    defines: { KERNEL_BASE: '0xffff800000000000' },
    kernel: { pie: true },
    checks: ALWAYS + WITH_PHYSICAL + 1,
  },
  '0.11.16, everything at addresses of its own': {
    wishes: {
      patch: 16,
      stack: 0xffff_9000_0000_0000n,
      stackBytes: 0x8008n,
      bootInfo: 0x2000_0000_0010n,
      framebuffer: 0x3000_0000_0000n,
      physical: 0xffff_a000_0000_0000n,
      recursive: 0xffff_ff00_0000_0000n,
      ramdisk: 0x4000_0000_0000n,
    },
    defines: {
      STACK_ADDRESS: '0xffff900000000000',
      BOOT_INFO_ADDRESS: '0x200000000010',
      FRAMEBUFFER_ADDRESS: '0x300000000000',
      PHYSICAL_ADDRESS: '0xffffa00000000000',
      RECURSIVE_INDEX: 510,
      RAMDISK_ADDRESS: '0x400000000000',
    },
    ramdisk: RAMDISK,
    checks: ALWAYS + WITH_PHYSICAL + WITH_RECURSIVE + 6,
  },
  '0.11.16 with a range for what is chosen': {
    wishes: { patch: 16, rangeStart: 0xffff_8000_0000_0000n, rangeEnd: 0xffff_ffff_ffff_f000n, physical: true },
    defines: { RANGE_START: '0xffff800000000000', RANGE_END: '0xfffffffffffff000' },
    checks: ALWAYS + WITH_PHYSICAL + 1,
  },
  '0.11.16 at random addresses': { wishes: { patch: 16, aslr: true, physical: true, recursive: true }, kernel: { pie: true }, ramdisk: RAMDISK, checks: ALWAYS + WITH_PHYSICAL + WITH_RECURSIVE },
}

async function crateImage({ wishes, defines, kernel, ramdisk }: Case, firmware: 'bios' | 'both' = 'bios'): Promise<Uint8Array> {
  const sum = (ramdisk ?? new Uint8Array()).reduce((total, byte) => (Math.imul(total, 31) + byte) >>> 0, 0)
  const file = await linkKernel({
    bits: 64,
    source,
    linkArguments: ['-z', 'separate-code'],
    ...kernel,
    defines: {
      CONFIG: byteList(crateSection(wishes)),
      PATCH: wishes.patch,
      PIE: kernel?.pie ? 1 : 0,
      PHYSICAL: wishes.physical === undefined ? 0 : 1,
      RECURSIVE: wishes.recursive === undefined ? 0 : 1,
      ...(wishes.stackBytes !== undefined && { STACK_BYTES: Number(wishes.stackBytes) }),
      RAMDISK_BYTES: ramdisk?.length ?? 0,
      RAMDISK_SUM: `${sum}u`,
      EXPECTED_UNKNOWN: 3,
      EXPECTED_FRAMEBUFFER: 1,
      ...defines,
    },
  })
  return imageOf(file, '', { modules: ramdisk ? [{ bytes: ramdisk, commandLine: 'ramdisk' }] : [], image: { firmware } })
}

describe.skipIf(findQemu() === undefined)('kernels of the bootloader crate 0.11 in QEMU', () => {
  test.each(Object.entries(CASES))('%s', async (_name, entry) => {
    const run = await bootImage(await crateImage({ ...entry, defines: { ...entry.defines, EXPECTED_FRAMEBUFFER: 0 } }), { timeoutMs: 20_000 })
    expect(readReport(run.serial)).toEqual({ good: entry.checks, bad: [] })
    expect(run.exit).toEqual({ reason: 'debug-exit', code: (0x10 << 1) | 1 })
  })
})

describe('kernels of the bootloader crate 0.11 in Bootlab’s own PC', () => {
  test.each(Object.entries(CASES))('%s', async (_name, entry) => {
    const run = runInOwnPc(await crateImage(entry), { backend: DEFAULT_BACKEND, seconds: 5 })
    expect(readReport(run.serial)).toEqual({ good: entry.checks, bad: [] })
    expect(run.outcome).toEqual({ reason: 'debug-exit', value: 0x10 })
  })
})

/** Most of it is the same for every firmware: two cases, each with another. */
const UEFI_CASES: readonly [firmware: Firmware, name: string][] = [
  ['UEFI x64', '0.11.16 with all of it'],
  ['UEFI IA32', '0.11.16, position independent'],
]

describe.skipIf(findQemu() === undefined)('kernels of the bootloader crate 0.11 under UEFI', () => {
  for (const [firmware, name] of UEFI_CASES)
    test.skipIf(!hasFirmware(firmware))(`${firmware}: ${name}`, async () => {
      const entry = CASES[name]
      if (!entry) throw new Error(`There is no case ${name}.`)
      // Regions that nobody may use bear UEFI's types.
      const image = await crateImage({ ...entry, defines: { ...entry.defines, UEFI: 1, EXPECTED_FRAMEBUFFER: 0, EXPECTED_UNKNOWN: 2 } }, 'both')
      const run = await bootImage(image, { timeoutMs: 60_000, firmware })
      expect(readReport(run.serial)).toEqual({ good: entry.checks, bad: [] })
      expect(run.exit).toEqual({ reason: 'debug-exit', code: (0x10 << 1) | 1 })
    })
})
