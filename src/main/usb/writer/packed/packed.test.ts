/** Packed images, against the programs that made them: where gzip, xz or zstd unpacks a file, so do we, to the same bytes; where one refuses, we do. */
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requireTool } from '../../../../../tests/support/tools'
import { LabError } from '../../../../shared/failure'
import { imagePieces, openImageFile } from '../source'
import type { PackedFormat } from '.'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bootlab-packed-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const tools = { gzip: requireTool('gzip'), xz: requireTool('xz'), zstd: requireTool('zstd') }

/** Numbers that look random and are always the same (xorshift32). */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

/** Noise, zeros and text: what packs badly, to nothing, and well. */
function content(bytes: number, seed = 1): Buffer {
  const next = numbers(seed)
  const all = Buffer.alloc(bytes)
  const third = Math.floor(bytes / 3)
  for (let at = 0; at < third; at++) all[at] = next()
  for (let at = 2 * third; at < bytes; at++) all[at] = 97 + (next() % 3)
  return all
}

function pack(format: PackedFormat, bytes: Uint8Array, ...args: string[]): Buffer {
  return execFileSync(tools[format] ?? '', ['-c', '-q', ...args], { input: bytes, maxBuffer: 2 ** 30 })
}

/** What the format's own program makes of it; undefined when it refuses. gzip ends with 2 when it only warns. */
function judged(format: PackedFormat, file: Uint8Array): Buffer | undefined {
  const { status, stdout } = spawnSync(tools[format] ?? '', ['-d', '-c', '-q'], { input: file, maxBuffer: 2 ** 30 })
  return status === 0 || (format === 'gzip' && status === 2) ? stdout : undefined
}

let files = 0
/** What we make of it. */
async function ours(file: Uint8Array): Promise<Buffer | LabError> {
  const path = join(folder, `image-${files++}`)
  writeFileSync(path, file)
  try {
    const image = await openImageFile(path)
    try {
      expect(image.packed).toBeDefined()
      const pieces: Buffer[] = []
      for await (const piece of imagePieces(image)) pieces.push(Buffer.from(piece))
      return Buffer.concat(pieces)
    } finally {
      await image.file.close()
    }
  } catch (error) {
    if (error instanceof LabError) return error
    throw error
  } finally {
    rmSync(path)
  }
}

/** Long results as something that can be shown. */
const digest = (bytes: Buffer | LabError | undefined): string => (bytes instanceof Buffer ? `${bytes.length} bytes, ${createHash('sha256').update(bytes).digest('hex')}` : 'refused')

async function agrees(format: PackedFormat, file: Uint8Array): Promise<Buffer | LabError> {
  const found = await ours(file)
  // An image of no bytes at all is refused, whatever it is packed in.
  const expected = judged(format, file)
  expect(digest(found)).toBe(digest(expected?.length === 0 ? undefined : expected))
  return found
}

function skippable(): Buffer {
  return Buffer.from([0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3])
}

/** A header with all that RFC 1952 allows. */
function longHeader(member: Buffer): Buffer {
  const head = Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0x1f, 0, 0, 0, 0, 0, 3, 4, 0, 65, 65, 0, 0]), Buffer.from('disk.img\0a comment\0')])
  const check = Buffer.alloc(2)
  check.writeUInt16LE(crc32(head) & 0xffff)
  return Buffer.concat([head, check, member.subarray(10)])
}

/** Several pieces of each unpacker, and no whole number of them. */
const whole = content(900_001)
const small = content(90_000, 7)

describe.each<PackedFormat>(['gzip', 'xz', 'zstd'])('%s', (format) => {
  const packed = (): Buffer => pack(format, whole)
  const cases: Record<string, () => Buffer> = {
    'as it comes': packed,
    'the smallest': () => pack(format, Buffer.from('x')),
    'packed hardest': () => pack(format, whole, ...{ gzip: ['-9'], xz: ['-9e'], zstd: ['--ultra', '-22'] }[format]),
    'without a checksum': () => pack(format, whole, ...{ gzip: ['-1'], xz: ['--check=none'], zstd: ['--no-check'] }[format]),
    'a whole number of pieces': () => pack(format, content(1 << 20)),
    'several in a row': () => Buffer.concat([packed(), pack(format, small), packed()]),
    'empty ones in between': () => Buffer.concat([pack(format, Buffer.alloc(0)), packed(), pack(format, Buffer.alloc(0)), pack(format, small), pack(format, Buffer.alloc(0))]),
    'hundreds in a row': () => Buffer.concat(Array<Buffer>(300).fill(pack(format, small.subarray(0, 3000)))),
    'nothing in it': () => pack(format, Buffer.alloc(0)),
    'followed by text': () => Buffer.concat([packed(), Buffer.from('This is no part of it. '.repeat(10))]),
    'followed by one byte': () => Buffer.concat([packed(), Buffer.from('T')]),
    'followed by 4 zeros': () => Buffer.concat([packed(), Buffer.alloc(4)]),
    'followed by 1022 zeros': () => Buffer.concat([packed(), Buffer.alloc(1022)]),
    'zeros in between': () => Buffer.concat([packed(), Buffer.alloc(1024), packed()]),
    'followed by half a beginning': () => Buffer.concat([packed(), packed().subarray(0, 1)]),
    'followed by a beginning': () => Buffer.concat([packed(), packed().subarray(0, 40)]),
    'followed by another format': () => Buffer.concat([packed(), Buffer.from('PK\x03\x04'), small]),
  }
  test.skipIf(!tools[format]).each(Object.entries(cases))('%s', async (_, make) => {
    await agrees(format, make())
  })

  test.skipIf(!tools[format])('at every length of its end, and many others, it is cut off', async () => {
    const file = Buffer.concat([pack(format, small.subarray(0, 20_000)), pack(format, small)])
    const lengths = [8, 9, 10, 11, 12, 13, 14, 18, 20, 30, 100, ...Array.from({ length: 30 }, (__, index) => Math.floor((file.length / 31) * (index + 1))), ...Array.from({ length: 40 }, (__, index) => file.length - 1 - index)]
    let refused = 0
    for (const length of lengths) {
      const found = await agrees(format, file.subarray(0, length))
      if (!(found instanceof LabError)) continue
      // Never beyond what is there, and always where.
      expect(found.failure).toMatchObject({ code: 'bad-input', where: expect.stringContaining('image-'), why: expect.stringContaining(`within the first ${length} of the file’s ${length} bytes`) })
      refused++
    }
    expect(refused).toBe(lengths.length)
  }, 60_000)

  test.skipIf(!tools[format])('cut off between two of them, it is shorter but whole', async () => {
    const first = pack(format, small)
    expect(digest(await agrees(format, Buffer.concat([first, packed()]).subarray(0, first.length)))).toBe(digest(small))
  })

  test.skipIf(!tools[format])('whatever bit is turned over, wrong bytes never come out', async () => {
    const file = pack(format, small)
    const next = numbers(4711)
    let refused = 0
    const places = [...Array.from({ length: 40 }, (__, index) => 6 + index), ...Array.from({ length: 30 }, (__, index) => file.length - 1 - index), ...Array.from({ length: 60 }, () => 6 + (next() % (file.length - 6)))]
    for (const place of places) {
      const turned = Buffer.from(file)
      turned[place] = (turned[place] ?? 0) ^ (1 << (next() & 7))
      const expected = judged(format, turned)
      const found = await ours(turned)
      if (found instanceof LabError) refused++
      // xz(1) also minds a bit that carries nothing (the first byte of LZMA's range coder): the bytes are right then.
      if (expected) expect(`${place}: ${digest(found)}`).toBe(`${place}: ${digest(expected)}`)
      else if (!(found instanceof LabError)) expect(`${place}: ${digest(found)}`).toBe(`${place}: ${digest(small)}`)
    }
    expect(refused).toBeGreaterThan(places.length * 0.7)
  }, 60_000)
})

describe('what only some files have', () => {
  test.skipIf(!tools.gzip)('gzip: all fields of the header, and its checksum', async () => {
    const file = longHeader(pack('gzip', small))
    expect(digest(await agrees('gzip', file))).toBe(digest(small))
    file[20] = 0x20
    expect(await agrees('gzip', file)).toMatchObject({ failure: { why: expect.stringContaining('checksum of its header') } })
  })

  test.skipIf(!tools.xz)('xz: one file of many blocks, and CRC-32', async () => {
    await agrees('xz', pack('xz', whole, '--block-size=100000', '-T2'))
    await agrees('xz', pack('xz', whole, '--check=crc32'))
  })

  test.skipIf(!tools.zstd)('zstd: skippable frames, windows up to 128 MiB', async () => {
    expect(digest(await agrees('zstd', Buffer.concat([skippable(), pack('zstd', small), skippable(), pack('zstd', small), skippable()])))).toBe(digest(Buffer.concat([small, small])))
    expect(digest(await agrees('zstd', pack('zstd', whole, '--long=27')))).toBe(digest(whole))
  })

  test.skipIf(!tools.zstd)('zstd: a length that is stated wrongly', async () => {
    const path = join(folder, 'stated')
    writeFileSync(path, small)
    // From a file the length is known; it stands behind the frame's descriptor (RFC 8878, 3.1.1.1), for 65,792 bytes and more in 4.
    const file = execFileSync(tools.zstd ?? '', ['-c', '-q', path])
    expect(file[4]).toBe(0xa4)
    expect(file.readUInt32LE(5)).toBe(small.length)
    for (const stated of [small.length - 1, small.length + 1, 1 << 20]) {
      file.writeUInt32LE(stated, 5)
      expect(await agrees('zstd', file)).toMatchObject({ failure: { code: 'bad-input' } })
    }
  })

  const beyond: [string, PackedFormat, string[], string][] = [
    ['a window of 2 GiB', 'zstd', ['--long=31'], '128 MiB'],
    ['a dictionary of 128 MiB', 'xz', ['--lzma2=dict=128MiB'], '64 MiB'],
    ['SHA-256', 'xz', ['--check=sha256'], 'SHA-256'],
    ['a filter', 'xz', ['--x86', '--lzma2'], 'filter'],
  ]
  test.skipIf(!tools.xz || !tools.zstd).each(beyond)('%s of %s is too much, and said so', async (_, format, args, word) => {
    expect(await ours(pack(format, small, ...args))).toMatchObject({ failure: { code: 'unsupported', why: expect.stringContaining(word), next: expect.stringContaining(`${format} -d`) } })
  })

  const others: [string, string[], string][] = [
    ['zip', ['504b0304'], 'a zip archive'],
    ['7z', ['377abcaf271c'], 'a 7z archive'],
    ['bzip2', ['425a6839314159265359'], 'bzip2'],
    ['lz4', ['04224d18'], 'lz4'],
  ]
  test.each(others)('%s is not written as it is', async (_, [head], word) => {
    expect(await ours(Buffer.concat([Buffer.from(head ?? '', 'hex'), small]))).toMatchObject({ failure: { code: 'unsupported', why: expect.stringContaining(word) } })
  })

  test.skipIf(!tools.zstd)('two at a time do not disturb each other, though one makes the memory grow', async () => {
    const mixed = [pack('zstd', whole), pack('zstd', whole, '--long=27'), pack('xz', whole), pack('xz', whole, '-9'), pack('gzip', whole)]
    for (const found of await Promise.all(mixed.map(ours))) expect(digest(found)).toBe(digest(whole))
  })
})
