/** Kernels of the Rust crate bootloader: every promise of the hand-off, checked by a kernel in QEMU and in Bootlab's own PC. */
import { describe, expect, test } from 'vitest'
import type { BootloaderCrate } from '../../src/shared/boot'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { findQemu } from '../support/qemu'
import { linkKernel, type TestKernel } from '../support/link-kernel'
import { readReport } from './kernels'
import { runInOwnPc } from './own-pc'
import { bootImage, imageOf } from './qemu-judge'
import source from './qemu-kernels/bootloader.c?raw'

interface Case {
  crate: BootloaderCrate
  defines?: Record<string, string | number>
  kernel?: Partial<TestKernel>
  /** The kernel's report has so many lines. */
  checks: number
}

const CASES: Record<string, Case> = {
  '0.9 without features': { crate: { version: '0.9.34', features: [] }, checks: 23 },
  '0.9 with map_physical_memory': { crate: { version: '0.9.23', features: ['map_physical_memory'] }, defines: { PHYSICAL: 1 }, checks: 27 },
  '0.9 with recursive_page_table': { crate: { version: '0.9.8', features: ['recursive_page_table'] }, defines: { RECURSIVE: 1 }, checks: 25 },
  '0.9 with both, in the higher half': {
    crate: { version: '0.9.34', features: ['map_physical_memory', 'recursive_page_table'] },
    defines: { PHYSICAL: 1, RECURSIVE: 1 },
    kernel: { linkArguments: ['--image-base=0xffffffff80000000'] },
    checks: 29,
  },
  '0.9 with addresses from Cargo.toml': {
    crate: { version: '0.9.34', features: ['map_physical_memory'], kernelStackAddress: 0xffff_9000_0000_0000n, kernelStackPages: 16, bootInfoAddress: 0x1_0000_0000_0000n >> 3n, physicalMemoryOffset: 0xffff_c000_0000_0000n },
    defines: { PHYSICAL: 1, STACK_ADDRESS: '0xffff900000000000', STACK_PAGES: 16, BOOT_INFO_ADDRESS: '0x200000000000', PHYSICAL_OFFSET: '0xffffc00000000000' },
    checks: 30,
  },
  '0.6, whose addresses are fixed': {
    crate: { version: '0.6.4', features: ['map_physical_memory', 'recursive_page_table'] },
    defines: { PHYSICAL: 1, RECURSIVE: 1, CALLED: 0, THREAD_LOCAL: 0, GUARD: 0, STACK_ADDRESS: '0x57ac00000000', BOOT_INFO_ADDRESS: '0xb0071f0000', PHYSICAL_OFFSET: '0xfffffc0000000000' },
    checks: 30,
  },
  '0.8, entered by a jump': { crate: { version: '0.8.0', features: [] }, defines: { CALLED: 0, THREAD_LOCAL: 0 }, checks: 22 },
}

async function crateImage({ crate, defines, kernel }: Case): Promise<Uint8Array> {
  return imageOf(await linkKernel({ bits: 64, source, ...(defines && { defines }), linkArguments: ['-z', 'separate-code'], ...kernel }), '', { bootloader: crate })
}

describe.skipIf(findQemu() === undefined)('kernels of the bootloader crate in QEMU', () => {
  test.each(Object.entries(CASES))('%s', async (_name, entry) => {
    const run = await bootImage(await crateImage(entry), { timeoutMs: 20_000 })
    expect(readReport(run.serial)).toEqual({ good: entry.checks, bad: [] })
    expect(run.exit).toEqual({ reason: 'debug-exit', code: (0x10 << 1) | 1 })
  })
})

describe('kernels of the bootloader crate in Bootlab’s own PC', () => {
  test.each(Object.entries(CASES))('%s', async (_name, entry) => {
    const run = runInOwnPc(await crateImage(entry), { backend: DEFAULT_BACKEND, seconds: 5 })
    expect(readReport(run.serial)).toEqual({ good: entry.checks, bad: [] })
    expect(run.outcome).toEqual({ reason: 'debug-exit', value: 0x10 })
  })
})
