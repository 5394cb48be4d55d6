import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { requireTool } from '../../../../tests/support/tools'
import { IMAGE_LAYOUTS } from '../../../shared/image'
import type { DiskLoader } from '../disk-content'
import { buildDiskImage } from '../disk-image'
import { DEFAULT_IMAGE_OPTIONS } from '../disk-content'
import { noise, sampleElf } from '../elf-sample'
import { inFormat } from '../formats'
import { imageParts } from './parts'

const MIB = 1 << 20
const kernel = sampleElf({ bits: 64, segments: [{ virtualAddress: 0x100000n, content: noise(5000, 4) }] })
const loader: DiskLoader = { stage1: noise(512, 8), stage1Cd: noise(1024, 3), stage2: Uint8Array.from([0x42, 0x4c, 0x53, 0x32, ...new Uint8Array(12), ...noise(2000, 9)]), uefi: { x64: noise(3000, 1), ia32: noise(2000, 2) } }
loader.stage1?.fill(0, 0x1ae)
loader.stage1?.set([0x55, 0xaa], 510)

const seen = (image: Uint8Array, bytes = image.length): string[] => imageParts(image, bytes, 'image').parts.map(({ kind, label }) => (kind === 'gap' ? 'gap' : label))

/** The parts follow each other from the first to the last byte. */
function expectWhole(image: Uint8Array, bytes = image.length): void {
  let at = 0
  for (const part of imageParts(image, bytes, 'image').parts) {
    expect(part.start).toBe(at)
    expect(part.bytes).toBeGreaterThan(0)
    at += part.bytes
  }
  expect(at).toBe(bytes)
}

describe('parts of an image', () => {
  test.each(IMAGE_LAYOUTS)('layout %s: whole, and with a name for its volume', async (layout) => {
    const { image } = await buildDiskImage({ kernel, loader, image: { ...DEFAULT_IMAGE_OPTIONS, layout } })
    expectWhole(image)
    const { parts, remarks } = imageParts(image, image.length, 'image')
    expect(remarks).toEqual([])
    expect(parts.filter(({ label }) => /FAT|ISO 9660/.test(label))).toHaveLength(1)
  })

  test('an image with an MBR', async () => {
    const { image } = await buildDiskImage({ kernel, loader })
    expect(seen(image)).toEqual(['Boot sector and partition table', 'Bootlab, stage 2', 'gap', 'Partition 1: FAT16 “BOOTLAB”'])
  })

  test.skipIf(requireTool('sgdisk') === undefined)('a GPT of another tool, also when only its head was read', () => {
    const folder = mkdtempSync(join(tmpdir(), 'bootlab-parts-'))
    try {
      const file = join(folder, 'disk.img')
      writeFileSync(file, '')
      truncateSync(file, 64 * MIB)
      execFileSync('sgdisk', ['-n', '1:2048:+16M', '-t', '1:ef00', '-n', '2:0:+20M', '-t', '2:8300', '-c', '2:root', file])
      const image = new Uint8Array(readFileSync(file))
      expect(seen(image)).toEqual(['GPT', 'gap', 'Partition 1: EFI system partition', 'Partition 2: root', 'gap', 'Second GPT'])
      const head = image.subarray(0, MIB)
      expect(seen(head, image.length)).toEqual(['GPT', 'gap', 'Partition 1: EFI system partition', 'Partition 2: root', 'gap'])
      expectWhole(head, image.length)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('what is no disk is one part, and says why', () => {
    const remark = (image: Uint8Array): string => imageParts(image, image.length, 'image').remarks.join()
    expect(remark(new Uint8Array(MIB))).toMatch(/neither a partition table nor a boot sector/)
    expect(remark(kernel)).toMatch(/program \(ELF\)/)
    expect(remark(inFormat(new Uint8Array(MIB), 'qcow2', 'disk'))).toMatch(/virtual disk \(QCOW2\)/)
    expect(seen(kernel)).toEqual(['gap'])
    expectWhole(kernel)
  })
})
