import { access, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { parseLldOutput } from '../diagnostics/lld'
import { toLog, unexplained, type ToolOutcome } from '../outcome'
import type { Problem } from '../../../shared/problems'
import { runZig, showCommand } from '../zig'
import { settlePlaces } from '../diagnostics/places'
import { tieToSection } from '../diagnostics/sections'
import { withoutCommand } from './compile'
import type { NativeContext } from './context'
import { parseDepfile } from './depfile'

export type LinkForm = 'elf' | 'stripped' | 'flat'

const FORMS: Readonly<Record<LinkForm, { args: readonly string[]; extension: string }>> = {
  elf: { args: [], extension: 'elf' },
  stripped: { args: ['--strip-debug'], extension: 'elf' },
  flat: { args: ['--oformat=binary'], extension: 'bin' },
}

const FIXED_ARGS = ['--color-diagnostics=never', '--error-limit=50', '--build-id=none'] as const

export interface LinkObject {
  /** Absolute. */
  path: string
  /** How it is called in the log and in problems: by its source. */
  label: string
}

export interface LinkScript {
  /** Absolute. */
  path: string
  /** How it is called in the log and in problems; relative to the project where it is one of its files. */
  label: string
}

export interface LinkJob {
  /** Names the result in the log. */
  label: string
  /** ld.lld's arguments before the objects, `-m` among them. */
  before: readonly string[]
  /** In order; the names of the files stand for their content. */
  objects: readonly LinkObject[]
  /** An archive that fills what is missing. */
  archive?: string | undefined
  after: readonly string[]
  script?: LinkScript | undefined
  /** An ELF file with debug information or without, or the bare bytes. */
  form: LinkForm
}

export interface Linked {
  /** Absolute path of the result; undefined when the linker found errors. */
  path: string | undefined
  outcome: ToolOutcome
  cached: boolean
}

/** Link object files, unless the result is as good as new. Unresolved names, and an entry point that does not exist, are errors. */
export async function linkObjects(context: NativeContext, job: LinkJob): Promise<Linked> {
  const { zig, project, record, store, hashes } = context
  const chosen = [...job.before, ...(job.script === undefined ? [] : ['-T', job.script.path]), ...FORMS[job.form].args]
  const inputs = [...job.objects.map(({ path }) => path), ...(job.archive === undefined ? [] : [job.archive])]
  const args = [...FIXED_ARGS, ...chosen, ...inputs, ...job.after]
  // The folders of this computer change nothing, and say nothing to a reader of the log.
  const named = [...job.objects, ...(job.script === undefined ? [] : [job.script]), ...(job.archive === undefined ? [] : [{ path: job.archive, label: basename(job.archive) }])]
  const labels = new Map(named.map(({ path, label }): [string, string] => [path, label]))
  const shown = args.slice(FIXED_ARGS.length).map((arg) => labels.get(arg) ?? arg)
  const step = store.step(job.label, [context.zigVersion, ...chosen.map((arg) => (arg === job.script?.path ? `${job.script.label} ${basename(arg)}` : arg)), ...inputs.map((path) => basename(path)), ...job.after])
  const earlier = await store.find(step)
  if (earlier !== undefined) return { path: earlier.path, outcome: withoutCommand(earlier.outcome), cached: true }

  if (job.script !== undefined) await hashes.of(job.script.path)
  const { extension } = FORMS[job.form]
  const folder = await store.workFolder(step)
  const [output, depfile] = [join(folder, `output.${extension}`), join(folder, 'inputs.d')]
  const started = Date.now()
  try {
    const run = await runZig({ tool: 'ld.lld', args: [...args, `--dependency-file=${depfile}`, '-o', output], cwd: project.dir, signal: record.options.signal }, zig)
    const lines = parseLldOutput(withLabels(run.stderr, named))
    const problems = lines.flatMap(({ problem }) => (problem ? [problem] : []))
    for (const problem of problems) tieToSource(problem, job.objects)
    if (job.script !== undefined) await tieToSection(problems, job.script)
    await settlePlaces(problems, project.dir, project.dir, 'bytes')
    if (run.code !== 0 && !problems.some(({ severity }) => severity === 'error')) problems.push(unexplained('linker', undefined, run.code, run.endedBy, run.stderr))
    if (run.code === 0 && !(await exists(output))) {
      const next = 'Take out link arguments such as --help or --version, which make the linker do something else.'
      problems.push({ severity: 'error', source: 'linker', message: 'The linker ended without writing a kernel.', next })
    }
    const ok = run.code === 0 && !problems.some(({ severity }) => severity === 'error')
    const outcome: ToolOutcome = { ok, problems, log: [{ level: 'command', text: showCommand('ld.lld', shown), exact: showCommand(zig.binary, ['ld.lld', ...args, '-o', `${job.label}.${extension}`]) }, ...toLog(lines)] }
    if (!ok) return { path: undefined, outcome, cached: false }
    // Objects and archive are named by their content: only scripts and what they include can change under a name.
    const constant = new Set(inputs)
    const scripts = parseDepfile(await readFile(depfile, 'utf8')).filter((path) => !constant.has(path))
    const { path } = await store.keep(step, output, extension, { read: scripts }, outcome, started)
    return { path, outcome, cached: false }
  } finally {
    await store.discard(folder)
  }
}

/** What the linker says about files that the build made, said about those that the person knows. */
function withLabels(output: string, files: readonly LinkObject[]): string {
  return files.reduce((text, { path, label }) => text.replaceAll(path, label).replaceAll(basename(path), label), output)
}

/** `b.c.o is incompatible with …`: about a whole source. */
function tieToSource(problem: Problem, objects: readonly LinkObject[]): void {
  const about = objects.find(({ label }) => problem.message.startsWith(`${label} `) || problem.message.startsWith(`${label}:`))
  if (about !== undefined && problem.file === undefined) problem.file = about.label.replace(/\.o$/, '')
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
