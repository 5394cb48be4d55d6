import { access, constants } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { z } from 'zod'
import { ToolError } from '../errors'
import { runProcess } from '../process'
import * as advice from './advice'
import { remember } from './remember'

const toolsSchema = z.object({
  cargo: z.string(),
  rustc: z.string(),
  /** "rustc 1.96.0 (ac68faa20 2026-05-25)" */
  rustcVersion: z.string(),
  /** The computer's own target: "x86_64-unknown-linux-gnu". */
  host: z.string(),
  sysroot: z.string(),
  /** Whether unstable options work without RUSTC_BOOTSTRAP. */
  nightly: z.boolean(),
  /** `library` of rust-src, the sources of `core`. */
  librarySource: z.string(),
  /** The crates that `core` and `alloc` are built with, when rust-src brings them: then no network is needed. */
  vendoredCrates: z.string().optional(),
})
/** A Rust toolchain that can build `core` for a target of one's own. */
export type RustTools = z.infer<typeof toolsSchema>

/** What else decides which toolchain rustup starts (The rustup book, "Overrides"). */
const VARIABLES = ['PATH', 'BOOTLAB_CARGO', 'RUSTUP_TOOLCHAIN', 'RUSTUP_HOME', 'HOME', 'USERPROFILE'] as const

/**
 * Find cargo, rustc and rust-src: BOOTLAB_CARGO when it is set, else the first cargo on PATH that has all three.
 * @param cwd the project's folder: rustup chooses the toolchain by it
 * @throws ToolError that names what is missing, for the first cargo on PATH, and the command that gets it
 */
export async function locateRust(cwd: string, signal?: AbortSignal): Promise<RustTools> {
  const candidates = await cargoCandidates()
  const rustup = process.env['RUSTUP_HOME'] || join(homedir(), '.rustup')
  return remember({
    kind: 'rust-tools',
    key: [cwd, ...VARIABLES.map((name) => `${name}=${process.env[name] ?? ''}`)],
    schema: toolsSchema,
    inputs: ({ rustc, sysroot, librarySource }) => [
      ...candidates,
      rustc,
      // The compiler itself, when rustc is rustup's stand-in for it.
      join(sysroot, 'bin', programName('rustc')),
      librarySource,
      join(librarySource, 'core', 'Cargo.toml'),
      join(rustup, 'settings.toml'),
      ...toolchainFiles(cwd),
    ],
    ask: () => search(candidates, cwd, signal),
  })
}

async function search([first, ...others]: readonly string[], cwd: string, signal: AbortSignal | undefined): Promise<RustTools> {
  if (first === undefined) throw noCargo()
  try {
    return await inspect(first, cwd, signal)
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    for (const cargo of others) {
      const tools = await inspect(cargo, cwd, signal).catch((problem: unknown) => {
        if (problem instanceof ToolError) return undefined
        throw problem
      })
      if (tools) return tools
    }
    throw error
  }
}

function toolchainFiles(cwd: string): string[] {
  const files: string[] = []
  for (let folder = cwd; ; folder = dirname(folder)) {
    files.push(join(folder, 'rust-toolchain'), join(folder, 'rust-toolchain.toml'))
    if (dirname(folder) === folder) return files
  }
}

async function inspect(cargo: string, cwd: string, signal: AbortSignal | undefined): Promise<RustTools> {
  const rustc = await findRustc(cargo)
  const [version, sysrootLine] = await Promise.all([ask(rustc, ['-vV'], cwd, signal), ask(rustc, ['--print', 'sysroot'], cwd, signal)])
  const sysroot = sysrootLine.trim()
  const librarySource = join(sysroot, 'lib', 'rustlib', 'src', 'rust', 'library')
  if (!(await exists(join(librarySource, 'core', 'Cargo.toml')))) {
    throw new ToolError({
      what: "The sources of Rust's core library (rust-src) are missing",
      where: librarySource,
      why: 'A target specification of your own has no ready-made core, so cargo builds it from these sources.',
      next: `Get them with: ${advice.installRustSource(sysroot)}`,
    })
  }
  const vendored = join(librarySource, 'vendor')
  return {
    cargo,
    rustc,
    rustcVersion: version.split('\n')[0] ?? '',
    host: /^host: (.*)$/m.exec(version)?.[1] ?? '',
    sysroot,
    nightly: /^release: .*-(nightly|dev)/m.test(version),
    librarySource,
    ...((await exists(vendored)) ? { vendoredCrates: vendored } : {}),
  }
}

async function cargoCandidates(): Promise<string[]> {
  const chosen = process.env['BOOTLAB_CARGO']
  if (chosen) return (await isProgram(chosen)) ? [chosen] : []
  return findAllOnPath('cargo')
}

function noCargo(): ToolError {
  const chosen = process.env['BOOTLAB_CARGO']
  return new ToolError({
    what: 'cargo is missing',
    where: chosen ? `BOOTLAB_CARGO=${chosen}` : 'PATH',
    why: chosen ? 'BOOTLAB_CARGO names no program that can be run.' : 'Kernels in Rust are built by cargo, and no folder of PATH holds it.',
    next: `Get Rust with: ${advice.installRust()}`,
  })
}

/** The rustc that belongs to a cargo lies beside it. */
async function findRustc(cargo: string): Promise<string> {
  const beside = join(dirname(cargo), programName('rustc'))
  if (await isProgram(beside)) return beside
  const found = await findOnPath('rustc')
  if (found !== undefined) return found
  throw new ToolError({
    what: 'rustc is missing',
    where: dirname(cargo),
    why: 'cargo is there, but the compiler that it runs is neither beside it nor on PATH.',
    next: `Get Rust with: ${advice.installRust()}`,
  })
}

async function ask(command: string, args: readonly string[], cwd: string, signal: AbortSignal | undefined): Promise<string> {
  const result = await runProcess({ command, args, cwd, env: process.env, signal })
  if (result.code === 0) return result.stdout
  throw new ToolError({
    what: 'rustc does not run',
    where: command,
    why: result.stderr.trim().split('\n')[0] || `It ended with ${result.endedBy ?? `code ${result.code}`}.`,
    next: advice.brokenRustc(result.stderr),
  })
}

function programName(name: string): string {
  return process.platform === 'win32' ? `${name}.exe` : name
}

/** The first program of that name on PATH. */
export async function findOnPath(name: string): Promise<string | undefined> {
  return (await findAllOnPath(name))[0]
}

/** Every program of that name on PATH, in PATH's order. */
async function findAllOnPath(name: string): Promise<string[]> {
  const folders = new Set((process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''))
  const paths = [...folders].map((folder) => join(folder, programName(name)))
  const found = await Promise.all(paths.map(isProgram))
  return paths.filter((_, index) => found[index])
}

async function isProgram(path: string): Promise<boolean> {
  return exists(path, process.platform === 'win32' ? constants.F_OK : constants.X_OK)
}

async function exists(path: string, mode: number = constants.F_OK): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  )
}

