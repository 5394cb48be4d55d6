import * as z from 'zod'
import source14 from '../../../../resources/fonts/cp437-8x14.json'
import source16 from '../../../../resources/fonts/cp437-8x16.json'
import source8 from '../../../../resources/fonts/cp437-8x8.json'

const fontSchema = z
  .object({ width: z.literal(8), height: z.number().int().min(1).max(32), glyphs: z.array(z.string().regex(/^([0-9a-f]{2})+$/)).length(256) })
  .refine(({ height, glyphs }) => glyphs.every((glyph) => glyph.length === height * 2), 'every glyph has the height of the font')

/** A bitmap font: 256 glyphs of `height` bytes each, one after the other; the most significant bit is leftmost. */
export interface TextFont {
  width: 8
  height: number
  bitmap: Uint8Array
}

/** The VGA cell's font (`resources/fonts/README.md`). */
export const textFont: TextFont = parseFont(source16)
/** For cells of 14 and of 8 lines. */
export const textFont14: TextFont = parseFont(source14)
export const textFont8: TextFont = parseFont(source8)

/** Throws a ZodError when the data is not a font of 256 glyphs, 8 pixels wide. */
export function parseFont(data: unknown): TextFont {
  const { width, height, glyphs } = fontSchema.parse(data)
  return { width, height, bitmap: Uint8Array.from(Buffer.from(glyphs.join(''), 'hex')) }
}
