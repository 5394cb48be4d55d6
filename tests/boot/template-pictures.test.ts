/** The welcome page's pictures against what the templates show today: each is booted anew, and compared pixel by pixel. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PNG } from 'pngjs'
import { describe, expect, it } from 'vitest'
import { locate } from '../../src/main/services/locations'
import { templatePicture } from '../support/template-picture'
import { templateImages } from './template-images'

const pictures = join(locate().resources, 'pictures')
const templates = await templateImages()

it('there is one picture for each template', () => {
  expect(readdirSync(pictures).toSorted()).toEqual(templates.map(({ template }) => `${template.id}.png`).toSorted())
})

describe.each(templates)('picture of $template.id', ({ template, skip, path: imageOf }) => {
  it.skipIf(skip)('shows what the template shows', { timeout: 300_000 }, async () => {
    const file = join(pictures, `${template.id}.png`)
    expect(existsSync(file), 'npm run pictures').toBe(true)
    const stored = PNG.sync.read(readFileSync(file))
    const shown = PNG.sync.read(Buffer.from(templatePicture(readFileSync(await imageOf()), template)))
    expect([shown.width, shown.height]).toEqual([stored.width, stored.height])
    expect(shown.data.equals(stored.data), `${template.id} shows something else by now: npm run pictures -- ${template.id}`).toBe(true)
    // More than one colour: something is to be seen.
    expect(new Set(new Uint32Array(stored.data.buffer, stored.data.byteOffset, stored.width * stored.height)).size).toBeGreaterThan(1)
  })
})
