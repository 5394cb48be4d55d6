import { access, readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { parseLldOutput } from '../diagnostics/lld'
import { toLog, unexplained, type ToolOutcome } from '../outcome'
import { runZig, showCommand } from '../zig'
import { settledProblems, withoutCommand } from './compile'
import type { NativeContext } from './context'
import { parseDepfile } from './depfile'

export type LinkForm = 'elf' | 'stripped' | 'flat'

const FORMS: Readonly<Record<LinkForm, { args: readonly string[]; extension: string }>> = {
  elf: { args: [], extension: 'elf' },
  stripped: { args: ['--strip-debug'], extension: 'elf' },
  flat: { args: ['--oformat=binary'], extension: 'bin' },
}

export interface LinkJob {
  /** Names the result in the log. */
  label: string
  /** ld.lld's arguments before the objects, `-m` among them. */
  before: readonly string[]
  /** Absolute paths, in order; their names stand for their content. */
  objects: readonly string[]
  /** An archive that fills what is missing. */
  archive?: string | undefined
  after: readonly string[]
  /** A linker script: absolute path. */
  script?: string | undefined
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
  const chosen = [...job.before, ...(job.script === undefined ? [] : ['-T', job.script]), ...FORMS[job.form].args]
  const inputs = [...job.objects, ...(job.archive === undefined ? [] : [job.archive])]
  const args = ['--color-diagnostics=never', '--error-limit=50', '--build-id=none', ...chosen, ...inputs, ...job.after]
  // Another place of the project or of the cache changes nothing.
  const shown = withoutFolders([...chosen, ...inputs, ...job.after], [...inputs, ...(job.script === undefined ? [] : [job.script])])
  const step = store.step(job.label, [context.zigVersion, ...shown, job.archive ?? ''])
  const earlier = await store.find(step)
  if (earlier !== undefined) return { path: earlier.path, outcome: withoutCommand(earlier.outcome), cached: true }

  if (job.script !== undefined) await hashes.of(job.script)
  const { extension } = FORMS[job.form]
  const output = store.temporary(step, extension)
  const depfile = store.temporary(step, 'd')
  const started = Date.now()
  try {
    const run = await runZig({ tool: 'ld.lld', args: [...args, `--dependency-file=${depfile}`, '-o', output], cwd: project.dir, signal: record.options.signal }, zig)
    const lines = parseLldOutput(run.stderr)
    const problems = await settledProblems(lines, project.dir)
    if (run.code !== 0 && !problems.some(({ severity }) => severity === 'error')) problems.push(unexplained('linker', undefined, run.code, run.endedBy, run.stderr))
    if (run.code === 0 && !(await exists(output))) {
      const next = 'Take out link arguments such as --help or --version, which make the linker do something else.'
      problems.push({ severity: 'error', source: 'linker', message: 'The linker ended without writing a kernel.', next })
    }
    const ok = run.code === 0 && !problems.some(({ severity }) => severity === 'error')
    const outcome: ToolOutcome = { ok, problems, log: [{ level: 'command', text: showCommand('ld.lld', shown) }, ...toLog(lines)] }
    if (!ok) return { path: undefined, outcome, cached: false }
    // Objects and archive are named by their content: only scripts and what they include can change under a name.
    const named = new Set(inputs)
    const scripts = parseDepfile(await readFile(depfile, 'utf8')).filter((path) => !named.has(path))
    const { path } = await store.keep(step, output, extension, scripts, outcome, started)
    return { path, outcome, cached: false }
  } finally {
    await Promise.all([store.discard(output), store.discard(depfile)])
  }
}

/** The folders of this computer say nothing to a reader of the log. */
function withoutFolders(args: readonly string[], paths: readonly string[]): string[] {
  const names = new Map(paths.map((path) => [path, basename(path)]))
  return args.map((arg) => names.get(arg) ?? arg)
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
