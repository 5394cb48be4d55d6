import { access, constants, cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { basename, join } from 'node:path'
import { cacheFolder, contentKey } from '../cache'
import { systemErrorCode } from '../errors'
import { runProcess } from '../process'
import type { RustTools } from './locate'

/** Variables by which cargo knows whether what was compiled still fits: the linker, whose path moves with Bootlab, among them. */
const FINGERPRINTED = /^(CARGO_(BUILD|ENCODED|PROFILE|TARGET)_|RUSTC|RUSTFLAGS)/

/** What decides how core is compiled. */
export interface CoreBuild {
  tools: RustTools
  /** Absolute path of the target specification. */
  targetFile: string
  /** cargo's arguments that concern core: profile and -Z options, and the registry to take its crates from. */
  args: readonly string[]
  env: Readonly<Record<string, string | undefined>>
  signal?: AbortSignal | undefined
  /** Called before the long work, when it is needed. */
  onCompile?: () => void
}

/**
 * Compiling core takes about 20 seconds for each target specification. It is done once, for an empty crate, and the
 * resulting target folder is what a new project starts with. A target folder shared by projects would be simpler, but cargo
 * tells two packages of the same name in it apart by the time of their files only, and so takes the one's kernel for the other's.
 * @param targetDir of the project; nothing happens when it exists
 * @returns whether core had to be compiled
 */
export async function plantCore(build: CoreBuild, targetDir: string): Promise<boolean> {
  if (await exists(targetDir)) return false
  const specification = await readFile(build.targetFile)
  // cargo names its folders by the file's name, so the name counts as well as the content.
  const variables = Object.entries(build.env).flatMap(([name, value]) => (FINGERPRINTED.test(name) && value !== undefined ? [`${name}=${value}`] : []))
  const key = contentKey([...variables.toSorted(), build.tools.rustc, build.tools.rustcVersion, build.tools.librarySource, basename(build.targetFile), specification, ...build.args])
  const seed = join(await cacheFolder('cargo-core'), key.slice(0, 32))
  const compiled = !(await exists(seed))
  if (compiled) build.onCompile?.()
  // When core does not compile, the project's own build will say why.
  if (compiled && !(await compileSeed(build, specification, seed))) return true
  const temporary = `${targetDir}.${randomBytes(6).toString('hex')}.tmp`
  try {
    // cargo goes by the times of files, so they are kept.
    await cp(seed, temporary, { recursive: true, preserveTimestamps: true, mode: constants.COPYFILE_FICLONE })
    await settle(temporary, targetDir)
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
  return compiled
}

async function compileSeed({ tools, targetFile, args, env, signal }: CoreBuild, specification: Uint8Array, seed: string): Promise<boolean> {
  const dir = `${seed}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await mkdir(join(dir, 'src'), { recursive: true })
    await writeFile(join(dir, 'Cargo.toml'), '[package]\nname = "bootlab_core_seed"\nversion = "0.0.0"\nedition = "2021"\n\n[workspace]\n')
    await writeFile(join(dir, 'src', 'lib.rs'), '#![no_std]\n')
    await writeFile(join(dir, basename(targetFile)), specification)
    const result = await runProcess({ command: tools.cargo, args: ['build', '--lib', '--target', basename(targetFile), '--target-dir', 'target', ...args], cwd: dir, env, signal })
    if (result.code === 0) await settle(join(dir, 'target'), seed)
    return result.code === 0
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** Move a folder to its place; when another build was faster, its folder is as good. */
async function settle(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    if (!['EEXIST', 'ENOTEMPTY', 'EPERM'].includes(systemErrorCode(error) ?? '') || !(await exists(to))) throw error
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
