import { expect, test } from 'vitest'
import { customProperties, themeFor, themes } from '.'
import type { Palette } from './theme'

/** Relative luminance of WCAG 2.2, of a colour `#rrggbb`. */
function luminance(colour: string): number {
  expect(colour).toMatch(/^#[0-9a-f]{6}$/)
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const level = parseInt(colour.slice(at, at + 2), 16) / 255
    return level <= 0.04045 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}

type Pair = [front: keyof Palette, back: keyof Palette]
const over = (fronts: (keyof Palette)[], backs: (keyof Palette)[]): Pair[] => fronts.flatMap((front) => backs.map((back): Pair => [front, back]))

const grounds: (keyof Palette)[] = ['back', 'surface', 'raised', 'hover']
/** Text over what is behind it: 4.5:1 (WCAG 1.4.3), 7:1 where contrast is wanted (1.4.6). */
const texts: Pair[] = [
  ...over(['text', 'textSoft', 'accentText'], grounds),
  ...over(['error', 'warning', 'success', 'info'], ['surface', 'raised']),
  ...over(['text', 'error'], ['errorBack']),
  ...over(['text'], ['selection']),
  ...over(['onAccent'], ['accent', 'accentHover']),
  // The button that erases is a surface of the colour of errors.
  ['back', 'error'],
  ['lineNumber', 'surface'],
]
/** Edges and signs that say what can be operated, and where the focus is: 3:1 (WCAG 1.4.11). */
const signs: Pair[] = [...over(['borderStrong', 'focus'], ['back', 'surface', 'raised']), ...over(['error', 'warning', 'success', 'info', 'partTable', 'partBoot', 'partPartition', 'partVolume'], ['surface', 'raised'])]

test('contrast itself is measured right', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21)
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2)
})

test.each(Object.entries(themes))('%s: text and signs can be read', (_id, { palette, syntax, highContrast }) => {
  const weak = (pairs: Pair[], least: number): string[] =>
    pairs.flatMap(([front, back]) => {
      const found = contrast(palette[front], palette[back])
      return found < least ? [`${front} on ${back}: ${found.toFixed(2)} < ${least}`] : []
    })
  const code = Object.entries(syntax).flatMap(([name, colour]) => {
    const found = contrast(colour, palette.surface)
    return found < (highContrast ? 7 : 4.5) ? [`${name}: ${found.toFixed(2)}`] : []
  })
  expect([...weak(texts, highContrast ? 7 : 4.5), ...weak(signs, highContrast ? 4.5 : 3), ...code]).toEqual([])
})

test('the system decides until the person does', () => {
  expect(themeFor('system', { dark: true, moreContrast: false })).toBe('dark')
  expect(themeFor('system', { dark: false, moreContrast: false })).toBe('light')
  expect(themeFor('system', { dark: true, moreContrast: true })).toBe('hc-dark')
  expect(themeFor('system', { dark: false, moreContrast: true })).toBe('hc-light')
  expect(themeFor('light', { dark: true, moreContrast: true })).toBe('light')
})

const sheets: Record<string, string> = import.meta.glob('../**/*.css', { query: '?raw', import: 'default', eager: true })

test('style sheets use only properties that exist', () => {
  const css = Object.values(sheets).join('\n')
  const known = new Set([...customProperties(themes.dark).map(([name]) => name), ...[...css.matchAll(/(--[\w-]+)\s*:/g)].map(([, name]) => name)])
  const used = [...css.matchAll(/var\((--[\w-]+)/g)].map(([, name]) => name)
  expect(used.length).toBeGreaterThan(100)
  expect([...new Set(used.filter((name) => !known.has(name)))]).toEqual([])
})
