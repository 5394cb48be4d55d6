import { describe, expect, test } from 'vitest'
import { Random } from '../../../../tests/boot/image-fuzz/random'
import { checksum } from './exfat'
import { upcaseTable } from './exfat-upcase'
import { type FormatInput, type FormatPlan, planFormat } from './plan'
import { type FormatPiece, SparseMedium } from './sparse-medium'

const MIB = 2 ** 20
const plan = (bytes: number, more: Partial<FormatInput> = {}): Promise<FormatPlan> =>
  planFormat({ bytes, sectorBytes: 512, fileSystem: 'auto', label: 'Stick', serial: 0x1234_abcd, now: new Date(2026, 6, 14, 12, 34, 56), ...more })
const lengthOf = (piece: FormatPiece): number => ('bytes' in piece ? piece.bytes.length : piece.zeros)

function check({ pieces, layout }: FormatPlan, bytes: number, sectorBytes: number): void {
  const end = Math.floor(bytes / sectorBytes) * sectorBytes
  expect(pieces[0]).toMatchObject({ position: 0, bytes: { length: sectorBytes } })
  let reached = 0
  for (const piece of pieces) {
    expect(piece.position).toBeGreaterThanOrEqual(reached)
    expect(piece.position % sectorBytes).toBe(0)
    expect(lengthOf(piece) % sectorBytes).toBe(0)
    expect(lengthOf(piece)).toBeGreaterThan(0)
    reached = piece.position + lengthOf(piece)
  }
  expect(reached).toBe(end)
  let at = 0
  for (const part of layout) {
    expect(part.start).toBe(at)
    at += part.bytes
  }
  expect(at).toBe(end)
  // Only what differs from zero takes memory.
  expect(pieces.reduce((sum, piece) => sum + ('bytes' in piece ? piece.bytes.length : 0), 0)).toBeLessThan(192 * 1024)
}

describe('the file system that a size gets by itself', () => {
  test.each<[number, number, FormatPlan['fileSystem']]>([
    [2 * MIB, 512, 'fat12'],
    [4 * MIB, 512, 'fat16'],
    [4 * MIB, 4096, 'fat12'],
    [32 * MIB, 512, 'fat16'],
    [64 * MIB, 512, 'fat32'],
    [64 * MIB, 4096, 'fat16'],
    [512 * MIB, 4096, 'fat32'],
    [2e9, 512, 'fat32'],
    [32e9, 512, 'fat32'],
    [33e9, 512, 'fat32'],
    [2 ** 35, 512, 'fat32'],
    [2 ** 35 + 512, 512, 'exfat'],
    [64e9, 512, 'exfat'],
    [4e12, 4096, 'exfat'],
    [100e12, 512, 'exfat'],
  ])('%d bytes, sectors of %d: %s', async (bytes, sectorBytes, fileSystem) => {
    const made = await plan(bytes, { sectorBytes })
    expect(made.fileSystem).toBe(fileSystem)
    check(made, bytes, sectorBytes)
  })
})

describe('any size', () => {
  const random = new Random(20)
  test.each(Array.from({ length: 200 }, () => ({ bytes: Math.floor(2 * MIB * 2 ** (random.below(22_000) / 1000)), sectorBytes: random.pick([512, 1024, 2048, 4096], 512), fileSystem: random.pick(['auto', 'fat32', 'exfat'] as const, 'auto') })))(
    '$bytes bytes, sectors of $sectorBytes, $fileSystem',
    async (input) => {
      const made = await plan(input.bytes, input).catch((error: unknown) => error)
      if (made instanceof Error) {
        expect(made.name).toBe('LabError')
        expect(input.fileSystem, made.message).not.toBe('auto')
        expect(made.message).toMatch(input.bytes > MIB * MIB ? /too large for FAT32/ : /too small for/)
      } else check(made as FormatPlan, input.bytes, input.sectorBytes)
    },
  )
})

test('the same wish gives the same plan, another serial number another', async () => {
  for (const bytes of [32 * MIB, 8e9, 64e9, 4e12]) {
    expect(await plan(bytes)).toEqual(await plan(bytes))
    expect(await plan(bytes, { serial: 1 })).not.toEqual(await plan(bytes))
  }
})

describe('what cannot be', () => {
  test.each<[string, number, Partial<FormatInput>, RegExp]>([
    ['a drive of 1 MiB', MIB, {}, /too small for a partition[^]*2 MiB or more/],
    ['an empty drive', 0, {}, /too small for a partition/],
    ['FAT32 on 32 MiB', 32 * MIB, { fileSystem: 'fat32' }, /too small for FAT32[^]*65525/],
    ['FAT32 on 2.2 TB', 2.3e12, { fileSystem: 'fat32' }, /too large for FAT32[^]*2 TiB[^]*exFAT/],
    ['FAT32 on 18 TB with large sectors', 18e12, { fileSystem: 'fat32', sectorBytes: 4096 }, /too large for FAT32[^]*16 TiB/],
    ['exFAT on 2 MiB', 2 * MIB, { fileSystem: 'exfat' }, /too small for exFAT/],
    ['sectors of 520 bytes', 1e9, { sectorBytes: 520 }, /sectors of 520 bytes/],
    ['a long label on FAT', 1e9, { label: 'TWELVE CHARS' }, /cannot be the name[^]*FAT/],
    ['an accent on FAT', 1e9, { label: 'Größe' }, /without accents/],
    ['a dot on FAT', 1e9, { label: 'a.b' }, /cannot be the name/],
    ['a long label on exFAT', 64e9, { label: 'twelve chars' }, /at most 11/],
    ['a slash on exFAT', 64e9, { label: 'a/b' }, /none of/],
    ['half a character on exFAT', 64e9, { label: 'a\ud800' }, /cannot be the name/],
  ])('%s', async (_name, bytes, more, sentence) => {
    await expect(plan(bytes, more)).rejects.toThrow(sentence)
    await expect(plan(bytes, more)).rejects.toMatchObject({ name: 'LabError', failure: { code: 'bad-input' } })
  })
  test('but FAT32 on a drive of 4 TB with large sectors', async () => expect((await plan(4e12, { fileSystem: 'fat32', sectorBytes: 4096 })).fileSystem).toBe('fat32'))
})

test('labels are kept as the file system has them', async () => {
  expect((await plan(1e9, { label: ' my stick ' })).label).toBe('MY STICK')
  expect((await plan(64e9, { label: ' Größe ☃' })).label).toBe('Größe ☃')
  expect((await plan(64e9, { label: '' })).label).toBe('')
})

test('the up-case table is the recommended one: its checksum is in the specification (7.2.5.1)', () => {
  expect(upcaseTable().length).toBe(5836)
  expect(checksum(upcaseTable())).toBe(0xe619_d30d)
})

describe('a sparse medium', () => {
  const sector = (value: number): Uint8Array => new Uint8Array(512).fill(value)
  test('keeps what was written last, joins neighbours, and leaves sector 0 alone', () => {
    const medium = new SparseMedium(512)
    medium.write(0, sector(1))
    medium.write(512, sector(2))
    medium.zero(0, 4096)
    medium.write(1024, sector(3))
    medium.write(2048, sector(4))
    medium.write(2048, sector(0))
    medium.zero(8192, 512)
    expect(medium.pieces()).toEqual([
      { position: 0, bytes: sector(1) },
      { position: 512, bytes: Uint8Array.from([...sector(2), ...sector(3)]) },
      { position: 1536, zeros: 2560 },
      { position: 8192, zeros: 512 },
    ])
    expect(medium.read(512)).toEqual(sector(2))
    expect(medium.read(2048)).toEqual(sector(0))
  })
})
