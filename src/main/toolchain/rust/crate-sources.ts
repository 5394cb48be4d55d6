/**
 * One folder that holds the crates of core (which come with rust-src) and those of the kernel (which cargo has fetched): a directory
 * source (The Cargo Book, "Source Replacement"). With it a build never asks the network, and replacing crates.io hides nothing.
 */
import { randomBytes } from 'node:crypto'
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { cacheFolder, contentKey, markUsed } from '../cache'
import { systemErrorCode, ToolError } from '../errors'
import type { CargoFacts } from './cargo-facts'
import { exists, settle } from './settle'

/** What makes cargo take crates from a folder instead of crates.io. */
export function sourceArgs(folder: string): string[] {
  return ['--offline', '--config', 'source.crates-io.replace-with="bootlab-crates"', '--config', `source.bootlab-crates.directory=${JSON.stringify(folder)}`]
}

/**
 * @param vendored core's own crates: `library/vendor` of rust-src
 * @returns the folder; `vendored` itself when the kernel has no crates
 */
export async function joinCrates(vendored: string, { workspaceRoot, crates }: Pick<CargoFacts, 'workspaceRoot' | 'crates'>): Promise<string> {
  if (crates.length === 0) return vendored
  const checksums = lockedChecksums(await readFile(join(workspaceRoot, 'Cargo.lock'), 'utf8'))
  const wanted = crates.map((crate) => ({ ...crate, checksum: checksums.get(`${crate.name} ${crate.version}`) ?? '' })).toSorted((a, b) => (a.folder < b.folder ? -1 : 1))
  const core = (await readdir(vendored)).filter((name) => !name.startsWith('.'))
  const key = contentKey([vendored, ...core.toSorted(), ...wanted.flatMap(({ folder, checksum }) => [folder, checksum])])
  const joined = join(await cacheFolder('crate-sources'), key.slice(0, 32))
  if (await markUsed(joined)) return joined

  const temporary = `${joined}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await mkdir(temporary)
    const taken = new Set<string>()
    for (const crate of wanted) {
      const name = `${crate.name}-${crate.version}`
      taken.add(name)
      await link(await checkedCopy(crate), join(temporary, name))
    }
    // A crate that both have is the same: crates.io never changes a version.
    for (const name of core) if (!taken.has(name)) await link(join(vendored, name), join(temporary, name))
    await settle(temporary, joined)
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
  return joined
}

/** A directory source wants a file beside each crate that states the checksum of Cargo.lock; cargo's own copy has none. */
async function checkedCopy({ name, version, folder, checksum }: { name: string; version: string; folder: string; checksum: string }): Promise<string> {
  if (await exists(join(folder, CHECKSUM_FILE))) return folder
  const copy = join(await cacheFolder('crates'), `${name}-${version}-${contentKey([folder, checksum]).slice(0, 12)}`)
  if (await markUsed(copy)) return copy
  const temporary = `${copy}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await cp(folder, temporary, { recursive: true, preserveTimestamps: true })
    await writeFile(join(temporary, CHECKSUM_FILE), JSON.stringify({ files: {}, package: checksum }))
    await settle(temporary, copy)
  } catch (cause) {
    if (systemErrorCode(cause) === undefined) throw cause
    throw new ToolError({
      what: `The sources of the crate ${name} ${version} cannot be copied`,
      where: basename(folder),
      why: `The operating system said: ${cause instanceof Error ? cause.message : String(cause)}.`,
      next: 'Get the crate again with: cargo fetch',
      cause,
    })
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
  return copy
}

const CHECKSUM_FILE = '.cargo-checksum.json'

/** The checksums of Cargo.lock, by "name version". cargo writes this file, one key to a line. */
export function lockedChecksums(lock: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const block of lock.split('[[package]]').slice(1)) {
    const value = (key: string): string | undefined => new RegExp(`^${key} = "([^"]*)"`, 'm').exec(block)?.[1]
    const [name, version, checksum] = [value('name'), value('version'), value('checksum')]
    if (name !== undefined && version !== undefined && checksum !== undefined) found.set(`${name} ${version}`, checksum)
  }
  return found
}

/** A junction on Windows, which needs no privilege. */
async function link(target: string, path: string): Promise<void> {
  await symlink(target, path, 'junction')
}
