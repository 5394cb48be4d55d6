/** Kernels in QEMU: what the loader promises them, in all the ways they can be linked and a BIOS can start the disk. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DISK, SECTOR_BYTES } from '../../src/main/image/layout'
import { findQemu, type QemuOptions } from '../support/qemu'
import { CHECKING_KERNELS, checkingImage, CHECKS, header, readReport, script } from './kernels'
import { bootImage, imageOf } from './qemu-judge'
import tiny from './qemu-kernels/tiny.c?raw'
import { linkKernel, type TestKernel } from '../support/link-kernel'

/** 128 MiB less the first MiB and what SeaBIOS keeps at the top. */
const UPPER_KIB = 130_944 - 1024

describe.skipIf(findQemu() === undefined)('kernels in QEMU', () => {
  test.each(Object.entries(CHECKING_KERNELS))('%s', async (_name, kernel) => {
    const run = await bootImage(await checkingImage(kernel, UPPER_KIB), { timeoutMs: 20_000 })
    expect(readReport(run.serial)).toEqual({ good: CHECKS[kernel.bits], bad: [] })
    expect(run.exit).toEqual({ reason: 'debug-exit', code: (0x10 << 1) | 1 })
  })

  test.each<[string, Record<string, string>, Partial<TestKernel>]>([
    ['a 32-bit ELF without a Multiboot header', {}, { linkArguments: ['--image-base=0x200000'] }],
    ['Multiboot, linked high with low physical addresses', { HEADER: header(0) }, { linkerScript: script('0xc0100000', '0xc0000000') }],
    [
      'a flat Multiboot file with addresses of its own',
      { HEADER: header(0x10000, ', 0x100000, 0x100000, 0, 0x102000, start') },
      { linkerScript: script('0x100000', '0'), linkArguments: ['--oformat', 'binary'] },
    ],
  ])('%s', async (_name, defines, kernel) => {
    const file = await linkKernel({ bits: 32, source: tiny, defines, ...kernel })
    const run = await bootImage(await imageOf(file), { timeoutMs: 20_000, untilText: 'Holl' })
    expect(run.exit).toEqual({ reason: 'text' })
    expect(run.serial).toBe('em')
    expect(run.screenCells[0]).toBe(0x1f48)
  })

  test.each<[string, number[]]>([
    ['enters with a drive number in DL that is wrong', [0xb2, 0x9f, 0xeb, 0x52]],
    ['enters at 07C0:0000 instead of 0000:7C00', [0xea, 0x5a, 0x00, 0xc0, 0x07]],
    ['has rewritten the BIOS parameter block', []],
  ])('boots when the BIOS %s', async (_name, code) => {
    const image = await imageOf(await linkKernel({ bits: 32, source: tiny, defines: { HEADER: header(0) }, linkArguments: ['--image-base=0x100000'] }))
    // The parameter block's area is free for a BIOS to change, so the test puts its code there: jmp to offset 4, then on to 0x5a.
    image.fill(0xcc, 3, 0x5a)
    if (code.length > 0) {
      image.set([0xeb, 0x02], 0)
      image.set(code, 4)
    }
    const run = await bootImage(image, { timeoutMs: 20_000, untilText: 'Holl' })
    expect(run.exit).toEqual({ reason: 'text' })
  })

  test.each<[string, Partial<QemuOptions>]>([
    ['a USB stick', { disk: 'USB stick' }],
    ['a SATA disk of a newer chipset', { args: ['-machine', 'q35'] }],
    ['a machine with a 80486', { cpu: '486' }],
    ['a machine with more than 4 GiB', { memory: '5G' }],
    ['a machine with 4 MiB', { memory: '4M' }],
    ['a machine with 2 MiB', { memory: '2M' }],
  ])('boots from %s', async (_name, options) => {
    const image = await imageOf(await linkKernel({ bits: 32, source: tiny, defines: { HEADER: header(0) }, linkArguments: ['--image-base=0x100000'] }))
    const run = await bootImage(image, { timeoutMs: 20_000, untilText: 'Holl', ...options })
    expect(run.exit).toEqual({ reason: 'text' })
    expect(run.serial).toBe('em')
  })

  test('another disk of Bootlab’s in the machine is not mistaken for the own one', async () => {
    const kernel = await linkKernel({ bits: 32, source: tiny, defines: { HEADER: header(0) }, linkArguments: ['--image-base=0x100000'] })
    const own = await imageOf(kernel, 'own')
    const other = await imageOf(kernel, 'other')
    // The other disk would say that it has no kernel. DL points to it: mov dl, 0x81 in the parameter block's area.
    other.fill(0, DISK.PARTITION_LBA * SECTOR_BYTES, (DISK.PARTITION_LBA + 1) * SECTOR_BYTES)
    own.set([0xeb, 0x02], 0)
    own.set([0xb2, 0x81, 0xeb, 0x52], 4)
    const folder = mkdtempSync(join(tmpdir(), 'bootlab-other-'))
    try {
      const path = join(folder, 'other.img')
      writeFileSync(path, other)
      const run = await bootImage(own, { timeoutMs: 20_000, untilText: 'Holl', args: ['-drive', `format=raw,snapshot=on,if=ide,index=1,file=${path}`] })
      expect(run.exit).toEqual({ reason: 'text' })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
