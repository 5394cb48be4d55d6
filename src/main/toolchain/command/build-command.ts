import { readFile, stat } from 'node:fs/promises'
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import { ProjectError, resolveInside, type CommandManifest, type Project } from '../../project'
import type { BuildRecord, BuildResult } from '../build-result'
import { ForeignOutput } from '../diagnostics/foreign'
import { settlePlaces } from '../diagnostics/places'
import { ToolError } from '../errors'
import { runtimeArchive } from '../native/runtime'
import { unexplained } from '../outcome'
import { takeFile } from '../prebuilt'
import { runProcess } from '../process'
import { locateZig, showCommand, zigVersion } from '../zig'
import { launchOf, programNames } from './launch'
import { commandTools, TOOL_NAMES } from './tools'
import type { Problem } from '../../../shared/problems'

const INSTALL_MAKE: Readonly<Record<string, string>> = { win32: 'winget install GnuWin32.Make', darwin: 'xcode-select --install', linux: 'sudo apt install make' }

/** The command that gets make on a platform of Node. */
export function installMake(platform: string = process.platform): string {
  return INSTALL_MAKE[platform] ?? "your system's package manager: the package is called make"
}

/**
 * Run the person's own build, with Bootlab's compiler and linker within its reach, and take what it made.
 * @throws ToolError when the program is missing; ProjectError when the build ended well but its output is not there
 */
export async function buildCommand(project: Project, manifest: CommandManifest, record: BuildRecord): Promise<BuildResult> {
  const zig = locateZig()
  const version = zigVersion(zig)
  const cwd = await resolveInside(project.dir, manifest.directory, 'folder of the command')
  const archives = await Promise.all(
    (['i386', 'x86_64'] as const).map((arch) => runtimeArchive(zig, version, { compile: [`--target=${arch}-unknown-none`, '-mno-sse'] }, record.options.signal)),
  )
  const [small = '', large = ''] = archives
  const tools = await commandTools(zig, { 32: await readFile(small), 64: await readFile(large) })
  const env: Record<string, string | undefined> = { ...process.env, ...TOOL_NAMES }
  const pathName = Object.keys(env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH'
  env[pathName] = [tools.bin, process.env[pathName], tools.cross].filter((part) => part).join(delimiter)
  for (const [name, value] of Object.entries(manifest.env)) env[name] = withTools(value)

  const [name = '', ...args] = manifest.command.map(withTools)
  const program = await findProgram(name, cwd, env[pathName] ?? '')
  const launch = launchOf(program, args, process.platform, process.env['ComSpec'])
  const output = new ForeignOutput(cwd)
  const problems: Problem[] = []
  const run = await record.time(
    name,
    async (step) => {
      record.log({ level: 'command', text: showCommand(name, args) }, step)
      const result = await runProcess({
        command: launch.command,
        args: launch.args,
        verbatim: launch.verbatim,
        cwd,
        env,
        signal: record.options.signal,
        onLine: (text) => {
          const { problem } = output.read(text)
          if (problem) problems.push(problem)
          record.log({ level: 'output', text, ...(problem ? { problem } : {}) }, step)
        },
      })
      record.cut(result.unheard, step)
      return result
    },
    { failed: ({ code }) => code !== 0 },
  )
  await settlePlaces(problems, project.dir, cwd, 'bytes')
  // A build that ends well has no errors, whatever its words looked like.
  for (const problem of problems) record.report(run.code === 0 && problem.severity === 'error' ? { ...problem, severity: 'warning' } : problem, true)
  if (run.code !== 0) {
    if (!record.failed) record.report(unexplained('build', undefined, run.code, run.endedBy, run.stderr))
    return record.fail()
  }
  return takeOutput(project, manifest, record)
}

async function takeOutput(project: Project, manifest: CommandManifest, record: BuildRecord): Promise<BuildResult> {
  try {
    await stat(join(project.dir, manifest.output))
  } catch (cause) {
    throw new ProjectError({
      what: `The command ended well, but there is no ${manifest.output}`,
      where: project.dir,
      why: 'That is the file which bootlab.json names as the output of the command.',
      next: 'Correct "output" in bootlab.json, or let the command make that file.',
      cause,
    })
  }
  return takeFile(project, manifest.output, 'output of the command', record)
}

/** `{CC}` and its like, replaced by the names of the tools. */
function withTools(text: string): string {
  return Object.entries(TOOL_NAMES).reduce((result, [name, tool]) => result.replaceAll(`{${name}}`, tool), text)
}

async function findProgram(name: string, cwd: string, path: string): Promise<string> {
  const folders = /[/\\]/.test(name) ? [isAbsolute(name) ? '' : cwd] : path.split(delimiter).filter((folder) => folder !== '')
  for (const folder of folders) {
    for (const candidate of programNames(name, process.platform, process.env['PATHEXT'])) {
      const full = resolve(folder, candidate)
      const found = await stat(full).catch(() => undefined)
      if (found?.isFile()) return full
    }
  }
  throw new ToolError({
    what: `The program ${name} is missing`,
    where: folders.length === 1 ? (folders[0] ?? '') : 'PATH',
    why: 'The project is built by it: bootlab.json names it under "command".',
    next: /^g?make$/.test(name) ? `Get it with: ${installMake()}` : 'Install it, or correct its name.',
  })
}
