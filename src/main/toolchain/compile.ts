import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { BootSectorManifest, CManifest } from '../project'
import type { LogEvent, Problem, ProblemSource } from '../../shared/problems'
import { locateInlineAssembly } from './diagnostics/inline-assembly'
import { parseClangOutput, type DiagnosedLine } from './diagnostics/clang'
import { settlePlaces } from './diagnostics/places'
import { runZig, showCommand, type Zig } from './zig'

/**
 * Arguments for every file, before those of the target specification, so that the specification has the last word.
 * -nostdinc with the compiler's own headers: nothing of the computer that builds gets into a kernel.
 * -Qunused-arguments: assembly has no use for a red zone, and need not say so.
 */
function baseArgs(zig: Zig): string[] {
  return [
    '--no-default-config', '-nostdinc', '-isystem', zig.includeDir,
    '-ffreestanding', '-fno-pic', '-fno-pie', '-fno-stack-protector', '-fno-asynchronous-unwind-tables', '-g', '-fdebug-compilation-dir=.',
    '-Qunused-arguments', '-fno-color-diagnostics', '-fdiagnostics-print-source-range-info', '-fmessage-length=0', '-ferror-limit=50',
  ]
}

const WARNINGS: Readonly<Record<CManifest['warnings'], readonly string[]>> = { none: ['-w'], default: [], all: ['-Wall'], extra: ['-Wall', '-Wextra'] }

/** Arguments that a manifest adds for C and assembly files. */
export function manifestArgs(manifest: CManifest | BootSectorManifest): string[] {
  return [
    `-O${manifest.optimize}`,
    ...WARNINGS[manifest.warnings],
    ...manifest.includeDirs.flatMap((dir) => ['-I', dir]),
    ...Object.entries(manifest.defines).map(([name, value]) => `-D${name}=${value}`),
  ]
}

export interface CompileJob {
  zig: Zig
  projectDir: string
  /** Relative to the project. */
  source: string
  /** Absolute. */
  object: string
  /** Arguments of manifest and target specification. */
  args: readonly string[]
  signal?: AbortSignal | undefined
}

export interface ToolOutcome {
  ok: boolean
  log: LogEvent[]
  problems: Problem[]
}

/** Compile or assemble one file to an object file. */
export async function compileFile(job: CompileJob): Promise<ToolOutcome> {
  const source: ProblemSource = job.source.endsWith('.c') ? 'compiler' : 'assembler'
  const args = [...baseArgs(job.zig), ...job.args, '-c', job.source, '-o', job.object]
  const run = await runZig({ tool: 'clang', args, cwd: job.projectDir, signal: job.signal }, job.zig)
  const lines = parseClangOutput(run.stderr, source)
  await locateInlineAssembly(lines, join(job.projectDir, job.source), job.source)
  const problems = lines.flatMap(({ problem }) => (problem ? [problem] : []))
  await settlePlaces(problems, job.projectDir, job.projectDir, 'bytes')
  const ok = run.code === 0
  if (!ok) await rm(job.object, { force: true })
  if (!ok && !problems.some(({ severity }) => severity === 'error')) problems.push(unexplained(source, job.source, run.code, run.endedBy, run.stderr))
  // The folders of this computer say nothing to a reader of the log.
  const shown = showCommand('clang', [...job.args, '-c', job.source])
  return { ok, problems, log: [{ level: 'command', text: shown }, ...toLog(lines)] }
}

export function toLog(lines: readonly DiagnosedLine[]): LogEvent[] {
  return lines.map(({ text, problem }) => ({ level: 'output', text, ...(problem ? { problem } : {}) }))
}

/** The problem of a tool that failed without saying why in a form that is known. */
export function unexplained(source: ProblemSource, file: string | undefined, code: number | null, endedBy: string | null, stderr: string): Problem {
  const last = stderr.trimEnd().split(/\r?\n/).at(-1) ?? ''
  const how = endedBy === null ? `ended with code ${code}` : `was ended by ${endedBy}`
  return { severity: 'error', source, message: `The tool ${how}${last === '' ? ' without a message' : `: ${last}`}.`, ...(file === undefined ? {} : { file }) }
}
