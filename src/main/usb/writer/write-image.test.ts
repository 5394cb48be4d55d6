/** The writer against a medium in memory that can fail in every way. */
import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { CHUNK_BYTES, TAIL_BYTES, VerifyError, writeImage, type ImageSource, type WritePhase } from './write-image'
import { EndOfTarget } from './target'
import { holds, Medium, OLD, startIsBlank } from './test-medium'

const MIB = 1 << 20

function sourceOf(image: Uint8Array, piece = 65_537): ImageSource {
  let place = 0
  return {
    bytes: image.length,
    read: async (into) => {
      const part = image.subarray(place, place + Math.min(piece, into.length))
      into.set(part)
      place += part.length
      return part.length
    },
  }
}

const run = (image: Uint8Array, target: Medium, rest: Partial<Parameters<typeof writeImage>[0]> = {}): Promise<{ sha256: string }> =>
  writeImage({ source: sourceOf(image), extents: [{ position: 0, bytes: rest.source?.bytes ?? image.length }], target, targetBytes: target.bytes.length, sectorBytes: 512, verify: true, ...rest })

describe('writing an image', () => {
  test.each([512, 512 * 3, MIB, MIB + 512, CHUNK_BYTES + MIB, 3 * CHUNK_BYTES + 512 * 7, 64 * MIB])('of %i bytes: all of it, nothing behind it, its start last', async (bytes) => {
    const image = randomBytes(bytes)
    const target = new Medium(80 * MIB)
    const { sha256 } = await run(image, target)
    expect(sha256).toBe(createHash('sha256').update(image).digest('hex'))
    expect(Buffer.compare(target.bytes.subarray(0, bytes), image)).toBe(0)
    expect(target.writes.at(-1)).toEqual({ position: 0, length: Math.min(bytes, MIB) })
    // Between image and the place of a GPT's copy the drive keeps what it had, but for what the erasing of its start took.
    const from = Math.max(bytes, MIB)
    expect(holds(target.bytes.subarray(from, 80 * MIB - TAIL_BYTES), OLD)).toBe(true)
    expect(holds(target.bytes.subarray(80 * MIB - TAIL_BYTES), 0)).toBe(true)
  })

  test('fills the last sector with zeros', async () => {
    const target = new Medium(8 * MIB)
    const image = randomBytes(2 * MIB + 100)
    await run(image, target)
    expect(Buffer.compare(target.bytes.subarray(0, image.length), image)).toBe(0)
    expect([...target.bytes.subarray(image.length, 2 * MIB + 512)]).toEqual(Array.from({ length: 412 }, () => 0))
  })

  test('tells its progress, which only grows', async () => {
    const seen: [WritePhase, number, number][] = []
    await run(randomBytes(13 * MIB), new Medium(16 * MIB), { onProgress: (...step) => seen.push(step) })
    expect([...new Set(seen.map(([phase]) => phase))]).toEqual(['erasing', 'writing', 'verifying'])
    for (const phase of ['writing', 'verifying']) {
      const own = seen.filter(([name]) => name === phase).map(([, done]) => done)
      expect(own).toEqual(own.toSorted((a, b) => a - b))
      expect(own.at(-1)).toBe(13 * MIB)
    }
  })
})

describe('what goes wrong', () => {
  test('a write-protected medium is not changed', async () => {
    const target = new Medium(8 * MIB)
    target.faults.readOnly = true
    await expect(run(randomBytes(MIB), target)).rejects.toMatchObject({ code: 'EROFS' })
    expect(holds(target.bytes, OLD)).toBe(true)
  })

  test.each([2, 3, 4, 5])('write %i fails: the start is blank', async (at) => {
    const target = new Medium(40 * MIB)
    target.faults.failWrite = { at, code: 'EIO' }
    await expect(run(randomBytes(16 * MIB), target)).rejects.toMatchObject({ code: 'EIO' })
    expect(startIsBlank(target)).toBe(true)
  })

  test('a medium that is shorter than it says', async () => {
    const target = new Medium(40 * MIB)
    target.faults.endsAt = 10 * MIB
    await expect(run(randomBytes(16 * MIB), target, { targetBytes: 10 * MIB })).rejects.toThrow(EndOfTarget)
    expect(startIsBlank(target)).toBe(true)
  })

  test.each([1, 2])('flush %i says that what was accepted is lost', async (failFlush) => {
    const target = new Medium(40 * MIB)
    target.faults.failFlush = failFlush
    await expect(run(randomBytes(16 * MIB), target)).rejects.toMatchObject({ code: 'EIO' })
    if (failFlush === 1) expect(startIsBlank(target)).toBe(true)
  })

  test.each([0, 511, MIB, 9 * MIB + 77, 16 * MIB - 1])('byte %i comes back wrong', async (flipsAt) => {
    const target = new Medium(40 * MIB)
    target.faults.flipsAt = flipsAt
    const failed = await run(randomBytes(16 * MIB), target).catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(VerifyError)
    const { position } = failed instanceof VerifyError ? failed : { position: -1 }
    expect(flipsAt - position).toBeGreaterThanOrEqual(0)
    expect(flipsAt - position).toBeLessThan(CHUNK_BYTES)
  })

  test.each([0, 37, 99])('cancelled at %i percent of writing: the start is blank', async (percent) => {
    const target = new Medium(110 * MIB)
    const stop = new AbortController()
    const job = run(randomBytes(100 * MIB), target, { signal: stop.signal, onProgress: (phase, done, total) => phase === 'writing' && (done / total) * 100 >= percent && stop.abort() })
    await expect(job).rejects.toMatchObject({ name: 'AbortError' })
    expect(startIsBlank(target)).toBe(true)
  })

  test('cancelled before it begins: nothing is changed', async () => {
    const target = new Medium(8 * MIB)
    await expect(run(randomBytes(MIB), target, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' })
    expect(target.writes).toEqual([])
  })

  test('an image that ends early', async () => {
    const target = new Medium(40 * MIB)
    const source = { ...sourceOf(randomBytes(5 * MIB)), bytes: 9 * MIB }
    await expect(run(new Uint8Array(), target, { source })).rejects.toThrow(/shorter than it said/)
    expect(startIsBlank(target)).toBe(true)
  })
})
