/**
 * Writes resources/pictures: what each template shows when it runs, for the welcome page. Boots each in our PC.
 *   npm run pictures [-- TEMPLATE...]
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createProject, listTemplates } from '../src/main/project'
import { Builder } from '../src/main/services/builder'
import { locate } from '../src/main/services/locations'
import { templatePicture } from '../tests/support/template-picture'

const wanted = process.argv.slice(2)
const { resources } = locate()
const templatesDir = join(resources, 'templates')
const pictures = join(resources, 'pictures')
const folder = mkdtempSync(join(tmpdir(), 'bootlab-pictures-'))
mkdirSync(pictures, { recursive: true })
try {
  const builder = new Builder()
  for (const template of await listTemplates(templatesDir)) {
    if (wanted.length > 0 && !wanted.includes(template.id)) continue
    const dir = join(folder, template.id)
    // One after the other: each wants the whole processor.
    // eslint-disable-next-line no-await-in-loop
    await createProject({ templatesDir, template: template.id, dir })
    // eslint-disable-next-line no-await-in-loop
    const { result } = await builder.build(dir)
    if (result.imagePath === undefined) throw new Error(`${template.id} does not build: ${JSON.stringify(result.problems)}`)
    const png = templatePicture(readFileSync(result.imagePath), template)
    writeFileSync(join(pictures, `${template.id}.png`), png)
    console.log(`${template.id}: ${png.length} bytes`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
