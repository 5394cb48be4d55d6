import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { BuildResult } from './build-result'
import { createProject, openProject, type Project } from '../project'

export const templatesDir = join(import.meta.dirname, '../../../resources/templates')

/** A folder that is removed when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'bootlab-test-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  return dir
}

/** A project made from a template, some of its files replaced or added. */
export async function projectFrom(template: string, files: Readonly<Record<string, string>> = {}): Promise<Project> {
  const dir = join(await temporaryFolder(), 'project')
  await createProject({ templatesDir, template, dir })
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true })
    await writeFile(join(dir, name), text)
  }
  return openProject(dir)
}

/** The kernel of a build that must have succeeded. */
export function elfOf(result: BuildResult): Uint8Array {
  if (!result.ok) throw new Error(JSON.stringify(result.problems, null, 1))
  if (result.output.form !== 'kernel') throw new Error(`The build made a ${result.output.form}.`)
  return result.output.bytes
}

/** Let a test use a cache of its own. */
export async function ownCache(): Promise<string> {
  const before = process.env['BOOTLAB_CACHE_DIR']
  const dir = await temporaryFolder()
  process.env['BOOTLAB_CACHE_DIR'] = dir
  onTestFinished(() => {
    if (before === undefined) delete process.env['BOOTLAB_CACHE_DIR']
    else process.env['BOOTLAB_CACHE_DIR'] = before
  })
  return dir
}
