/** The colours that tools ask for, so that they can be read on the theme's ground. */
import { useMemo, type CSSProperties } from 'react'
import { themes, useThemeId } from '../../../themes'
import type { Theme } from '../../../themes/theme'
import type { AnsiColour, AnsiStyle } from './ansi'

type Rgb = readonly [red: number, green: number, blue: number]

const parse = (colour: string): Rgb => fromNumber(parseInt(colour.slice(1), 16))
const fromNumber = (colour: number): Rgb => [colour >> 16, (colour >> 8) & 0xff, colour & 0xff]
const write = ([red, green, blue]: Rgb): string => `#${((red << 16) | (green << 8) | blue).toString(16).padStart(6, '0')}`

/** Relative luminance of WCAG 2.2. */
function luminance(colour: Rgb): number {
  const [red = 0, green = 0, blue = 0] = colour.map((value) => {
    const level = value / 255
    return level <= 0.04045 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

export function contrast(one: Rgb, other: Rgb): number {
  const [a, b] = [luminance(one), luminance(other)]
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
}

const MIX_STEPS = 10

/** The colour itself, or the nearest on its way to white or black that has the contrast. */
function readable(colour: Rgb, ground: Rgb, least: number): Rgb {
  const end: Rgb = contrast([255, 255, 255], ground) >= contrast([0, 0, 0], ground) ? [255, 255, 255] : [0, 0, 0]
  for (let step = 0; step < MIX_STEPS; step++) {
    const mixed = mix(colour, end, step / MIX_STEPS)
    if (contrast(mixed, ground) >= least) return mixed
  }
  return end
}

const mix = ([r, g, b]: Rgb, [r2, g2, b2]: Rgb, share: number): Rgb => [Math.round(r + (r2 - r) * share), Math.round(g + (g2 - g) * share), Math.round(b + (b2 - b) * share)]

/** The first sixteen as the theme has them; bright ones are told by being bold in most logs, so that they may be the same. */
function sixteen({ palette, syntax }: Theme): readonly string[] {
  const eight = [palette.textSoft, palette.error, palette.success, palette.warning, palette.info, syntax.directive, syntax.type, palette.text]
  return [...eight, ...eight]
}

/** Backgrounds of the first eight are the usual ones of terminals: what is in front is made readable on them. */
const BACKS = [0x000000, 0xaa0000, 0x00aa00, 0xaa5500, 0x0000aa, 0xaa00aa, 0x00aaaa, 0xaaaaaa, 0x555555, 0xff5555, 0x55ff55, 0xffff55, 0x5555ff, 0xff55ff, 0x55ffff, 0xffffff]

/** 16–231: a cube of six levels; 232–255: greys (xterm, 256colres.h). */
function of256(index: number): Rgb {
  if (index >= 232) return fromNumber((8 + (index - 232) * 10) * 0x010101)
  const level = (value: number): number => (value === 0 ? 0 : 55 + value * 40)
  const at = index - 16
  return [level(Math.floor(at / 36)), level(Math.floor(at / 6) % 6), level(at % 6)]
}

export type StyleOf = (style: AnsiStyle) => CSSProperties

export function ansiStyles(theme: Theme): StyleOf {
  const own = sixteen(theme).map(parse)
  const ground = parse(theme.palette.surface)
  const text = parse(theme.palette.text)
  const least = theme.highContrast ? 7 : 4.5
  const frontOf = (colour: AnsiColour): Rgb => ('rgb' in colour ? fromNumber(colour.rgb) : (own[colour.index] ?? of256(colour.index)))
  const backOf = (colour: AnsiColour): Rgb => ('rgb' in colour ? fromNumber(colour.rgb) : colour.index < 16 ? fromNumber(BACKS[colour.index] ?? 0) : of256(colour.index))
  return ({ front, back, inverse, bold, dim, italic, underline, strike }) => {
    const chosen = { front: front && frontOf(front), back: back && backOf(back) }
    const behind = inverse ? (chosen.front ?? text) : chosen.back
    const before = inverse ? (chosen.back ?? ground) : (chosen.front ?? text)
    const lines = [underline && 'underline', strike && 'line-through'].filter(Boolean).join(' ')
    return {
      ...(front || back || inverse ? { color: write(readable(before, behind ?? ground, least)) } : {}),
      ...(behind ? { backgroundColor: write(behind) } : {}),
      ...(bold ? { fontWeight: 700 } : {}),
      // Faint text would be too faint on most grounds.
      ...(dim && !front ? { color: theme.palette.textSoft } : {}),
      ...(italic ? { fontStyle: 'italic' } : {}),
      ...(lines === '' ? {} : { textDecoration: lines }),
    }
  }
}

/** Styles for the theme that is shown. */
export function useAnsiStyles(): StyleOf {
  const theme = useThemeId()
  return useMemo(() => ansiStyles(themes[theme]), [theme])
}
