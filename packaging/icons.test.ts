import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PNG } from 'pngjs'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { locate } from '../src/main/services/locations'
import { ICNS_KINDS } from './icon-files'

const { root } = locate()
const read = (name: string): Promise<Buffer> => readFile(join(root, 'packaging/icons', name))
const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex')

/** A picture of the lab's icon: its dark face in the middle of the upper half, nothing in the corner, its amber somewhere. */
function expectIcon({ width, height, data }: { width: number; height: number; data: Uint8Array }, size: number): void {
  expect([width, height]).toEqual([size, size])
  const at = (x: number, y: number): number[] => [...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 4)]
  expect(at(Math.round(size * 0.6), Math.round(size * 0.35))).toEqual([0x14, 0x18, 0x1f, 255])
  expect(at(0, 0)[3]).toBe(0)
  let amber = 0
  for (let pixel = 0; pixel < data.length; pixel += 4) if ((data[pixel] ?? 0) > 200 && (data[pixel + 1] ?? 0) > 120 && (data[pixel + 2] ?? 255) < 100 && data[pixel + 3] === 255) amber++
  expect(amber).toBeGreaterThan(size / 4)
}

describe('the icon files', () => {
  it('are made from the drawing as it is (npm run icons)', async () => {
    const made = z.object({ drawing: z.string(), files: z.record(z.string(), z.string()) }).parse(JSON.parse(String(await read('made-from.json'))))
    const drawing = await readFile(join(root, 'src/renderer/app/icon.svg'), 'utf8')
    expect(made.drawing).toBe(sha256(drawing.replaceAll('\r\n', '\n')))
    const files = await Promise.all(Object.keys(made.files).map(async (name) => [name, sha256(await read(name))] as const))
    expect(Object.fromEntries(files)).toEqual(made.files)
  })

  it.each([16, 32, 48, 64, 128, 256, 512])('Linux: %d pixels', async (size) => {
    expectIcon(PNG.sync.read(await read(`linux/${size}x${size}.png`)), size)
  })

  it('Windows: bitmaps, and 256 pixels as PNG', async () => {
    const file = await read('icon.ico')
    const sizes = Array.from({ length: file.readUInt16LE(4) }, (_, index) => {
      const at = 6 + 16 * index
      const size = file.readUInt8(at) || 256
      const image = file.subarray(file.readUInt32LE(at + 12), file.readUInt32LE(at + 12) + file.readUInt32LE(at + 8))
      if (size === 256) expectIcon(PNG.sync.read(image), size)
      else {
        expect([image.readUInt32LE(0), image.readInt32LE(4), image.readInt32LE(8), image.readUInt16LE(14)]).toEqual([40, size, 2 * size, 32])
        const rows = Buffer.concat(Array.from({ length: size }, (_row, y) => image.subarray(40 + 4 * size * y, 40 + 4 * size * (y + 1))).toReversed())
        // BGRA to RGBA.
        const data = Uint8Array.from(rows, (byte, place) => (place % 4 === 0 ? rows[place + 2] : place % 4 === 2 ? rows[place - 2] : byte) ?? 0)
        expectIcon({ width: size, height: size, data }, size)
      }
      return size
    })
    expect(sizes).toEqual([16, 24, 32, 48, 64, 256])
  })

  it('macOS: every kind with its size', async () => {
    const file = await read('icon.icns')
    expect(file.toString('latin1', 0, 4)).toBe('icns')
    expect(file.readUInt32BE(4)).toBe(file.length)
    const kinds: [string, number][] = []
    for (let at = 8; at < file.length; at += file.readUInt32BE(at + 4)) {
      const picture = PNG.sync.read(file.subarray(at + 8, at + file.readUInt32BE(at + 4)))
      kinds.push([file.toString('latin1', at, at + 4), picture.width])
      expectIcon(picture, picture.width)
    }
    expect(kinds).toEqual(ICNS_KINDS)
  })
})
