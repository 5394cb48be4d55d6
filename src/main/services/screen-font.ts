/** The font of the text screen, from resources/fonts. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import type { ScreenFont } from '../../shared/contract'

const fontFile = z.object({
  width: z.literal(8),
  height: z.literal(16),
  glyphs: z.array(z.string().regex(/^[0-9a-f]{32}$/)).length(256),
})

export async function readScreenFont(resources: string): Promise<ScreenFont> {
  const { width, height, glyphs } = fontFile.parse(JSON.parse(await readFile(join(resources, 'fonts', 'cp437-8x16.json'), 'utf8')))
  return { width, height, glyphs: Buffer.from(glyphs.join(''), 'hex').toString('base64') }
}
