import { TOOL_MISSING } from '../../shared/problems'
import { ProjectError, type Project } from '../project'
import { BuildRecord, type BuildOptions, type BuildResult } from './build-result'
import { buildNative } from './build-native'
import { systemErrorCode, ToolError } from './errors'
import { loadTarget } from './load-target'
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
  record.info(`Building ${manifest.name} (${manifest.kind})${manifest.target === undefined ? '' : ` for ${manifest.target}`}`)
  const result = await orProblem(record, async () => {
    if (manifest.kind === 'rust') return buildRust(project, manifest, record)
    const target = await loadTarget(project, manifest.target, record)
    return target === undefined ? record.fail() : buildNative(project, manifest, target, record)
  })
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
