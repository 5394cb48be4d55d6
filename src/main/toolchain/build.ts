import { TOOL_MISSING } from '../../shared/problems'
import { ProjectError, type Project } from '../project'
import { BuildRecord, type BuildOptions, type BuildResult } from './build-result'
import { buildCommand } from './command/build-command'
import { systemErrorCode, ToolError } from './errors'
import { loadTarget } from './load-target'
import { buildNative } from './native/build-native'
import { takePrebuilt } from './prebuilt'
import { buildRust } from './rust/build-rust'

/**
 * Build what a project's manifest describes.
 * Whatever is wrong with the project or with the tools is a problem of a failed result; missing tools too, with the command
 * that gets them as the problem's `next`.
 * @throws the signal's reason when cancelled
 */
export async function buildKernel(project: Project, options: BuildOptions = {}): Promise<BuildResult> {
  const record = new BuildRecord(options)
  const start = performance.now()
  options.signal?.throwIfAborted()
  const { manifest } = project
  const target = 'target' in manifest && manifest.target !== undefined ? ` for ${manifest.target}` : ''
  record.info(`Building ${manifest.name} (${manifest.kind})${target}`)
  const result = await orProblem(record, () => buildKind(project, record))
  if (result.ok) {
    const made = result.output.form === 'disk' ? `${result.output.pieces.length} parts` : `${result.output.path} (${result.output.bytes.length} bytes)`
    record.info(`Built ${made} in ${Math.round(performance.now() - start)} ms`)
  }
  return result
}

async function buildKind(project: Project, record: BuildRecord): Promise<BuildResult> {
  const { manifest } = project
  if (manifest.kind === 'command') return buildCommand(project, manifest, record)
  if (manifest.kind === 'prebuilt') return takePrebuilt(project, manifest, record)
  if (manifest.kind === 'rust') return buildRust(project, manifest, record)
  const target = await loadTarget(project, manifest.target, record)
  return target === undefined ? record.fail() : buildNative(project, manifest, target, record)
}

/** What the operating system may say while a build writes, and what to do. */
const SYSTEM_ERRORS: Readonly<Record<string, { what: string; next: string }>> = {
  ENOSPC: { what: 'The disk is full', next: 'Make room, and build again: what was built before is still there.' },
  EDQUOT: { what: 'The space that you may use on this disk is used up', next: 'Make room, and build again: what was built before is still there.' },
  EROFS: { what: 'The disk is read-only', next: 'Copy the project to a place that you may write to.' },
  EACCES: { what: 'The operating system does not allow it', next: 'Make the project folder and its build folder writable, or copy the project to a place of your own.' },
  EPERM: { what: 'The operating system does not allow it', next: 'Make the project folder and its build folder writable, or copy the project to a place of your own.' },
  ENOENT: { what: 'A folder is gone', next: 'It was deleted or renamed while the build ran: build again where the project is now.' },
  EEXIST: { what: 'A file has the name of a folder', next: 'The message names it: remove or rename that file, so that the build folder can be made.' },
  ENOTDIR: { what: 'A file has the name of a folder', next: 'The message names it: remove or rename that file, so that the build folder can be made.' },
}

/** A missing tool or file is an answer to give, not a failure of Bootlab. */
async function orProblem(record: BuildRecord, build: () => Promise<BuildResult>): Promise<BuildResult> {
  try {
    return await build()
  } catch (error) {
    // A compiler that was ended may fail in any way; that the person wanted it is what counts.
    record.options.signal?.throwIfAborted()
    if (error instanceof ToolError || error instanceof ProjectError) {
      const code = error instanceof ToolError ? { code: TOOL_MISSING } : {}
      record.report({ severity: 'error', source: 'build', message: `${error.what} (${error.where}). ${error.why}`, next: error.next, ...code })
      return record.fail()
    }
    const code = systemErrorCode(error)
    if (!(error instanceof Error) || code === undefined) throw error
    const known = SYSTEM_ERRORS[code]
    record.report({
      severity: 'error',
      source: 'build',
      message: `${known?.what ?? 'The operating system refused'}: ${error.message}.`,
      next: known?.next ?? 'Check that the build folder of the project and the cache of Bootlab are folders that you may write to, and that the disk has space.',
    })
    return record.fail()
  }
}
