import { access } from 'node:fs/promises'
import { basename } from 'node:path'
import { parseLldOutput } from './diagnostics/lld'
import { settlePlaces } from './diagnostics/places'
import { toLog, unexplained, type ToolOutcome } from './compile'
import { runZig, showCommand, type Zig } from './zig'

export interface LinkJob {
  zig: Zig
  projectDir: string
  /** ld.lld's arguments before the objects, `-m` among them. */
  before: readonly string[]
  /** Absolute paths, in order. */
  objects: readonly string[]
  after: readonly string[]
  /** Absolute path of a linker script. */
  script?: string | undefined
  /** Absolute path of the result. */
  output: string
  /** A flat image instead of an ELF file. */
  flat?: boolean
  signal?: AbortSignal | undefined
}

/** Link object files. Unresolved names, and an entry point that does not exist, are errors. */
export async function linkObjects(job: LinkJob): Promise<ToolOutcome> {
  const chosen = [...job.before, ...(job.script === undefined ? [] : ['-T', job.script]), ...(job.flat ? ['--oformat=binary'] : [])]
  const args = ['--color-diagnostics=never', '--error-limit=50', '--build-id=none', ...chosen, ...job.objects, ...job.after, '-o', job.output]
  const run = await runZig({ tool: 'ld.lld', args, cwd: job.projectDir, signal: job.signal }, job.zig)
  const lines = parseLldOutput(run.stderr)
  const problems = lines.flatMap(({ problem }) => (problem ? [problem] : []))
  await settlePlaces(problems, job.projectDir, job.projectDir, 'bytes')
  if (run.code !== 0 && !problems.some(({ severity }) => severity === 'error')) problems.push(unexplained('linker', undefined, run.code, run.endedBy, run.stderr))
  const written = await access(job.output).then(
    () => true,
    () => false,
  )
  if (run.code === 0 && !written) {
    const next = 'Take out link arguments such as --help or --version, which make the linker do something else.'
    problems.push({ severity: 'error', source: 'linker', message: 'The linker ended without writing a kernel.', next })
  }
  const ok = run.code === 0 && !problems.some(({ severity }) => severity === 'error')
  // The folders of this computer say nothing to a reader of the log.
  const fileNames = new Map([...job.objects, ...(job.script === undefined ? [] : [job.script])].map((path) => [path, basename(path)]))
  return { ok, problems, log: [{ level: 'command', text: showCommand('ld.lld', [...chosen, ...job.objects, ...job.after].map((arg) => fileNames.get(arg) ?? arg)) }, ...toLog(lines)] }
}
