/** Images of the templates, made as a person makes them, once per test file. Those in Rust need its tools, which CI must have. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { createProject, listTemplates, type Template } from '../../src/main/project'
import { Builder } from '../../src/main/services/builder'
import { locate } from '../../src/main/services/locations'
import { toolchainReport } from '../../src/main/toolchain'
import { requireTool } from '../support/tools'

const templatesDir = join(locate().resources, 'templates')

export interface TemplateImage {
  template: Template
  /** Whether it cannot be built here; never in CI. */
  skip: boolean
  /** Creates the project and builds it at the first call. @returns the image's path */
  path: () => Promise<string>
}

export async function templateImages(): Promise<TemplateImage[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bootlab-templates-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const rust = (await toolchainReport()).filter(({ name }) => name.startsWith('Rust'))
  if (rust.length === 0) throw new Error('The toolchain report says nothing about Rust.')
  const hasRust = rust.every(({ status }) => status === 'ok') && requireTool('cc') !== undefined
  if (!hasRust && process.env['CI']) throw new Error(`Rust is incomplete, and CI needs it: ${rust.map(({ detail }) => detail).join('; ')}`)
  const builder = new Builder()
  const build = async (id: string): Promise<string> => {
    const dir = join(folder, id)
    await createProject({ templatesDir, template: id, dir })
    const { result } = await builder.build(dir)
    if (result.imagePath === undefined) throw new Error(`${id} does not build: ${JSON.stringify(result.problems, undefined, 1)}`)
    return result.imagePath
  }
  return (await listTemplates(templatesDir)).map((template) => {
    let built: Promise<string> | undefined
    return { template, skip: template.language === 'Rust' && !hasRust, path: () => (built ??= build(template.id)) }
  })
}
