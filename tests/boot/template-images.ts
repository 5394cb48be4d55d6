/** Images of the templates, built once per test file; those in Rust only where its tools are (templates.test.ts insists on them in CI). */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createProject, listTemplates } from '../../src/main/project'
import { Builder } from '../../src/main/services/builder'
import { locate } from '../../src/main/services/locations'
import { toolchainReport } from '../../src/main/toolchain'
import { requireTool } from '../support/tools'

const templatesDir = join(locate().resources, 'templates')

export async function templateImages(): Promise<ReadonlyMap<string, Uint8Array>> {
  const folder = mkdtempSync(join(tmpdir(), 'bootlab-images-'))
  try {
    const hasRust = (await toolchainReport()).every(({ name, status }) => !name.startsWith('Rust') || status === 'ok') && requireTool('cc') !== undefined
    const builder = new Builder()
    const images = new Map<string, Uint8Array>()
    for (const { id, language } of await listTemplates(templatesDir)) {
      if (language === 'Rust' && !hasRust) continue
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
