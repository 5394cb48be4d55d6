import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SourceFile } from '../../project'
import type { Problem } from '../../../shared/problems'
import { parseNasmOutput } from '../diagnostics/nasm'
import { ToolError } from '../errors'
import { toLog, unexplained, type ToolOutcome } from '../outcome'
import { runProcess } from '../process'
import { findOnPath } from '../rust/locate'
import { showCommand } from '../zig'
import { settledProblems, withoutCommand, type Compiled } from './compile'
import type { NativeContext } from './context'
import { parseDepfile } from './depfile'

/** What nasm writes: an object to be linked, or (`bin`) bytes whose place `org` says. */
export type NasmFormat = 'elf32' | 'elf64' | 'bin'

const INSTALL: Readonly<Record<string, string>> = {
  win32: 'winget install NASM.NASM',
  darwin: 'brew install nasm',
  linux: 'sudo apt install nasm',
}

/** The command that gets nasm on a platform of Node. */
export function installNasm(platform: string = process.platform): string {
  return INSTALL[platform] ?? "your system's package manager: the package is called nasm"
}

const WARNINGS: Readonly<Record<SourceFile['warnings'], readonly string[]>> = { none: ['-w-all'], default: [], all: [], extra: ['-w+all'] }

function nasmArgs(source: SourceFile, format: NasmFormat): string[] {
  return [
    '-f', format,
    ...(format === 'bin' ? [] : ['-g', '-F', 'dwarf']),
    ...WARNINGS[source.warnings],
    // nasm joins folder and name without a slash of its own before version 2.14.
    ...source.includeDirs.map((dir) => `-I${dir}/`),
    ...Object.entries(source.defines).map(([name, value]) => `-D${name}=${value}`),
    ...source.flags,
  ]
}

/**
 * Assemble one file with nasm, unless its result is as good as new.
 * @throws ToolError when nasm is not installed
 */
export async function assembleWithNasm(context: NativeContext, source: SourceFile, format: NasmFormat): Promise<Compiled> {
  const { project, record, store, hashes } = context
  const command = await findOnPath('nasm')
  if (command === undefined) {
    throw new ToolError({
      what: 'nasm is missing',
      where: 'PATH',
      why: `${source.path} is assembly in nasm's syntax, which only nasm reads.`,
      next: `Get it with: ${installNasm()}`,
    })
  }
  const own = nasmArgs(source, format)
  const version = await runProcess({ command, args: ['-v'], cwd: project.dir, env: process.env, signal: record.options.signal })
  const step = store.step(source.path, [version.stdout, ...own, source.path])
  const earlier = await store.find(step)
  if (earlier !== undefined) return { object: earlier.path, outcome: withoutCommand(earlier.outcome), cached: true }

  await hashes.of(source.path)
  const extension = format === 'bin' ? 'bin' : 'o'
  const folder = await store.workFolder(step)
  const object = join(folder, `object.${extension}`)
  const started = Date.now()
  const nasm = (args: readonly string[]) => runProcess({ command, args: [...own, ...args], cwd: project.dir, env: { ...process.env, NASMENV: undefined }, signal: record.options.signal })
  try {
    const run = await nasm([source.path, '-o', object])
    const lines = parseNasmOutput(run.stderr)
    const problems = await settledProblems(lines, project.dir)
    if (format !== 'bin') await explainOrg(problems, project.dir)
    const ok = run.code === 0
    if (!ok && !problems.some(({ severity }) => severity === 'error')) problems.push(unexplained('assembler', source.path, run.code, run.endedBy, run.stderr))
    const outcome: ToolOutcome = { ok, problems, log: [{ level: 'command', text: showCommand('nasm', [...own, source.path]) }, ...toLog(lines)] }
    if (!ok) return { object: undefined, outcome, cached: false }
    // -MD, which would need no second run, leaves out what %include reads (nasm 2.16).
    const inputs = await nasm(['-M', source.path])
    const { path } = await store.keep(step, object, extension, inputs.code === 0 ? { read: parseDepfile(inputs.stdout) } : undefined, outcome, started)
    return { object: path, outcome, cached: false }
  } finally {
    await store.discard(folder)
  }
}

const ORG = /^\s*\[?\s*org\b/i

/** In a file that is to be linked, nasm takes `org` for an unknown word. */
async function explainOrg(problems: readonly Problem[], projectDir: string): Promise<void> {
  for (const problem of problems) {
    if (problem.file === undefined || problem.line === undefined || problem.severity !== 'error') continue
    const text = (await readFile(join(projectDir, problem.file), 'utf8')).split(/\r?\n/)[problem.line - 1] ?? ''
    if (ORG.test(text)) problem.next = '`org` is for flat files: leave it out, and let the linker place the code, or make this the only source of a boot sector.'
  }
}

/** Whether the source says itself where it is loaded (`org`), which is for flat files only (NASM manual, "ORG: Binary File Program Origin"). */
export async function placesItself(projectDir: string, source: SourceFile): Promise<boolean> {
  return source.language === 'nasm' && (await readFile(join(projectDir, source.path), 'utf8')).split(/\r?\n/).some((line) => ORG.test(line))
}
