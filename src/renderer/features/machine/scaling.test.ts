import { expect, test } from 'vitest'
import { pixelAspect, scaled } from './scaling'

const text = { width: 640, height: 400, text: true }
const room = { width: 1300, height: 1000 }

test('whole multiples are counted in device pixels', () => {
  expect(scaled(text, room, 'integer', 'square', 1)).toEqual({ width: 1280, height: 800, crisp: true })
  expect(scaled(text, room, 'integer', 'square', 2)).toEqual({ width: 1280, height: 800, crisp: true })
  expect(scaled(text, room, 'integer', 'square', 1.5)).toEqual({ width: 1280, height: 800, crisp: true })
  expect(scaled(text, { width: 320, height: 400 }, 'integer', 'square', 1)).toEqual({ width: 320, height: 200, crisp: false })
})

test('a picture fills its room, or has the size that was chosen', () => {
  expect(scaled(text, room, 'fit', 'square', 1)).toEqual({ width: 1300, height: 812.5, crisp: false })
  expect(scaled(text, { width: 100, height: 100 }, '3', 'square', 1)).toEqual({ width: 1920, height: 1200, crisp: true })
  expect(scaled(text, { width: 100, height: 100 }, '2', 'square', 2)).toEqual({ width: 640, height: 400, crisp: true })
})

test("modes of the VGA are 4:3 on its monitor, others have square pixels", () => {
  const ratio = (width: number, height: number, isText = false): number => (width / (height * pixelAspect({ width, height, text: isText }, 'crt')))
  expect(ratio(720, 400, true)).toBeCloseTo(4 / 3)
  expect(ratio(320, 200)).toBeCloseTo(4 / 3)
  expect(ratio(640, 350)).toBeCloseTo(4 / 3)
  expect(ratio(640, 480)).toBeCloseTo(4 / 3)
  expect(ratio(1280, 720)).toBeCloseTo(16 / 9)
  expect(pixelAspect({ width: 320, height: 200, text: false }, 'square')).toBe(1)
  expect(scaled(text, room, 'integer', 'crt', 1)).toEqual({ width: 1280, height: 960, crisp: false })
})
