import { mkdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { BUILD_DIR, resolveInside, type Project, type RustManifest, type Target } from '../../project'
import type { Problem } from '../../../shared/problems'
import type { BuildRecord, BuildResult } from '../build-result'
import { writeFileAtomically } from '../cache'
import { unexplained } from '../compile'
import { tieToTarget } from '../diagnostics/target'
import { settlePlaces } from '../diagnostics/places'
import { runProcess, type ProcessResult } from '../process'
import { locateZig, showCommand } from '../zig'
import { systemErrorCode } from '../errors'
import { plantCore } from './core-seed'
import { linkerWrapper } from './linker-wrapper'
import { locateRust, type RustTools } from './locate'
import { parseCargoLine, problemsOfCargoText, problemsOfDiagnostic } from './messages'

/** Build a kernel through the person's cargo, with core built for the project's target specification. */
export async function buildRust(project: Project, manifest: RustManifest, target: Target, record: BuildRecord): Promise<BuildResult> {
  const { signal } = record.options
  await resolveInside(project.dir, manifest.manifestPath, 'Cargo manifest')
  const tools = await record.time('find cargo', () => locateRust(project.dir, signal))
  record.info(`Using ${tools.cargo} with ${tools.rustcVersion}`)
  if (!tools.nightly) record.info('This Rust is not a nightly: RUSTC_BOOTSTRAP=1 lets it read target specifications and build core.')

  const env = await cargoEnvironment(tools, target)
  const targetDir = join(BUILD_DIR, 'cargo')
  const core = await coreArgs(project, manifest, tools, env, signal)
  const onCompile = (): void => record.info("The first build for a target specification compiles Rust's core for it, which takes about 20 seconds; later builds do not.")
  await mkdir(join(project.dir, BUILD_DIR), { recursive: true })
  await record.time(
    'core',
    () => plantCore({ tools, onCompile, targetFile: join(project.dir, target.file), args: [...core, ...vendoredRegistry(tools)], env, signal }, join(project.dir, targetDir)),
    (compiled) => !compiled,
  )
  const args = [
    'build',
    '--manifest-path', manifest.manifestPath,
    '--target', target.file,
    '--target-dir', targetDir,
    '--message-format=json',
    ...(manifest.bin === undefined ? [] : ['--bin', manifest.bin]),
    ...core,
    ...((await needsRegistry(project, manifest, tools, env, signal)) ? [] : vendoredRegistry(tools)),
  ]
  record.log({ level: 'command', text: showCommand('cargo', args) })
  const run = await record.time('cargo build', () => runCargo(project, manifest, tools, args, env, record))
  await settlePlaces(run.problems, project.dir, run.workspace, 'code points')
  for (const problem of run.problems) {
    tieToTarget(problem, target)
    // The log shows a compiler's problem in the compiler's own words; the linker's stand deep inside a paragraph.
    if (problem.source === 'linker') record.report(problem)
    else record.note(problem)
  }
  if (run.result.code !== 0) {
    const texts = problemsOfCargoText(run.result.stderr, target.file)
    await settlePlaces(texts, project.dir, project.dir, 'code points')
    for (const problem of texts) {
      tieToTarget(problem, target)
      record.report(problem, true)
    }
    if (!record.failed) record.report(unexplained('cargo', undefined, run.result.code, run.result.endedBy, run.result.stderr))
    return record.fail()
  }
  const executable = chooseExecutable(run.executables, manifest, record)
  if (executable === undefined) return record.fail()
  const elf = await readFile(executable)
  if (!hasEntryPoint(elf, target)) {
    record.report({
      severity: 'error',
      source: 'linker',
      message: 'The kernel has no entry point: the linker did not find the function to start in.',
      next: 'Mark it #[unsafe(no_mangle)], and name it _start or whatever --entry in the link arguments says.',
    })
    return record.fail()
  }
  const elfPath = join(project.dir, BUILD_DIR, `${manifest.name}.elf`)
  await writeFileAtomically(elfPath, elf)
  return { ok: true, elf, elfPath, problems: record.problems, steps: record.steps }
}

/** rustc keeps the linker's warnings to itself; e_entry (ELF specification, ELF header) shows that the name was not found. */
function hasEntryPoint(elf: Buffer, target: Target): boolean {
  const E_ENTRY = 24
  return target.machine.pointerWidth === 64 ? elf.readBigUInt64LE(E_ENTRY) !== 0n : elf.readUInt32LE(E_ENTRY) !== 0
}

/** cargo names a target of one's own by its file, in capitals, in its variables. */
function targetVariable(target: Target): string {
  return basename(target.file).replace(/\.json$/, '').replaceAll(/[-.]/g, '_').toUpperCase()
}

async function cargoEnvironment(tools: RustTools, target: Target): Promise<Record<string, string | undefined>> {
  return {
    ...process.env,
    RUSTC: tools.rustc,
    ...(tools.nightly ? {} : { RUSTC_BOOTSTRAP: '1' }),
    CARGO_TERM_COLOR: 'never',
    CARGO_TERM_PROGRESS_WHEN: 'never',
    [`CARGO_TARGET_${targetVariable(target)}_LINKER`]: await linkerWrapper(locateZig()),
  }
}

/** What concerns core as well as the project. */
async function coreArgs(project: Project, manifest: RustManifest, tools: RustTools, env: Readonly<Record<string, string | undefined>>, signal: AbortSignal | undefined): Promise<string[]> {
  const known = await unstableFlags(tools, project.dir, env, signal)
  return [
    ...(manifest.profile === 'release' ? ['--release'] : []),
    `-Zbuild-std=${manifest.buildStd.join(',')}`,
    '-Zbuild-std-features=compiler-builtins-mem',
    ...(known.has('json-target-spec') ? ['-Zjson-target-spec'] : []),
  ]
}

const knownFlags = new Map<string, Set<string>>()

/** The names of cargo's unstable flags; asked once for each version. */
async function unstableFlags(tools: RustTools, cwd: string, env: Readonly<Record<string, string | undefined>>, signal: AbortSignal | undefined): Promise<Set<string>> {
  const key = `${tools.cargo} ${tools.rustcVersion}`
  const known = knownFlags.get(key)
  if (known) return known
  const help = await runProcess({ command: tools.cargo, args: ['-Zhelp'], cwd, env, signal })
  const flags = new Set([...help.stdout.matchAll(/^\s*-Z ([a-z-]+)/gm)].map((match) => match[1] ?? ''))
  knownFlags.set(key, flags)
  return flags
}

const metadataSchema = z.object({ packages: z.array(z.object({ dependencies: z.array(z.object({ source: z.string().nullable() })) })) })

/** The few crates that core is built with come with rust-src: with them, no network is needed. */
function vendoredRegistry(tools: RustTools): string[] {
  if (tools.vendoredCrates === undefined) return []
  return ['--offline', '--config', 'source.crates-io.replace-with="rust-src"', '--config', `source.rust-src.directory=${JSON.stringify(tools.vendoredCrates)}`]
}

/** Whether the kernel has crates from a registry; replacing it would hide them. */
async function needsRegistry(project: Project, manifest: RustManifest, tools: RustTools, env: Readonly<Record<string, string | undefined>>, signal: AbortSignal | undefined): Promise<boolean> {
  if (await lockedCrates(project, manifest)) return true
  const args = ['metadata', '--no-deps', '--offline', '--format-version=1', '--manifest-path', manifest.manifestPath]
  const result = await runProcess({ command: tools.cargo, args, cwd: project.dir, env, signal })
  // A manifest that cargo cannot read is reported by the build that follows.
  if (result.code !== 0) return false
  const metadata = metadataSchema.parse(JSON.parse(result.stdout))
  return metadata.packages.some(({ dependencies }) => dependencies.some(({ source }) => source !== null))
}

async function lockedCrates(project: Project, manifest: RustManifest): Promise<boolean> {
  try {
    return (await readFile(join(project.dir, dirname(manifest.manifestPath), 'Cargo.lock'), 'utf8')).includes('\nsource = ')
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false
    throw error
  }
}

interface CargoRun {
  result: ProcessResult
  problems: Problem[]
  executables: { name: string; path: string }[]
  /** The folder that rustc's paths start from. */
  workspace: string
}

async function runCargo(project: Project, manifest: RustManifest, tools: RustTools, args: readonly string[], env: Readonly<Record<string, string | undefined>>, record: BuildRecord): Promise<CargoRun> {
  const problems: Problem[] = []
  const executables: { name: string; path: string }[] = []
  const result = await runProcess({
    command: tools.cargo,
    args,
    cwd: project.dir,
    env,
    signal: record.options.signal,
    onLine: (line, stream) => {
      if (stream === 'stderr') {
        record.log({ level: 'output', text: line })
        return
      }
      const message = parseCargoLine(line)
      if (message?.reason === 'compiler-message') {
        const found = problemsOfDiagnostic(message.message)
        problems.push(...found)
        // The first line of the rendered text is what a click on it should lead from.
        const rendered = (message.message.rendered ?? message.message.message).trimEnd().split('\n')
        rendered.forEach((text, index) => record.log({ level: 'output', text, ...(index === 0 && found[0] ? { problem: found[0] } : {}) }))
      } else if (message?.reason === 'compiler-artifact' && message.executable !== null) {
        executables.push({ name: message.target.name, path: message.executable })
      } else if (message === undefined && line.trim() !== '' && !line.startsWith('{')) record.log({ level: 'output', text: line })
    },
  })
  return { result, problems, executables, workspace: join(project.dir, dirname(manifest.manifestPath)) }
}

function chooseExecutable(executables: readonly { name: string; path: string }[], manifest: RustManifest, record: BuildRecord): string | undefined {
  const [only] = executables
  if (only !== undefined && executables.length === 1) return only.path
  record.report({
    severity: 'error',
    source: 'cargo',
    file: manifest.manifestPath,
    message: only === undefined ? 'The package has no binary, so there is no kernel to boot.' : `The package has several binaries: ${executables.map(({ name }) => name).join(', ')}.`,
    next: only === undefined ? 'Add src/main.rs.' : 'Name one as "bin" in bootlab.json.',
  })
  return undefined
}
