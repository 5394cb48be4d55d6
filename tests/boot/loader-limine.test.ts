/** Kernels for the Limine protocol: every promise of every base revision, checked by a kernel in QEMU and in Bootlab's own PC. Alone: about 90 s. */
import { describe, expect, test } from 'vitest'
import { LIMINE_COMMON, LIMINE_FEATURES, LIMINE_REVISION_TAG } from '../../src/main/image/limine-requests'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { type Firmware, hasFirmware } from '../support/ovmf'
import { findQemu, type QemuOptions } from '../support/qemu'
import { COMMAND_LINE, readReport } from './kernels'
import { LIMINE_CHECKS, limineKernel, type LimineCase } from './limine-kernels'
import { runInOwnPc } from './own-pc'
import { bootImage, imageOf } from './qemu-judge'

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
  'a newer chipset with 5 GiB and an IOMMU': { defines: { LEAST_USABLE_MIB: 4900 }, machine: { memory: '5G', args: ['-machine', 'q35', '-device', 'intel-iommu'] } },
  'an IOMMU of the other kind': { machine: { args: ['-machine', 'q35', '-device', 'amd-iommu'] } },
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
    const run = await bootImage(await imageOf(file, COMMAND_LINE, { modules, image: { firmware: 'both' } }), { timeoutMs: 110_000, firmware, ...machine })
    expect(readReport(run.serial)).toEqual({ good: LIMINE_CHECKS, bad: [] })
    expect(run.exit).toEqual({ reason: 'debug-exit', code: (0x10 << 1) | 1 })
  }, 120_000)
})

describe('Limine kernels in Bootlab’s own PC', () => {
  test.each([0, 1, 2, 3, 4, 5, 6])('base revision %i', async (revision) => {
    const { file, modules } = await limineKernel({ defines: { REVISION: revision }, modules: 2, commandLine: COMMAND_LINE })
    const run = runInOwnPc(await imageOf(file, COMMAND_LINE, { modules }), { backend: DEFAULT_BACKEND, seconds: 5 })
    expect(readReport(run.serial)).toEqual({ good: LIMINE_CHECKS, bad: [] })
    expect(run.outcome).toEqual({ reason: 'debug-exit', value: 0x10 })
  })

  test.each([[2, {}], [4, { REVISION: 3 }], [2, { LEVELS: 5, LEVELS_WANTED: 5 }]])('%i processors, %o', async (processors, defines) => {
    const { file } = await limineKernel({ defines: { PROCESSORS: processors, ...defines }, commandLine: COMMAND_LINE })
    const run = runInOwnPc(await imageOf(file, COMMAND_LINE), { backend: DEFAULT_BACKEND, seconds: 5, processors })
    expect(readReport(run.serial)).toEqual({ good: LIMINE_CHECKS, bad: [] })
    expect(run.outcome).toEqual({ reason: 'debug-exit', value: 0x10 })
  })
})

test('5-level paging in Bootlab’s own PC', async () => {
  const { file } = await limineKernel({ defines: { LEVELS: 5, LEVELS_WANTED: 5 } })
  const run = runInOwnPc(await imageOf(file), { backend: DEFAULT_BACKEND, seconds: 5 })
  expect(readReport(run.serial)).toEqual({ good: LIMINE_CHECKS, bad: [] })
})

test.skipIf(findQemu() === undefined)('a kernel that needs 5-level paging is refused by a processor with 4', async () => {
  const { file } = await limineKernel({ defines: { LEVELS_WANTED: 5, LEVELS_NEEDED: 5 } })
  const run = await bootImage(await imageOf(file), { timeoutMs: 20_000, untilText: 'which this processor does not have.' })
  expect(run.exit).toEqual({ reason: 'text' })
  expect(run.debugPort).toContain('the kernel needs 5-level paging')
})

describe('what the loader refuses, though the image builder did not see it', () => {
  /** Where these words stand in an image. */
  const find = (image: Uint8Array, words: readonly bigint[]): number => {
    const at = Buffer.from(image.buffer, image.byteOffset, image.length).indexOf(Buffer.from(BigUint64Array.from(words).buffer))
    if (at === -1) throw new Error('The test kernel should have these words.')
    return at
  }
  const request = (key: string): readonly bigint[] => [...LIMINE_COMMON, ...(LIMINE_FEATURES.find((feature) => feature.key === key)?.id ?? [])]
  const FIELDS_AT = 48
  test.each<[string, (image: Uint8Array, view: DataView) => void, string]>([
    ['a revision of the future', (image, view) => view.setBigUint64(find(image, LIMINE_REVISION_TAG) + 16, 7n, true), 'the kernel wants base revision 0x7 of the Limine protocol, this loader knows 0 to 6.'],
    ['a request twice', (image) => image.set(new Uint8Array(BigUint64Array.from(request('SMBIOS')).buffer), find(image, request('RSDP'))), 'the kernel has the Limine request SMBIOS twice'],
    ['an entry point outside', (image, view) => view.setBigUint64(find(image, request('ENTRY_POINT')) + FIELDS_AT, 0x1234n, true), 'the kernel gives 0x1234 as its entry point, which is not an address in it'],
    ['a stack of 4 GiB', (image, view) => view.setBigUint64(find(image, request('STACK_SIZE')) + FIELDS_AT, 1n << 32n, true), 'the kernel asks for a stack of 0x100000000 bytes.'],
  ])('%s', async (_name, damage, says) => {
    const { file } = await limineKernel({})
    const image = await imageOf(file)
    damage(image, new DataView(image.buffer))
    const { screenFlow } = runInOwnPc(image, { backend: DEFAULT_BACKEND, seconds: 5, untilText: 'Bootlab: ' })
    expect(screenFlow).toContain(says)
  })
})
