/** The doctor for a project's folder: reads what it looks at, and writes what is to be mended. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Diagnosis, Repair } from '../../shared/diagnosis'
import { LabError } from '../../shared/failure'
import { MANIFEST_FILE, openProject, ProjectError, type Manifest } from '../project'
import { diagnose, NEWEST, type CompilerFacts } from '../project/doctor'
import { compilerFacts } from '../toolchain/compiler-facts'
import { writeFileAtomically } from '../files/atomic'

/** Folders that hold nothing a person wrote for this kernel. */
const SKIPPED: ReadonlySet<string> = new Set(['build', 'target', 'node_modules', '.git'])
const MAX_FILES = 500
const MAX_BYTES = 1 << 20
const MAX_DEPTH = 8

/** Text that is not saved yet, instead of a file's. */
export interface Unsaved {
  readonly path: string
  readonly text: string
}

export class ProjectDoctor {
  /** rustc's words by project folder: asking takes a while, and the editor asks after each pause in typing. */
  readonly #facts = new Map<string, Promise<CompilerFacts | undefined>>()

  /**
   * What is wrong with a folder's target specifications, and with the sources and cargo files around them.
   * @returns undefined when the folder holds no specification
   * @throws LabError when the folder cannot be read
   */
  async diagnose(directory: string, unsaved: readonly Unsaved[] = [], signal?: AbortSignal): Promise<Diagnosis | undefined> {
    const root = resolve(directory)
    const manifest = await manifestOf(root)
    const top = await listFiles(root, 0)
    const language = manifest?.kind === 'rust' || (manifest?.kind !== 'c' && manifest?.kind !== 'boot-sector' && top.includes('Cargo.toml')) ? 'rust' : 'c'
    const all = language === 'rust' ? await listFiles(root, MAX_DEPTH) : top
    const read = async (path: string): Promise<string | undefined> => unsaved.find((one) => one.path === path)?.text ?? readText(join(root, path))
    const specs = await specsOf(manifest, all, read)
    const looked = [...specs, ...(language === 'rust' ? all.filter(isRustFile) : [])]
    const texts = await Promise.all([...new Set(looked)].map(async (path) => [path, await read(path)] as const))
    const files = new Map(texts.filter((entry): entry is readonly [string, string] => entry[1] !== undefined))
    if (specs.length === 0 && language === 'c') return undefined
    const compiler = language === 'rust' ? ((await this.#compiler(root, signal)) ?? NEWEST) : NEWEST
    return diagnose({ files, specs, language, compiler })
  }

  /** Asks rustc again the next time: it may be another by now. */
  forget(): void {
    this.#facts.clear()
  }

  #compiler(root: string, signal: AbortSignal | undefined): Promise<CompilerFacts | undefined> {
    const known = this.#facts.get(root)
    if (known) return known
    const asked = compilerFacts(root, signal)
    this.#facts.set(root, asked)
    // Cancelled, or rustc did not run: the next one asks anew.
    asked.catch(() => this.#facts.delete(root))
    return asked
  }
}

/**
 * Writes repaired files, each whole or not at all.
 * @throws LabError, naming the file, when one cannot be written; those before it are
 */
export async function writeRepairs(directory: string, repairs: readonly Repair[]): Promise<void> {
  for (const { path, text } of repairs) {
    const file = join(resolve(directory), path)
    try {
      // One after the other, so that the files before a failing one are known to be written.
      // eslint-disable-next-line no-await-in-loop
      await writeFileAtomically(file, text)
    } catch (error) {
      if (!(error instanceof Error) || error instanceof LabError) throw error
      throw new LabError({ code: 'unwritable', what: `The repaired file cannot be written: ${error.message}.`, where: file, next: 'Check its permissions and the space on the disk; the diff shows what would change.' }, { cause: error })
    }
  }
}

const isRustFile = (path: string): boolean => path.endsWith('.rs') || /(^|\/)Cargo\.toml$/.test(path) || ['.cargo/config', 'Xargo.toml', 'rust-toolchain', 'rust-toolchain.toml'].includes(path)

/** The manifest, when there is one that can be read. Its mistakes are shown by whoever opens the project. */
async function manifestOf(root: string): Promise<Manifest | undefined> {
  try {
    return (await openProject(root)).manifest
  } catch (error) {
    if (error instanceof ProjectError) return undefined
    throw error
  }
}

/** The specifications that a manifest names; without one, what looks like some at the top of the folder. */
async function specsOf(manifest: Manifest | undefined, files: readonly string[], read: (path: string) => Promise<string | undefined>): Promise<string[]> {
  const targets = manifest === undefined ? [] : ['target' in manifest ? manifest.target : undefined, ...(manifest.kind === 'disk' ? manifest.parts.map(({ target }) => target) : [])]
  const named = targets.filter((target): target is string => target?.endsWith('.json') === true)
  if (named.length > 0) return [...new Set(named)]
  const candidates = files.filter((path) => path.endsWith('.json') && !path.includes('/') && path !== MANIFEST_FILE)
  const texts = await Promise.all(candidates.map(read))
  return candidates.filter((_, index) => /"llvm[-_]target"/.test(texts[index] ?? ''))
}

/** Paths of files that may matter, to a depth; at most 500. */
async function listFiles(root: string, maxDepth: number): Promise<string[]> {
  const found: string[] = []
  const visit = async (prefix: string, depth: number): Promise<void> => {
    const entries = await readdir(join(root, prefix), { withFileTypes: true })
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (found.length >= MAX_FILES) return
      const path = prefix + entry.name
      // In order, so that the limit cuts off the same files each time.
      // eslint-disable-next-line no-await-in-loop
      if (entry.isDirectory() && !SKIPPED.has(entry.name) && depth < maxDepth) await visit(`${path}/`, depth + 1)
      else if (entry.isFile() && (isRustFile(path) || path.endsWith('.json'))) found.push(path)
    }
  }
  try {
    await visit('', 0)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    throw new LabError({ code: 'not-found', what: `The folder cannot be read: ${error.message}.`, where: root, next: 'Name the folder of a project.' }, { cause: error })
  }
  return found
}

/** Undefined for what is gone, too large, or not text. */
async function readText(file: string): Promise<string | undefined> {
  try {
    if ((await stat(file)).size > MAX_BYTES) return undefined
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(file))
  } catch (error) {
    if (error instanceof TypeError || (error instanceof Error && 'code' in error)) return undefined
    throw error
  }
}
