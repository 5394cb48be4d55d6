import * as z from 'zod'
import source from '../../../../resources/fonts/cp437-8x16.json'

const fontSchema = z.object({
  width: z.literal(8),
  height: z.literal(16),
  glyphs: z.array(z.string().regex(/^[0-9a-f]{32}$/)).length(256),
})

/** A bitmap font: 256 glyphs of `height` bytes each, one after the other; the most significant bit is leftmost. */
export interface TextFont {
  width: 8
  height: number
  bitmap: Uint8Array
}

/** The VGA cell's font (`resources/fonts/README.md`). */
export const textFont: TextFont = parseFont(source)

/** Throws a ZodError when the data is not a font of 256 glyphs of 8×16. */
export function parseFont(data: unknown): TextFont {
  const { width, height, glyphs } = fontSchema.parse(data)
  return { width, height, bitmap: Uint8Array.from(Buffer.from(glyphs.join(''), 'hex')) }
}
