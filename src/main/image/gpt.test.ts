import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { requireTool } from '../../../tests/support/tools'
import { GPT, GPT_TYPE, gptParts, type GptPartition, gptSectors, readGpt, writeGpt } from './gpt'
import { guidBytes, guidOf, guidText } from './guid'
import { writePartitionTable } from './mbr'

const MIB = 1 << 20
const partition: GptPartition = { type: GPT_TYPE.EFI_SYSTEM, id: guidOf('partition'), lba: 2048, sectors: 4096, attributes: 0n, name: 'EFI system Ä' }

function disk(partitions = [partition]): Uint8Array {
  const image = new Uint8Array(8 * MIB)
  writePartitionTable(image, [{ active: true, type: GPT.PROTECTIVE_TYPE, lba: 1, sectors: image.length / 512 - 1 }])
  writeGpt(image, { id: guidOf('disk'), firstUsable: 2048, partitions })
  return image
}

describe('GUIDs', () => {
  test('are stored with their first three fields little endian', () => {
    expect(Buffer.from(guidBytes('C12A7328-F81F-11D2-BA4B-00A0C93EC93B')).toString('hex')).toBe('28732ac11ff8d211ba4b00a0c93ec93b')
    expect(guidText(guidBytes(GPT_TYPE.EFI_SYSTEM))).toBe(GPT_TYPE.EFI_SYSTEM)
    expect(() => guidBytes('C12A7328')).toThrow(/not a GUID/)
  })
  test('of content are of version 8, and differ as the content does', () => {
    expect(guidOf('a', 'b')).toMatch(/^[0-9A-F]{8}-[0-9A-F]{4}-8[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$/)
    expect(guidOf('a', 'b')).toBe(guidOf('a', 'b'))
    expect(guidOf('ab')).not.toBe(guidOf('a', 'b'))
  })
})

describe('a GUID partition table', () => {
  test('is read back from both ends', () => {
    const found = readGpt(disk())
    expect(found).toMatchObject({ faults: [], primary: { lba: 1, alternateLba: 16_383, firstUsable: 2048, lastUsable: 16_350, faults: [] }, backup: { lba: 16_383, alternateLba: 1, entriesLba: 16_351, faults: [] } })
    expect(found?.primary?.partitions).toEqual([partition])
    expect(found?.backup?.partitions).toEqual([partition])
  })
  test('is absent on an empty disk', () => expect(readGpt(new Uint8Array(MIB))).toBeUndefined())

  test.each<[string, (image: Uint8Array) => void, RegExp]>([
    ['a damaged header', (image) => void (image[512 + 40] = 7), /header's CRC/],
    ['a damaged entry', (image) => void (image[1024 + 60] = 7), /entries' CRC/],
    ['a header of a wrong length', (image) => void (image[512 + 13] = 0xff), /says it has 65372 bytes/],
    ['too many entries', (image) => void (image[512 + 83] = 0xff), /announces \d+ entries/],
    ['entries beyond the end', (image) => void (image[512 + 78] = 0xff), /beyond the end/],
    ['no first header', (image) => void image.fill(0, 512, 1024), /no header in sector 1/],
    ['no backup', (image) => void image.fill(0, image.length - 512), /no backup header/],
  ])('with %s is told so', (_name, damage, says) => {
    const image = disk()
    damage(image)
    const found = readGpt(image)
    expect([...(found?.faults ?? []), ...(found?.primary?.faults ?? [])].join(' ')).toMatch(says)
  })
  test('tells of a disk that was made longer, and of partitions that overlap', () => {
    const longer = new Uint8Array(9 * MIB)
    longer.set(disk())
    expect(readGpt(longer)?.faults.join(' ')).toMatch(/made longer/)
    expect(readGpt(disk([partition, { ...partition, name: 'second', lba: 3000 }]))?.primary?.faults.join(' ')).toMatch(/overlap/)
  })
  test('refuses partitions outside', () => {
    expect(() => disk([{ ...partition, lba: 2047 }])).toThrow(/outside/)
    expect(() => disk([{ ...partition, sectors: 20_000 }])).toThrow(/outside/)
  })

  const sgdisk = requireTool('sgdisk')
  const sfdisk = requireTool('sfdisk')
  test.skipIf(sgdisk === undefined || sfdisk === undefined)('satisfies sgdisk and sfdisk', () => {
    const folder = mkdtempSync(join(tmpdir(), 'bootlab-gpt-'))
    try {
      const path = join(folder, 'disk.img')
      writeFileSync(path, disk())
      expect(execFileSync(sgdisk ?? '', ['--verify', path], { encoding: 'utf8' })).toContain('No problems found')
      expect(execFileSync(sgdisk ?? '', ['--info=1', path], { encoding: 'utf8' })).toMatch(new RegExp(`${partition.type}[^]*${partition.id}[^]*First sector: 2048[^]*Partition name: 'EFI system Ä'`))
      expect(execFileSync(sfdisk ?? '', ['--verify', path], { encoding: 'utf8' })).toContain('No errors detected')
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  const fdisk = requireTool('fdisk')
  test.skipIf(fdisk === undefined)('satisfies fdisk on a disk with sectors of 4096 bytes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'bootlab-gpt-'))
    try {
      const path = join(folder, 'disk.img')
      const image = new Uint8Array(8 * MIB)
      writePartitionTable(image, [{ active: false, type: GPT.PROTECTIVE_TYPE, lba: 1, sectors: 2047 }])
      const input = { id: guidOf('disk'), firstUsable: 1 + gptSectors(4096), partitions: [{ ...partition, lba: 256, sectors: 1024 }] }
      const parts = gptParts(input, 2048, 4096)
      for (const { lba, bytes } of parts) image.set(bytes, lba * 4096)
      writeFileSync(path, image)
      const list = (): string => execFileSync(fdisk ?? '', ['-b', '4096', '-x', path], { encoding: 'utf8', stdio: 'pipe', env: { ...process.env, LC_ALL: 'C.UTF-8' } })
      expect(list()).toMatch(new RegExp(`Disklabel type: gpt[^]*First usable LBA: 6\n[^]*Last usable LBA: 2042\n[^]*Alternative LBA: 2047\n[^]*256 +1279 +1024 +${partition.type}`))
      // The backup alone is enough, so it is right, too.
      image.fill(0, 4096, 8192)
      writeFileSync(path, image)
      expect(list()).toMatch(new RegExp(`Disklabel type: gpt[^]*256 +1279 +1024 +${partition.type}`))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
