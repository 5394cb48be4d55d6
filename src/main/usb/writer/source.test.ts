/** Images as they are opened: known by their content, whole or an error, in little memory, and stopped when asked. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requireTool } from '../../../../tests/support/tools'
import type { PackedFormat } from './packed'
import { imageFacts, imagePieces, openImage, openImageFile, packedByName } from './source'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bootlab-source-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const tools = { gzip: requireTool('gzip'), xz: requireTool('xz'), zstd: requireTool('zstd') }
const hasTools = Object.values(tools).every((path) => path !== undefined)

const bytes = Buffer.alloc(700_000, 'The quick brown fox. ')
const sha256 = createHash('sha256').update(bytes).digest('hex')

function fileOf(name: string, content: Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

async function readAll(path: string, pieceBytes: number, between?: () => void): Promise<Buffer> {
  const image = await openImage(path)
  try {
    between?.()
    const all = Buffer.alloc(image.bytes)
    for (let done = 0; done < all.length; ) {
      const read = await image.read(all.subarray(done, Math.min(done + pieceBytes, all.length)))
      expect(read).toBeGreaterThan(0)
      done += read
    }
    expect(await image.read(Buffer.alloc(10))).toBe(0)
    return all
  } finally {
    await image.close()
  }
}

describe('an image', () => {
  const kinds: (PackedFormat | undefined)[] = [undefined, 'gzip', 'xz', 'zstd']
  test.skipIf(!hasTools).each(kinds)('packed as %s: facts and bytes', async (packed) => {
    // A name that says something else changes nothing.
    const path = fileOf('disk.gz.img', packed ? execFileSync(tools[packed] ?? '', ['-c'], { input: bytes }) : bytes)
    const steps: number[] = []
    expect(await imageFacts(path, { onProgress: (done, total) => steps.push(done / total) })).toEqual({ bytes: bytes.length, packed, sha256 })
    expect(steps.at(-1)).toBe(1)
    expect(steps).toEqual(steps.toSorted((a, b) => a - b))
    for (const pieceBytes of [100_001, 4 << 20]) expect((await readAll(path, pieceBytes)).equals(bytes)).toBe(true)
  })

  test('that is missing, a folder, or empty', async () => {
    await expect(openImage(join(folder, 'none'))).rejects.toMatchObject({ failure: { code: 'not-found', where: join(folder, 'none') } })
    await expect(openImage(folder)).rejects.toMatchObject({ failure: { what: 'This is a folder.' } })
    await expect(imageFacts(fileOf('empty', Buffer.alloc(0)))).rejects.toMatchObject({ failure: { what: 'The image is empty.' } })
    await expect(imageFacts(fileOf('empty.gz', gzipSync(Buffer.alloc(0))))).rejects.toMatchObject({ failure: { what: 'The image is empty.' } })
  })

  test.skipIf(process.platform === 'win32')('that is a device', async () => {
    await expect(openImage('/dev/null')).rejects.toMatchObject({ failure: { what: 'This is not a regular file.' } })
  })

  test.each([
    ['grew', (path: string) => appendFileSync(path, 'more')],
    ['shrank', (path: string) => truncateSync(path, 1000)],
    ['lost its last byte', (path: string) => truncateSync(path, bytes.length - 1)],
  ])('that %s since it was opened', async (_, change) => {
    const path = fileOf('changing', bytes)
    await expect(readAll(path, 1 << 16, () => change(path))).rejects.toMatchObject({ failure: { code: 'file-changed' } })
  })

  test.each([
    ['has more in it', () => gzipSync(Buffer.concat([bytes, Buffer.from('more')])), 'file-changed'],
    ['has less in it', () => gzipSync(bytes.subarray(1)), 'file-changed'],
    ['lost its checksum', () => gzipSync(bytes).subarray(0, -8), 'bad-input'],
  ])('packed, that %s since it was looked at', async (_, content, code) => {
    const path = fileOf('changing.gz', gzipSync(bytes))
    await expect(readAll(path, 1 << 16, () => writeFileSync(path, content()))).rejects.toMatchObject({ failure: { code } })
  })

  test('that unpacks to more than any image has', async () => {
    const image = await openImageFile(fileOf('large.gz', gzipSync(bytes)))
    const readOn = async (limit: number): Promise<number> => {
      let read = 0
      for await (const piece of imagePieces(image, {}, limit)) read += piece.length
      return read
    }
    expect(await readOn(bytes.length)).toBe(bytes.length)
    await expect(readOn(bytes.length - 1)).rejects.toMatchObject({ failure: { code: 'bad-input', why: expect.stringContaining('longer than 699999 bytes') } })
    await image.file.close()
  })

  test('names of packed files', () => {
    expect(['a.img.gz', 'a.XZ', 'a.img.zst', 'a.img', 'gz'].map(packedByName)).toEqual(['gzip', 'xz', 'zstd', undefined, undefined])
  })
})

describe.skipIf(!hasTools || process.platform === 'win32')('a GiB of zeros', () => {
  const GIB = 2 ** 30
  const paths: Partial<Record<PackedFormat, string>> = {}
  beforeAll(() => {
    for (const [format, args] of [['gzip', '-1'], ['xz', '-0'], ['zstd', '-1']] as const) {
      paths[format] = join(folder, `zeros.${format}`)
      execFileSync('sh', ['-c', `head -c ${GIB} /dev/zero | "$1" ${args} -c > "$2"`, 'sh', tools[format] ?? '', paths[format]])
    }
  }, 180_000)

  test.each<PackedFormat>(['gzip', 'xz', 'zstd'])('%s: takes some MiB of memory', async (format) => {
    const before = process.memoryUsage.rss()
    let highest = before
    const watch = setInterval(() => (highest = Math.max(highest, process.memoryUsage.rss())), 20)
    const { bytes: length } = await imageFacts(paths[format] ?? '')
    clearInterval(watch)
    expect(length).toBe(GIB)
    expect(highest).toBeGreaterThan(0)
    expect((highest - before) / 2 ** 20).toBeLessThan(100)
  }, 120_000)

  test.each<PackedFormat>(['gzip', 'xz', 'zstd'])('%s: stops when it is told to, and others are heard meanwhile', async (format) => {
    const stop = new AbortController()
    const path = paths[format] ?? ''
    let finished = false
    const working = imageFacts(path, { signal: stop.signal }).finally(() => (finished = true))
    // Fulfilled or rejected, it is looked at below.
    working.catch(() => undefined)
    await sleep(20)
    expect(finished).toBe(false)
    stop.abort()
    await expect(working).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('one that is not read to its end is closed', async () => {
    for (const path of Object.values(paths)) {
      const image = await openImageFile(path)
      const pieces = imagePieces(image)
      await pieces.next()
      await pieces.return(undefined)
      await image.file.close()
    }
  })
})
