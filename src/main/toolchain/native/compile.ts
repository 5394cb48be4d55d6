import { readFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import type { SourceFile } from '../../project'
import type { ProblemSource } from '../../../shared/problems'
import { parseClangOutput, type DiagnosedLine } from '../diagnostics/clang'
import { locateInlineAssembly } from '../diagnostics/inline-assembly'
import { settlePlaces } from '../diagnostics/places'
import { toLog, unexplained, type ToolOutcome } from '../outcome'
import { runZig, showCommand, type Zig } from '../zig'
import { assemblerInputs } from './assembly-inputs'
import type { NativeContext } from './context'
import { parseDepfile } from './depfile'
import type { StepInputs } from './store'

/**
 * What every file means, before the arguments of the target specification, so that the specification has the last word.
 * -Qunused-arguments: assembly has no use for a red zone, and need not say so.
 */
export const MEANING_ARGS = ['-ffreestanding', '-fno-pic', '-fno-pie', '-fno-stack-protector', '-fno-asynchronous-unwind-tables', '-Qunused-arguments'] as const

/**
 * Arguments for every file.
 * -nostdinc with the compiler's own headers: nothing of the computer that builds gets into a kernel.
 */
export function baseArgs(zig: Zig): string[] {
  return [
    '--no-default-config', '-nostdinc', '-isystem', zig.includeDir, ...MEANING_ARGS, '-g', '-fdebug-compilation-dir=.',
    '-fno-color-diagnostics', '-fmessage-length=0', '-ferror-limit=50',
    '-fdiagnostics-print-source-range-info', '-fdiagnostics-parseable-fixits',
  ]
}

const WARNINGS: Readonly<Record<SourceFile['warnings'], readonly string[]>> = { none: ['-w'], default: [], all: ['-Wall'], extra: ['-Wall', '-Wextra'] }

/** Arguments for one file: the manifest's, then those of the target specification, then the file's own. */
export function fileArgs(source: SourceFile, targetArgs: readonly string[]): string[] {
  return [
    `-O${source.optimize}`,
    ...WARNINGS[source.warnings],
    ...(source.standard !== undefined && source.language === 'c' ? [`-std=${source.standard}`] : []),
    ...source.includeDirs.flatMap((dir) => ['-I', dir]),
    ...Object.entries(source.defines).map(([name, value]) => `-D${name}=${value}`),
    ...targetArgs,
    ...source.flags,
  ]
}

/** A source's object file, and what the compiler said. */
export interface Compiled {
  /** Absolute; undefined when the compiler found errors. */
  object: string | undefined
  outcome: ToolOutcome
  /** Nothing had changed since it was made. */
  cached: boolean
}

/** Compile or assemble one file with clang, unless its object is as good as new. */
export async function compileFile(context: NativeContext, source: SourceFile, targetArgs: readonly string[]): Promise<Compiled> {
  const { zig, project, record, store, hashes } = context
  const own = fileArgs(source, targetArgs)
  // What has the syntax of another assembler's files is assembly all the same.
  const language = source.language === 'gnu-assembly' && source.path.endsWith('.asm') ? ['-x', 'assembler-with-cpp'] : []
  const step = store.step(source.path, [context.zigVersion, ...baseArgs(zig), ...own, ...language, source.path])
  const earlier = await store.find(step)
  if (earlier !== undefined) return { object: earlier.path, outcome: withoutCommand(earlier.outcome), cached: true }

  await hashes.of(source.path)
  const folder = await store.workFolder(step)
  const [object, depfile] = [join(folder, 'object.o'), join(folder, 'inputs.d')]
  const started = Date.now()
  try {
    const args = [...baseArgs(zig), ...own, ...language, '-c', source.path, '-o', object, '-MMD', '-MF', depfile]
    const run = await runZig({ tool: 'clang', args, cwd: project.dir, signal: record.options.signal }, zig)
    const lines = parseClangOutput(run.stderr, source.language === 'c' ? 'compiler' : 'assembler')
    await locateInlineAssembly(lines, join(project.dir, source.path), source.path)
    const problems = await settledProblems(lines, project.dir)
    const ok = run.code === 0
    if (!ok && !problems.some(({ severity }) => severity === 'error')) problems.push(unexplained(sourceOf(source), source.path, run.code, run.endedBy, run.stderr))
    // The folders of this computer say nothing to a reader of the log.
    const outcome: ToolOutcome = { ok, problems, log: [{ level: 'command', text: showCommand('clang', [...own, ...language, '-c', source.path]), exact: showCommand(zig.binary, ['clang', ...baseArgs(zig), ...own, ...language, '-c', source.path]) }, ...toLog(lines)] }
    if (!ok) return { object: undefined, outcome, cached: false }
    const { path } = await store.keep(step, object, 'o', await inputsOf(context, source, depfile), outcome, started)
    return { object: path, outcome, cached: false }
  } finally {
    await store.discard(folder)
  }
}

const sourceOf = ({ language }: SourceFile): ProblemSource => (language === 'c' ? 'compiler' : 'assembler')

/** All that was read for an object; undefined when that cannot be known. A `.s` file has no dependency file. */
async function inputsOf({ project, zig }: NativeContext, source: SourceFile, depfile: string): Promise<StepInputs | undefined> {
  const listed = source.path.endsWith('.s') ? [source.path] : parseDepfile(await readFile(depfile, 'utf8'))
  const inputs = listed.filter((path) => !path.startsWith(zig.includeDir))
  const byAssembler = await assemblerInputs(project.dir, inputs, source.includeDirs)
  return byAssembler && { read: [...inputs, ...byAssembler], absent: overlooked(inputs, source) }
}

/** Headers that would be found before those that were: in a folder that is searched earlier. */
function overlooked(inputs: readonly string[], { path, includeDirs }: SourceFile): string[] {
  const searched = [posix.dirname(path), ...includeDirs].map((dir) => posix.normalize(dir))
  const found = new Set(inputs.map((input) => posix.normalize(input.replaceAll('\\', '/'))))
  const candidates = [...found].flatMap((input) => {
    const at = searched.findIndex((dir) => input.startsWith(`${dir}/`))
    return at === -1 ? [] : searched.slice(0, at).map((dir) => posix.join(dir, posix.relative(searched[at] ?? '', input)))
  })
  return [...new Set(candidates)].filter((candidate) => !found.has(candidate))
}

/** The problems of a tool's lines, their places as the editor counts them. */
export async function settledProblems(lines: readonly DiagnosedLine[], projectDir: string): Promise<ToolOutcome['problems']> {
  const problems = lines.flatMap(({ problem }) => (problem ? [problem] : []))
  await settlePlaces(problems, projectDir, projectDir, 'bytes')
  return problems
}

/** What a tool said when it made a result that is used again: its warnings still hold, its command was not run. */
export function withoutCommand(outcome: ToolOutcome): ToolOutcome {
  return { ...outcome, log: outcome.log.filter(({ level }) => level !== 'command') }
}
