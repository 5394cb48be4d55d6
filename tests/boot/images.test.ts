/**
 * Every layout, in one image for BIOS and UEFI, starts a kernel that checks what it was promised: in our PC, in QEMU with SeaBIOS as hard
 * disk, stick, diskette and CD, and in QEMU with OVMF. About 90 s alone.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { buildDiskImage, type DiskImageInput, inFormat, rawDiskOf, withCommandLine } from '../../src/main/image/index'
import { VIRTUAL_DISK_FORMATS, type FileSystem, type ImageLayout } from '../../src/shared/image'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { linkKernel } from '../support/link-kernel'
import { hasFirmware } from '../support/ovmf'
import { bootInQemu, findQemu } from '../support/qemu'
import { CHECKING_KERNELS, CHECKS, COMMAND_LINE, header, OWN_UPPER_KIB, readReport } from './kernels'
import { runInOwnPc } from './own-pc'
import { bootImage, loader } from './qemu-judge'
import tiny from './qemu-kernels/tiny.c?raw'
import { uefiPrograms } from './uefi-image'

const TIMEOUT_MS = 100_000
const QEMU_MS = 90_000
const SHAPES: readonly [ImageLayout, FileSystem][] = [
  ['mbr', 'auto'],
  ['mbr', 'fat12'],
  ['mbr', 'fat32'],
  ['mbr', 'none'],
  ['gpt', 'auto'],
  ['gpt', 'none'],
  ['hybrid', 'auto'],
  ['hybrid', 'none'],
  ['superfloppy', 'auto'],
  ['superfloppy', 'fat32'],
  ['floppy', 'auto'],
  ['iso', 'auto'],
]
/** KiB without a hole from 1 MiB in 128 MiB: SeaBIOS keeps some at the top, more with USB; OVMF leaves a hole at 8 MiB. */
const UPPER_KIB = { own: OWN_UPPER_KIB, SeaBIOS: 129_920, 'SeaBIOS with USB': 0x1fb7c, OVMF: 7168 } as const
const WITHOUT_PARTITIONS: ReadonlySet<ImageLayout> = new Set(['superfloppy', 'floppy', 'iso'])
/** How QEMU's BIOS numbers drives. */
const DRIVES = { diskette: 0, 'hard disk': 0x80, 'USB stick': 0x80, CD: 0xe0 } as const
/** How each is attached; our PC takes an image for the first. */
const MEDIA: Readonly<Record<ImageLayout, readonly (keyof typeof DRIVES)[]>> = {
  mbr: ['hard disk', 'USB stick'],
  gpt: ['hard disk', 'USB stick'],
  hybrid: ['hard disk', 'USB stick'],
  superfloppy: ['hard disk', 'USB stick'],
  floppy: ['diskette', 'USB stick'],
  iso: ['CD', 'USB stick'],
}
/** OVMF takes seconds to start: each way that it finds a volume, once. */
const UEFI_MEDIA: Readonly<Record<string, readonly (keyof typeof DRIVES)[]>> = {
  'mbr auto': ['hard disk', 'USB stick'],
  'mbr none': ['hard disk'],
  'gpt auto': ['hard disk'],
  'hybrid none': ['hard disk'],
  'superfloppy auto': ['USB stick'],
  'iso auto': MEDIA.iso,
}
const checking = CHECKING_KERNELS['64-bit, higher half with physical addresses']

/** A checking kernel in an image for BIOS and UEFI; what it expects differs. */
async function imageFor(machine: keyof typeof UPPER_KIB, image: NonNullable<DiskImageInput['image']>, drive = 0x80): Promise<Uint8Array> {
  if (!checking) throw new Error('no such kernel')
  // Partitions count from 0; FFh is none.
  const partition = WITHOUT_PARTITIONS.has(image.layout ?? 'mbr') ? 0xff : 0
  const defines = {
    EXPECTED_UPPER_KIB: UPPER_KIB[machine],
    EXPECTED_COMMAND_LINE: JSON.stringify(COMMAND_LINE),
    BOOT_DEVICE: `0x${(drive * 0x100_0000 + partition * 0x1_0000 + 0xffff).toString(16)}`,
    ...(machine === 'OVMF' && { UEFI: 1 }),
    ...checking.defines,
  }
  const kernel = await linkKernel({ ...checking, defines })
  return (await buildDiskImage({ kernel, loader: { ...(await loader()), uefi: await uefiPrograms() }, commandLine: COMMAND_LINE, image })).image
}

const ownDrive = (layout: ImageLayout): number => DRIVES[MEDIA[layout][0] ?? 'hard disk']
const passed = { good: CHECKS[64], bad: [] }

describe.each(SHAPES)('%s with %s', (layout, fileSystem) => {
  test('starts in our PC', async () => {
    const image = await imageFor('own', { layout, fileSystem }, ownDrive(layout))
    const run = runInOwnPc(image, { backend: DEFAULT_BACKEND, seconds: 10 })
    expect(readReport(run.serial)).toEqual(passed)
  })

  test.skipIf(findQemu() === undefined).each(MEDIA[layout])('starts in QEMU with SeaBIOS as %s', async (disk) => {
    const image = await imageFor(disk === 'USB stick' ? 'SeaBIOS with USB' : 'SeaBIOS', { layout, fileSystem }, DRIVES[disk])
    const run = await bootImage(image, { timeoutMs: QEMU_MS, disk })
    expect(readReport(run.serial)).toEqual(passed)
  }, TIMEOUT_MS)

  test.skipIf(findQemu() === undefined || !hasFirmware('UEFI x64')).each(UEFI_MEDIA[`${layout} ${fileSystem}`] ?? [])('starts in QEMU with OVMF as %s', async (disk) => {
    const run = await bootImage(await imageFor('OVMF', { layout, fileSystem }), { timeoutMs: QEMU_MS, firmware: 'UEFI x64', disk })
    expect(readReport(run.serial)).toEqual(passed)
  }, TIMEOUT_MS)
})

describe('a virtual disk', () => {
  test.skipIf(findQemu() === undefined).each(VIRTUAL_DISK_FORMATS)('%s starts in QEMU as it is, and its content in our PC', async (format) => {
    const kernel = await linkKernel({ bits: 32, source: tiny, defines: { HEADER: header(0) }, linkArguments: ['--image-base=0x100000'] })
    const { image } = await buildDiskImage({ kernel, loader: await loader(), image: { firmware: 'bios' } })
    const folder = mkdtempSync(join(tmpdir(), 'bootlab-virtual-'))
    try {
      const path = join(folder, `disk.${format}`)
      writeFileSync(path, inFormat(image, format, `disk.${format}`))
      const run = await bootInQemu(path, { timeoutMs: QEMU_MS, untilText: 'Holl', format: format === 'vhd' ? 'vpc' : format })
      expect(run.exit).toEqual({ reason: 'text' })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
    expect(runInOwnPc(rawDiskOf(inFormat(image, format, 'disk'), 'disk'), { backend: DEFAULT_BACKEND, seconds: 3, untilText: 'Holl' }).screenFlow).toContain('Holl')
  }, TIMEOUT_MS)
})

describe('what a boot volume may hold', () => {
  test('a compressed kernel starts as if it were none', async () => {
    if (!checking) throw new Error('no such kernel')
    const defines = { EXPECTED_UPPER_KIB: OWN_UPPER_KIB, EXPECTED_COMMAND_LINE: JSON.stringify(COMMAND_LINE), ...checking.defines }
    const { image } = await buildDiskImage({ kernel: await linkKernel({ ...checking, defines }), loader: await loader(), commandLine: COMMAND_LINE, compress: true, image: { firmware: 'bios' } })
    expect(readReport(runInOwnPc(image, { backend: DEFAULT_BACKEND, seconds: 10 }).serial)).toEqual(passed)
  })

  test.each<[ImageLayout, FileSystem]>([['mbr', 'auto'], ['mbr', 'none'], ['gpt', 'auto'], ['superfloppy', 'auto'], ['floppy', 'auto'], ['iso', 'auto']])('a disk that got another command line starts: %s with %s', async (layout, fileSystem) => {
    const image = await imageFor('own', { layout, fileSystem }, ownDrive(layout))
    const wrong = runInOwnPc(await withCommandLine(image, 'another'), { backend: DEFAULT_BACKEND, seconds: 10 })
    expect(readReport(wrong.serial).bad.join(' ')).toMatch(/command line/)
    const right = runInOwnPc(await withCommandLine(await withCommandLine(image, 'another'), COMMAND_LINE), { backend: DEFAULT_BACKEND, seconds: 10 })
    expect(readReport(right.serial)).toEqual(passed)
  })

  test('several kernels: the menu boots its default when the time is over', async () => {
    const kernel = await linkKernel({ bits: 32, source: tiny, defines: { HEADER: header(0) }, linkArguments: ['--image-base=0x100000'] })
    const idle = await linkKernel({ bits: 32, source: '__asm__(".section .multiboot,\\"a\\"\\n.balign 4\\n.long 0x1badb002, 0, -0x1badb002\\n.text\\n.globl start\\nstart: hlt\\njmp start\\n");', linkArguments: ['--image-base=0x100000'] })
    const input = { kernel: idle, title: 'Sleeps', entries: [{ kernel, title: 'Says Holl' }], loader: await loader(), image: { firmware: 'bios' as const } }
    const menu = runInOwnPc((await buildDiskImage({ ...input, default: 2 })).image, { backend: DEFAULT_BACKEND, seconds: 5, untilText: 'Says Holl' })
    expect(menu.screenFlow).toMatch(/Sleeps.*Says Holl/)
    const run = runInOwnPc((await buildDiskImage({ ...input, default: 2, timeout: 1 })).image, { backend: DEFAULT_BACKEND, seconds: 10, untilText: 'Holl\0' })
    expect(run.serial).toContain('em')
  })
})
