import { expect, test } from 'vitest'
import { GifFrames } from './gif-frames'

const BLACK = 0xff000000
const RED = 0xff0000ff

/** Delays in hundredths of a second, and whether frames have something transparent (GIF89a, graphic control extension). */
function controls(gif: Uint8Array): { delay: number; transparent: boolean }[] {
  const found = []
  for (let at = 0; at + 7 < gif.length; at++) {
    if (gif[at] === 0x21 && gif[at + 1] === 0xf9 && gif[at + 2] === 4 && gif[at + 7] === 0) found.push({ delay: (gif[at + 4] ?? 0) | ((gif[at + 5] ?? 0) << 8), transparent: ((gif[at + 3] ?? 0) & 1) === 1 })
  }
  return found
}

test('each picture lasts until the next; later frames hold only what changed', () => {
  const frames = new GifFrames(4, 2)
  const pixels = (red: number) => Uint32Array.from({ length: 8 }, (_, index) => (index < red ? RED : BLACK))
  frames.add(pixels(0), 1000)
  frames.add(pixels(1), 1500)
  frames.add(pixels(2), 1505)
  const gif = frames.finish(2505)
  expect(new TextDecoder().decode(gif.subarray(0, 6))).toBe('GIF89a')
  expect([gif[6], gif[8], gif.at(-1)]).toEqual([4, 2, 0x3b])
  expect(controls(gif)).toEqual([
    { delay: 50, transparent: false },
    { delay: 2, transparent: true },
    { delay: 100, transparent: true },
  ])
})

test('a screen that stands still costs next to nothing, and one of many colours is written, too', () => {
  const frames = new GifFrames(320, 200)
  const many = Uint32Array.from({ length: 320 * 200 }, (_, index) => 0xff000000 | (index * 37))
  frames.add(many, 0)
  frames.add(many, 100)
  const first = frames.bytes
  frames.add(many, 200)
  expect(first).toBeGreaterThan(10_000)
  expect(frames.bytes - first).toBeLessThan(5_000)
})
