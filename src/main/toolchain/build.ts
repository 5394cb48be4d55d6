import { TOOL_MISSING } from '../../shared/problems'
import { ProjectError, readTargetSpec, resolveInside, type Project, type Target } from '../project'
import { BuildRecord, type BuildOptions, type BuildResult } from './build-result'
import { buildNative } from './build-native'
import { systemErrorCode, ToolError } from './errors'
import { buildRust } from './rust/build-rust'

/**
 * Build a project's kernel (or boot sector) to `build/<name>.elf`.
 * Whatever is wrong with the project or with the tools is a problem of a failed result; missing tools too, with the command
 * that gets them as the problem's `next`.
 * @throws the signal's reason when cancelled
 */
export async function buildKernel(project: Project, options: BuildOptions = {}): Promise<BuildResult> {
  const record = new BuildRecord(options)
  const start = performance.now()
  options.signal?.throwIfAborted()
  const { manifest } = project
  record.info(`Building ${manifest.name} (${manifest.kind}) for ${manifest.target}`)
  const target = await loadTarget(project, record)
  if (target === undefined) return record.fail()
  const result = await orProblem(record, () => (manifest.kind === 'rust' ? buildRust(project, manifest, target, record) : buildNative(project, manifest, target, record)))
  if (result.ok) record.info(`Built ${result.elfPath} (${result.elf.length} bytes) in ${Math.round(performance.now() - start)} ms`)
  return result
}

/** A missing tool or file is an answer to give, not a failure of Bootlab. */
async function orProblem(record: BuildRecord, build: () => Promise<BuildResult>): Promise<BuildResult> {
  try {
    return await build()
  } catch (error) {
    if (error instanceof ToolError || error instanceof ProjectError) {
      const code = error instanceof ToolError ? { code: TOOL_MISSING } : {}
      record.report({ severity: 'error', source: 'build', message: `${error.what} (${error.where}). ${error.why}`, next: error.next, ...code })
      return record.fail()
    }
    if (!(error instanceof Error) || systemErrorCode(error) === undefined || record.options.signal?.aborted) throw error
    const next = 'Check that the build folder of the project and the cache of Bootlab are folders that you may write to, and that the disk has space.'
    record.report({ severity: 'error', source: 'build', message: `The operating system refused: ${error.message}.`, next })
    return record.fail()
  }
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
