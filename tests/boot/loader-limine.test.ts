/** Kernels for the Limine protocol: every promise of every base revision, checked by a kernel in QEMU and in Bootlab's own PC. Alone: about 90 s. */
import { describe, expect, test } from 'vitest'
import { type Firmware, hasFirmware } from '../support/ovmf'
import { findQemu, type QemuOptions } from '../support/qemu'
import { COMMAND_LINE, readReport } from './kernels'
import { LIMINE_CHECKS, limineKernel, type LimineCase } from './limine-kernels'
import { runInOwnPc } from './own-pc'
import { bootImage, imageOf } from './qemu-judge'
import { withUefi } from './uefi-image'

interface Case extends LimineCase {
  machine?: Partial<QemuOptions>
}

const CASES: Record<string, Case> = {
  ...Object.fromEntries([0, 1, 2, 3, 4, 5, 6].map((revision) => [`base revision ${revision}`, { defines: { REVISION: revision } }])),
  'no base revision tag': { defines: { REVISION: -1 } },
  'a list of requests, as in base revision 0': { defines: { REVISION: -1, REQUESTS_SECTION: 1 } },
  'requests between markers': { defines: { MARKERS: 1 } },
  'position independent': { pie: true },
  'modules': { modules: 3 },
  'two processors': { defines: { PROCESSORS: 2 }, machine: { args: ['-smp', '2'] } },
  'four processors, base revision 3': { defines: { PROCESSORS: 4, REVISION: 3 }, machine: { args: ['-smp', '4'] } },
  '5-level paging': { defines: { LEVELS: 5, LEVELS_WANTED: 5, PROCESSORS: 2 }, machine: { cpu: 'max', args: ['-smp', '2'] } },
  '5-level paging, base revision 0': { defines: { LEVELS: 5, LEVELS_WANTED: 5, REVISION: 0 }, machine: { cpu: 'max' } },
  '5-level paging on a processor with 4': { defines: { LEVELS_WANTED: 5 } },
  'a newer chipset with 5 GiB': { defines: { LEAST_USABLE_MIB: 4900 }, machine: { memory: '5G', args: ['-machine', 'q35'] } },
  '5 GiB, base revision 0': { defines: { LEAST_USABLE_MIB: 4900, REVISION: 0 }, machine: { memory: '5G' } },
}

describe.skipIf(findQemu() === undefined)('Limine kernels in QEMU', () => {
  test.each(Object.entries(CASES))('%s', async (_name, { machine, ...kernel }) => {
    const { file, modules } = await limineKernel({ ...kernel, commandLine: COMMAND_LINE })
    const run = await bootImage(await imageOf(file, COMMAND_LINE, { modules }), { timeoutMs: 25_000, ...machine })
    expect(readReport(run.serial)).toEqual({ good: LIMINE_CHECKS, bad: [] })
    expect(run.exit).toEqual({ reason: 'debug-exit', code: (0x10 << 1) | 1 })
  })
})

/** OVMF leaves less of 128 MiB. */
const UEFI = { LEAST_USABLE_MIB: 60 }
const BOTH = { defines: { PROCESSORS: 2 }, modules: 2, machine: { args: ['-smp', '2'] } }

const UEFI_CASES: readonly (readonly [name: string, firmware: Firmware, number: number, kernel: Case])[] = [
  ...[0, 3, 4].map((revision) => [`base revision ${revision}`, 'UEFI x64', 2, { defines: { REVISION: revision } }] as const),
  ['modules, two processors', 'UEFI x64', 2, BOTH],
  ['modules, two processors', 'UEFI IA32', 1, BOTH],
]

describe.skipIf(findQemu() === undefined)('Limine kernels under UEFI', () => {
  test.each(UEFI_CASES.filter(([, firmware]) => hasFirmware(firmware)))('%s (%s)', async (_name, firmware, number, { machine, ...kernel }) => {
    const { file, modules } = await limineKernel({ ...kernel, defines: { ...UEFI, FIRMWARE: number, ...kernel.defines }, commandLine: COMMAND_LINE })
    const run = await bootImage(await withUefi(await imageOf(file, COMMAND_LINE, { modules })), { timeoutMs: 110_000, firmware, ...machine })
    expect(readReport(run.serial)).toEqual({ good: LIMINE_CHECKS, bad: [] })
    expect(run.exit).toEqual({ reason: 'debug-exit', code: (0x10 << 1) | 1 })
  }, 120_000)
})

/** It has neither ACPI nor SMBIOS. */
const OWN_PC = { HAS_ACPI: 0, HAS_SMBIOS: 0 }

describe('Limine kernels in Bootlab’s own PC', () => {
  test.each([0, 1, 2, 3, 4, 5, 6])('base revision %i', async (revision) => {
    const { file, modules } = await limineKernel({ defines: { REVISION: revision, ...OWN_PC }, modules: 2, commandLine: COMMAND_LINE })
    const run = runInOwnPc(await imageOf(file, COMMAND_LINE, { modules }), { backend: 'interp', seconds: 5 })
    expect(readReport(run.serial)).toEqual({ good: LIMINE_CHECKS, bad: [] })
    expect(run.outcome).toEqual({ reason: 'debug-exit', value: 0x10 })
  })
})
