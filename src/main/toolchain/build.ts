import { ProjectError, readTargetSpec, resolveInside, type Project, type Target } from '../project'
import { BuildRecord, type BuildOptions, type BuildResult } from './build-result'
import { buildNative } from './build-native'
import { buildRust } from './rust/build-rust'

/**
 * Build a project's kernel (or boot sector) to `build/<name>.elf`.
 * Mistakes in the project are problems of a failed result.
 * @throws ToolError when a tool is missing or cannot be started; ProjectError when a file that the manifest names cannot be
 *   had; the signal's reason when cancelled
 */
export async function buildKernel(project: Project, options: BuildOptions = {}): Promise<BuildResult> {
  const record = new BuildRecord(options)
  options.signal?.throwIfAborted()
  const { manifest } = project
  record.info(`Building ${manifest.name} (${manifest.kind}) for ${manifest.target}`)
  const target = await loadTarget(project, record)
  if (target === undefined) return record.fail()
  const result = manifest.kind === 'rust' ? await buildRust(project, manifest, target, record) : await buildNative(project, manifest, target, record)
  if (result.ok) record.info(`Built ${result.elfPath} (${result.elf.length} bytes) in ${Math.round(result.steps.reduce((sum, step) => sum + step.milliseconds, 0))} ms`)
  return result
}

async function loadTarget(project: Project, record: BuildRecord): Promise<Target | undefined> {
  const { target: path } = project.manifest
  try {
    await resolveInside(project.dir, path, 'target specification')
    const result = await readTargetSpec(project.dir, path)
    for (const problem of result.problems) record.report(problem)
    return result.ok ? result.target : undefined
  } catch (error) {
    if (!(error instanceof ProjectError)) throw error
    record.report({ severity: 'error', source: 'target', file: path, message: `${error.what}. ${error.why}`, next: error.next })
    return undefined
  }
}
