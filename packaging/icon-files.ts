/** Icon files of Windows and macOS from pictures of each size. */
import { PNG } from 'pngjs'

/** A square picture as PNG, `size` pixels wide. */
export interface Picture {
  size: number
  png: Buffer
}

/**
 * Windows: a directory of pictures (ICONDIR). The small ones are bitmaps, which every program that shows icons reads; 256 pixels are PNG, as
 * Windows has it since Vista.
 */
export function icoFile(pictures: readonly Picture[]): Buffer {
  const images = pictures.map(({ size, png }) => ({ size, data: size < 256 ? bitmap(png) : png }))
  const head = Buffer.alloc(6 + 16 * images.length)
  head.writeUInt16LE(1, 2)
  head.writeUInt16LE(images.length, 4)
  let offset = head.length
  images.forEach(({ size, data }, index) => {
    const at = 6 + 16 * index
    // 0 means 256.
    head.writeUInt8(size % 256, at)
    head.writeUInt8(size % 256, at + 1)
    head.writeUInt16LE(1, at + 4)
    head.writeUInt16LE(32, at + 6)
    head.writeUInt32LE(data.length, at + 8)
    head.writeUInt32LE(offset, at + 12)
    offset += data.length
  })
  return Buffer.concat([head, ...images.map(({ data }) => data)])
}

/** BITMAPINFOHEADER with twice the height, the pixels from the bottom up as BGRA, and an empty mask: transparency is in the pixels. */
function bitmap(png: Buffer): Buffer {
  const { width, height, data } = PNG.sync.read(png)
  const header = Buffer.alloc(40)
  header.writeUInt32LE(40, 0)
  header.writeInt32LE(width, 4)
  header.writeInt32LE(2 * height, 8)
  header.writeUInt16LE(1, 12)
  header.writeUInt16LE(32, 14)
  const pixels = Buffer.alloc(4 * width * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = 4 * ((height - 1 - y) * width + x)
      const [red = 0, green = 0, blue = 0, alpha = 0] = data.subarray(from, from + 4)
      pixels.set([blue, green, red, alpha], 4 * (y * width + x))
    }
  }
  return Buffer.concat([header, pixels, Buffer.alloc(Math.ceil(width / 32) * 4 * height)])
}

/** Which picture each kind of an icns file holds, in pixels; the second half are those for screens of double density. */
export const ICNS_KINDS: readonly (readonly [kind: string, size: number])[] = [
  ['ic07', 128], ['ic08', 256], ['ic09', 512],
  ['ic11', 32], ['ic12', 64], ['ic13', 256], ['ic14', 512], ['ic10', 1024],
]

/** macOS: pictures as PNG, each with its kind and length. */
export function icnsFile(pictures: readonly Picture[]): Buffer {
  const parts = ICNS_KINDS.map(([kind, size]) => {
    const picture = pictures.find((one) => one.size === size)
    if (!picture) throw new RangeError(`There is no picture of ${size} pixels for ${kind}.`)
    return Buffer.concat([Buffer.from(kind, 'latin1'), length(8 + picture.png.length), picture.png])
  })
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from('icns', 'latin1'), length(8 + body.length), body])
}

function length(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
