import { constants, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { basename, join } from 'node:path'
import { cacheFolder, contentKey, markUsed } from '../cache'
import { runProcess } from '../process'
import type { RustTools } from './locate'
import { exists, settle } from './settle'

/** Variables by which cargo knows whether what was compiled still fits: the linker, whose path moves with Bootlab, among them. */
const FINGERPRINTED = /^(CARGO_(BUILD|ENCODED|PROFILE|TARGET)_|RUSTC|RUSTFLAGS)/

/** What decides how core is compiled. */
export interface CoreBuild {
  tools: RustTools
  /** A built-in target's name, or the absolute path of a specification. */
  target: string
  /** cargo's arguments that concern core: profile and -Z options, and the registry to take its crates from. */
  args: readonly string[]
  env: Readonly<Record<string, string | undefined>>
  /** The workspace's Cargo.toml: its profiles count for core, too. */
  workspaceManifest: string
  /** What in cargo's configuration makes a difference to core, as JSON, and the files that say so: existing or not, the nearest first. */
  config: { effects: string; files: readonly string[] }
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
  const specification = build.target.endsWith('.json') ? await readFile(build.target) : ''
  const profiles = profileSections(await readFile(build.workspaceManifest, 'utf8'))
  const configs = build.config.effects === '{}' ? [] : await existing(build.config.files)
  // cargo names its folders by the file's name, so the name counts as well as the content.
  const variables = Object.entries(build.env).flatMap(([name, value]) => (FINGERPRINTED.test(name) && value !== undefined ? [`${name}=${value}`] : []))
  const { rustc, rustcVersion, librarySource } = build.tools
  const key = contentKey([...variables.toSorted(), rustc, rustcVersion, librarySource, basename(build.target), specification, profiles, build.config.effects, ...build.args])
  const seed = join(await cacheFolder('cargo-core'), key.slice(0, 32))
  const compiled = !(await markUsed(seed))
  if (compiled) build.onCompile?.()
  // When core does not compile, the project's own build will say why.
  if (compiled && !(await compileSeed(build, { specification, profiles, configs }, seed))) return true
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

interface SeedInputs {
  specification: Uint8Array | string
  profiles: string
  configs: readonly string[]
}

async function compileSeed({ tools, target, args, env, signal }: CoreBuild, { specification, profiles, configs }: SeedInputs, seed: string): Promise<boolean> {
  const dir = `${seed}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await mkdir(join(dir, 'src'), { recursive: true })
    await writeFile(join(dir, 'Cargo.toml'), `[package]\nname = "bootlab_core_seed"\nversion = "0.0.0"\nedition = "2021"\n\n[workspace]\n\n${profiles}`)
    await writeFile(join(dir, 'src', 'lib.rs'), '#![no_std]\n')
    if (target.endsWith('.json')) await writeFile(join(dir, basename(target)), specification)
    // The farthest first: a later one wins over an earlier one, as a nearer file over a farther one.
    const settings = configs.toReversed().flatMap((path) => ['--config', path])
    const result = await runProcess({ command: tools.cargo, args: ['build', '--lib', '--target', basename(target), '--target-dir', 'target', ...settings, ...args], cwd: dir, env, signal })
    if (result.code === 0) await settle(join(dir, 'target'), seed)
    return result.code === 0
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** The `[profile…]` tables of a Cargo.toml, as text: they decide how core is compiled. Overrides for single packages have no meaning without them. */
export function profileSections(manifest: string): string {
  const sections = manifest.split(/^(?=\s*\[)/m)
  return sections.filter((section) => /^\s*\[\s*profile\./.test(section) && !/^\s*\[\s*profile\.[^\]]*\.package\b/.test(section)).join('\n')
}

async function existing(paths: readonly string[]): Promise<string[]> {
  return (await Promise.all(paths.map(async (path) => ((await exists(path)) ? [path] : [])))).flat()
}
