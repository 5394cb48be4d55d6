import { access, constants } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { ToolError } from '../errors'
import { runProcess } from '../process'
import * as advice from './advice'

/** A Rust toolchain that can build `core` for a target of one's own. */
export interface RustTools {
  cargo: string
  rustc: string
  /** "rustc 1.96.0 (ac68faa20 2026-05-25)" */
  rustcVersion: string
  /** Whether unstable options work without RUSTC_BOOTSTRAP. */
  nightly: boolean
  /** `library` of rust-src, the sources of `core`. */
  librarySource: string
  /** The crates that `core` and `alloc` are built with, when rust-src brings them: then no network is needed. */
  vendoredCrates: string | undefined
}

/**
 * Find cargo, rustc and rust-src: BOOTLAB_CARGO when it is set, else the first cargo on PATH that has all three.
 * @param cwd the project's folder: rustup chooses the toolchain by it
 * @throws ToolError that names what is missing, for the first cargo on PATH, and the command that gets it
 */
export async function locateRust(cwd: string, signal?: AbortSignal): Promise<RustTools> {
  const [first, ...others] = await cargoCandidates()
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
    nightly: /^release: .*-(nightly|dev)/m.test(version),
    librarySource,
    vendoredCrates: (await exists(vendored)) ? vendored : undefined,
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

