/** BIOSes and drives as they are met on real computers, made in Bootlab's own PC: the loader boots all the same. About 15 seconds alone. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { Quirks } from '../../src/main/emulator/firmware/quirks'
import type { ImageOptions } from '../../src/main/image/disk-content'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { linkKernel } from '../support/link-kernel'
import { header, readReport, script } from './kernels'
import { runInOwnPc } from './own-pc'
import { imageOf } from './qemu-judge'
import anywhere from './qemu-kernels/anywhere.c?raw'

const MEDIA: Record<string, Partial<ImageOptions>> = {
  'a raw partition': {},
  'FAT16 in an MBR': { layout: 'mbr', fileSystem: 'fat16' },
  'FAT32 in a GPT': { layout: 'gpt', fileSystem: 'fat32' },
  'a superfloppy': { layout: 'superfloppy' },
  'a diskette': { layout: 'floppy' },
  'a CD': { layout: 'iso' },
}

const ODD: Record<string, Quirks> = {
  'the boot sector is entered at 07C0:0000': { bootAt07C0: true },
  'DL names another drive': { bootDrive: 0x99 },
  'DL names the first diskette': { bootDrive: 0 },
  'there are no extensions of INT 13h': { noExtensions: true },
  /* Fewer than stage 2 asks for, more than stage 1 does. */
  'one call reads 40 sectors at most': { mostSectors: 40 },
  'sectors are read at the third attempt': { badSectors: [{ first: 0, last: 1_000_000, status: 0x80, attempts: 2 }] },
}

/** What cannot be: and why. */
const NOT: Record<string, Partial<Record<string, string>>> = {
  'a CD': { 'there are no extensions of INT 13h': 'El Torito needs them to read more than the boot image' },
  'a diskette': { 'DL names another drive': 'stage 1 looks at hard disks when DL is wrong' },
}

describe.each(Object.entries(MEDIA))('%s', (medium, options) => {
  let image: Uint8Array
  beforeAll(async () => {
    const defines = { DATA_WORDS: 60_000, CLEARED_WORDS: 8, EXPECTED_ADDRESS: 0x100000, HEADER: header(0) }
    image = await imageOf(await linkKernel({ bits: 32, source: anywhere, defines, linkerScript: script('0x100000', '0') }), '', { image: options })
  })
  test.each(Object.entries(ODD).filter(([name]) => NOT[medium]?.[name] === undefined))('boots when %s', (_name, quirks) => {
    const run = runInOwnPc(image, { backend: DEFAULT_BACKEND, seconds: 10, quirks, ...(options.layout === 'iso' && { medium: 'cd' as const }), ...(options.layout === 'floppy' && { medium: 'floppy' as const }) })
    expect([readReport(run.serial), run.outcome, run.screenFlow.trim()]).toEqual([{ good: 4, bad: [] }, { reason: 'debug-exit', value: 0x10 }, ''])
  })
})
