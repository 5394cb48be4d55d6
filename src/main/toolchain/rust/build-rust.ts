import { mkdir, readFile } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative } from 'node:path'
import { BUILD_DIR, resolveInside, type Project, type RustManifest } from '../../project'
import type { Problem } from '../../../shared/problems'
import type { BuildRecord, BuildResult } from '../build-result'
import { writeFileAtomically } from '../../files/atomic'
import { unexplained } from '../outcome'
import { tieToTarget } from '../diagnostics/target'
import { settlePlaces } from '../diagnostics/places'
import { runProcess, type ProcessResult } from '../process'
import { locateZig, showCommand } from '../zig'
import { bootloaderPlan } from './boot-metadata'
import { cargoEnvironment, configFiles, type RustCall } from './cargo'
import { cargoFacts, CargoRefusal, cargoSettings, type CargoFacts, type CargoSettings } from './cargo-facts'
import { chooseKernel, isProblem, type Kernel } from './choose-kernel'
import { plantCore } from './core-seed'
import { joinCrates, sourceArgs } from './crate-sources'
import { hostLinker, linkerWrapper } from './linker-wrapper'
import { locateRust } from './locate'
import { problemsOfCargoText } from './cargo-text'
import { blameCrate } from './known'
import { parseCargoLine, problemsOfDiagnostic } from './messages'
import { rustTarget, type RustTarget } from './rust-target'

/** What is built of the standard library when neither the manifest nor `.cargo/config.toml` says. */
const DEFAULT_BUILD_STD = ['core', 'compiler_builtins', 'alloc']

/** Build a kernel through the person's cargo, with core built for the project's target. */
export async function buildRust(project: Project, manifest: RustManifest, record: BuildRecord): Promise<BuildResult> {
  const { signal } = record.options
  await resolveInside(project.dir, manifest.manifestPath, 'Cargo manifest')
  const tools = await record.time('find cargo', () => locateRust(project.dir, signal))
  record.info(`Using ${tools.cargo} with ${tools.rustcVersion}`)
  if (!tools.nightly) record.info('This Rust is not a nightly: RUSTC_BOOTSTRAP=1 lets it read target specifications and build core.')
  const manifestPath = join(project.dir, manifest.manifestPath)
  const asking: RustCall = { tools, cwd: dirname(manifestPath), env: cargoEnvironment(tools), signal }
  const settings = await cargoSettings(asking)
  const target = await rustTarget(project, manifest, settings.config, asking, record)
  if (target === undefined) return record.fail()
  const zig = locateZig()
  const host = await hostLinker(zig, tools)
  if (Object.keys(host).length > 0) record.info("The system has no C compiler; zig's links what runs on this computer, such as build scripts.")
  const call: RustCall = { ...asking, env: { ...asking.env, ...host, [linkerVariable(target)]: await linkerWrapper(zig) } }

  const facts = await record.time('read Cargo.toml', () => readFacts({ project, manifest, target, settings, call, manifestPath, record }))
  if (facts === undefined) return record.fail()
  const kernel = await chooseKernel(facts, manifest, manifestPath)
  if (isProblem(kernel)) {
    record.report(kernel)
    return record.fail()
  }
  const boot = bootloaderPlan(kernel.package, manifest.manifestPath)
  for (const problem of boot?.problems ?? []) record.report(problem)
  if (record.failed) return record.fail()

  const run = await compile({ project, manifest, target, settings, call, facts, kernel, record })
  if (run === undefined) return record.fail()
  await settlePlaces(run.problems, project.dir, facts.workspaceRoot, 'code points')
  for (const problem of run.problems) {
    if (target.own) tieToTarget(problem, target.own)
    // What rustc would change in a crate or in core is not the person's to change.
    if (problem.fix?.edits.some(({ file }) => isAbsolute(file))) delete problem.fix
    // The log shows a compiler's problem in the compiler's own words; the linker's stand deep inside a paragraph.
    if (problem.source === 'linker') record.report(problem)
    else record.note(problem)
  }
  if (run.result.code !== 0) {
    await reportText(run.result.stderr, project, target, call, record)
    if (!record.failed) record.report(unexplained('cargo', undefined, run.result.code, run.result.endedBy, run.result.stderr))
    return record.fail()
  }
  const executable = run.executables.find(({ name }) => name === kernel.binary)?.path
  if (executable === undefined) throw new Error(`cargo built ${kernel.binary} and does not say where it is.`)
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
  return { ...record.succeed({ form: 'kernel', bytes: elf, path: elfPath }, elfPath), ...(boot ? { bootloader: boot.bootloader } : {}) }
}

/** rustc keeps the linker's warnings to itself; e_entry (ELF specification, ELF header) shows that the name was not found. */
function hasEntryPoint(elf: Buffer, target: RustTarget): boolean {
  const E_ENTRY = 24
  return target.pointerWidth === 64 ? elf.readBigUInt64LE(E_ENTRY) !== 0n : elf.readUInt32LE(E_ENTRY) !== 0
}

/** cargo names a target by its name, or its file's, in capitals, in its variables. */
function linkerVariable({ argument }: RustTarget): string {
  return `CARGO_TARGET_${basename(argument).replace(/\.json$/, '').replaceAll(/[-.]/g, '_').toUpperCase()}_LINKER`
}

interface Asked {
  project: Project
  manifest: RustManifest
  target: RustTarget
  settings: CargoSettings
  call: RustCall
  record: BuildRecord
}

function featureArgs({ features, defaultFeatures }: RustManifest): string[] {
  return [...(features.length > 0 ? ['--features', features.join(',')] : []), ...(defaultFeatures ? [] : ['--no-default-features'])]
}

/** What cargo knows about the project; undefined when it refuses it (reported). */
async function readFacts({ project, manifest, target, call, manifestPath, record }: Asked & { manifestPath: string }): Promise<CargoFacts | undefined> {
  try {
    return await cargoFacts(call, manifestPath, featureArgs(manifest))
  } catch (error) {
    if (!(error instanceof CargoRefusal)) throw error
    for (const line of error.stderr.trimEnd().split(/\r?\n/)) record.log({ level: 'output', text: line })
    await reportText(error.stderr, project, target, call, record)
    if (!record.failed) record.report(unexplained('cargo', undefined, 101, null, error.stderr))
    return undefined
  }
}

async function compile({ project, manifest, target, settings, call, facts, kernel, record }: Asked & { facts: CargoFacts; kernel: Kernel }): Promise<CargoRun | undefined> {
  const { tools, signal } = call
  const targetDir = join(project.dir, BUILD_DIR, 'cargo')
  const unstable = unstableArgs(manifest, target, settings)
  const profile = ['--profile', manifest.profile]
  const onCompile = (): void => record.info("The first build for a target compiles Rust's core for it, which takes about 20 seconds; later builds do not.")
  await mkdir(join(project.dir, BUILD_DIR), { recursive: true })
  await record.time(
    'core',
    () =>
      plantCore(
        {
          tools,
          onCompile,
          target: target.argument,
          args: [...profile, ...unstable, ...(tools.vendoredCrates === undefined ? [] : sourceArgs(tools.vendoredCrates))],
          workspaceManifest: join(facts.workspaceRoot, 'Cargo.toml'),
          config: { effects: settings.config.effects, files: configFiles(call.cwd, call.env) },
          env: call.env,
          signal,
        },
        targetDir,
      ),
    { cached: (compiled) => !compiled },
  )
  const args = [
    'build',
    '--package', kernel.package.name,
    '--bin', kernel.binary,
    '--target', shownPath(target.argument, call.cwd),
    '--target-dir', shownPath(targetDir, call.cwd),
    '--message-format=json',
    ...profile,
    ...featureArgs(manifest),
    ...unstable,
    ...(await crateArgs(tools.vendoredCrates, facts)),
  ]
  return record.time(
    'cargo build',
    (step) => {
      record.log({ level: 'command', text: showCommand('cargo', args) }, step)
      return runCargo(call, args, record, step)
    },
    { failed: ({ result }) => result.code !== 0 },
  )
}

/** Where crates come from; when not all are known, cargo has to find what it fetched before. */
async function crateArgs(vendored: string | undefined, facts: CargoFacts): Promise<string[]> {
  if (!facts.complete) return ['--offline']
  return vendored === undefined ? [] : sourceArgs(await joinCrates(vendored, facts))
}

/** The log shows what to type: short paths, where they are inside the folder. */
function shownPath(path: string, cwd: string): string {
  const way = relative(cwd, path)
  return isAbsolute(path) && !way.startsWith('..') && !isAbsolute(way) ? way : path
}

function unstableArgs(manifest: RustManifest, target: RustTarget, { flags, config }: CargoSettings): string[] {
  const parts = manifest.buildStd ?? config.buildStd ?? DEFAULT_BUILD_STD
  const features = new Set(['compiler-builtins-mem', ...(config.buildStdFeatures ?? [])])
  return [
    `-Zbuild-std=${parts.join(',')}`,
    `-Zbuild-std-features=${[...features].join(',')}`,
    ...(target.own !== undefined && flags.includes('json-target-spec') ? ['-Zjson-target-spec'] : []),
  ]
}

/** cargo's words on standard error as problems. */
async function reportText(stderr: string, project: Project, target: RustTarget, call: RustCall, record: BuildRecord): Promise<void> {
  const texts = problemsOfCargoText(stderr, { targetFile: target.own?.file, sysroot: call.tools.sysroot })
  await settlePlaces(texts, project.dir, call.cwd, 'code points')
  for (const problem of texts) {
    if (target.own) tieToTarget(problem, target.own)
    record.report(problem, true)
  }
}

interface CargoRun {
  result: ProcessResult
  problems: Problem[]
  executables: { name: string; path: string }[]
}

async function runCargo({ tools, cwd, env, signal }: RustCall, args: readonly string[], record: BuildRecord, step: number): Promise<CargoRun> {
  const problems: Problem[] = []
  const executables: { name: string; path: string }[] = []
  const result = await runProcess({
    command: tools.cargo,
    args,
    cwd,
    env,
    signal,
    onLine: (line, stream) => {
      if (stream === 'stderr') {
        record.log({ level: 'output', text: line }, step)
        return
      }
      const message = parseCargoLine(line)
      if (message?.reason === 'compiler-message') {
        const found = problemsOfDiagnostic(message.message, tools.sysroot).map((problem) => blameCrate(problem, tools.rustcVersion))
        problems.push(...found)
        // The first line of the rendered text is what a click on it should lead from.
        const rendered = (message.message.rendered ?? message.message.message).trimEnd().split('\n')
        rendered.forEach((text, index) => record.log({ level: 'output', text, ...(index === 0 && found[0] ? { problem: found[0] } : {}) }, step))
      } else if (message?.reason === 'compiler-artifact' && message.executable !== null) {
        executables.push({ name: message.target.name, path: message.executable })
      } else if (message === undefined && line.trim() !== '' && !line.startsWith('{')) record.log({ level: 'output', text: line }, step)
    },
  })
  record.cut(result.unheard, step)
  return { result, problems, executables }
}
