import { expect, test } from 'vitest'
import { themes } from '../../../themes'
import { ansiStyles, contrast } from './colour'

const parse = (colour: string): [number, number, number] => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)) as [number, number, number]

test.each(Object.entries(themes))('%s: every colour that a tool can ask for is read on what is behind it', (_id, theme) => {
  const styleOf = ansiStyles(theme)
  const least = theme.highContrast ? 7 : 4.5
  const indexes = Array.from({ length: 256 }, (_, index) => index)
  const weak = indexes.flatMap((index) =>
    [{ front: { index } }, { back: { index } }, { front: { index }, inverse: true as const }, { front: { index }, back: { index: 255 - index } }].flatMap((style) => {
      const { color, backgroundColor = theme.palette.surface } = styleOf(style)
      const found = contrast(parse(color ?? ''), parse(String(backgroundColor)))
      // Where neither white nor black reaches seven, the better of them is taken.
      const best = Math.max(contrast([0, 0, 0], parse(String(backgroundColor))), contrast([255, 255, 255], parse(String(backgroundColor))))
      return found < Math.min(least, best) ? [`${JSON.stringify(style)}: ${found.toFixed(2)}`] : []
    }),
  )
  expect(weak).toEqual([])
})

test('a colour that can be read stays as it is', () => {
  const styleOf = ansiStyles(themes.dark)
  expect(styleOf({ front: { rgb: 0xff8000 } })).toEqual({ color: '#ff8000' })
  expect(styleOf({ front: { index: 1 }, bold: true, underline: true, strike: true })).toEqual({ color: themes.dark.palette.error, fontWeight: 700, textDecoration: 'underline line-through' })
})
