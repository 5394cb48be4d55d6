/** Images of the templates that need no more than the compiler that comes along, built once per test file. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createProject, listTemplates } from '../../src/main/project'
import { Builder } from '../../src/main/services/builder'
import { locate } from '../../src/main/services/locations'

const templatesDir = join(locate().resources, 'templates')

export async function templateImages(): Promise<ReadonlyMap<string, Uint8Array>> {
  const folder = mkdtempSync(join(tmpdir(), 'bootlab-images-'))
  try {
    const builder = new Builder()
    const images = new Map<string, Uint8Array>()
    for (const { id, language } of await listTemplates(templatesDir)) {
      // Rust needs its own tools; templates.test.ts boots it where they are.
      if (language === 'Rust') continue
      const dir = join(folder, id)
      await createProject({ templatesDir, template: id, dir })
      const { result } = await builder.build(dir)
      if (result.imagePath === undefined) throw new Error(`${id} does not build: ${JSON.stringify(result.problems, undefined, 1)}`)
      images.set(id, readFileSync(result.imagePath))
    }
    return images
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
