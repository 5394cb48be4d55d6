import type { Dirent } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, posix } from 'node:path'
import { ProjectError, systemErrorCode } from '../errors'

/** Files of a kernel's tree: paths with forward slashes, sorted, relative to its folder. */
export interface SourceTree {
  readonly dir: string
  readonly files: readonly string[]
  /** There are more files than are looked at. */
  readonly cut: boolean
  /** The text of one of `files`; undefined for what is no text, or too long for a source. */
  text(path: string): Promise<string | undefined>
}

/** Folders of results and of tools: no source of a kernel lies there. */
const SKIPPED_FOLDERS: ReadonlySet<string> = new Set(['.git', '.hg', '.svn', '.vscode', '.idea', 'node_modules', 'target', 'build', 'CMakeFiles'])
const MAX_FILES = 5000
const MAX_DEPTH = 12
const MAX_TEXT_BYTES = 1 << 20

/** @throws ProjectError when the folder cannot be read */
export async function readTree(dir: string): Promise<SourceTree> {
  const files: string[] = []
  let cut = false
  const visit = async (prefix: string, depth: number): Promise<void> => {
    for (const entry of await entriesOf(join(dir, prefix))) {
      if (files.length >= MAX_FILES || depth > MAX_DEPTH) {
        cut = true
        return
      }
      const path = prefix + entry.name
      if (entry.isDirectory() && !SKIPPED_FOLDERS.has(entry.name)) await visit(`${path}/`, depth + 1)
      else if (entry.isFile()) files.push(path)
    }
  }
  await visit('', 0)
  return { dir, files: files.toSorted(), cut, text: textReader(dir) }
}

/** The names of the files and folders right in a folder. @throws ProjectError when it cannot be read */
export async function namesIn(dir: string): Promise<{ files: string[]; folders: string[] }> {
  const entries = await entriesOf(dir)
  return { files: entries.filter((entry) => entry.isFile()).map(({ name }) => name), folders: entries.filter((entry) => entry.isDirectory()).map(({ name }) => name) }
}

/**
 * One file as a tree, with the headers beside it that it includes by quotes, and those that they include.
 * @throws ProjectError when the file cannot be read
 */
export async function treeOfFile(path: string, includesOf: (path: string, text: string) => readonly string[]): Promise<SourceTree> {
  const dir = dirname(path)
  const text = textReader(dir)
  const files: string[] = []
  const visit = async (file: string): Promise<void> => {
    if (files.includes(file) || files.length >= MAX_FILES) return
    files.push(file)
    for (const included of includesOf(file, (await text(file)) ?? '')) {
      const beside = posix.join(posix.dirname(file), included)
      if (!beside.startsWith('..') && !posix.isAbsolute(beside) && (await isFile(join(dir, beside)))) await visit(beside)
    }
  }
  await visit(basename(path))
  return { dir, files, cut: false, text }
}

function textReader(dir: string): SourceTree['text'] {
  const read = new Map<string, Promise<string | undefined>>()
  return (path) => {
    const known = read.get(path)
    if (known) return known
    const text = readSourceText(join(dir, ...path.split('/')))
    read.set(path, text)
    return text
  }
}

async function readSourceText(path: string): Promise<string | undefined> {
  try {
    if ((await stat(path)).size > MAX_TEXT_BYTES) return undefined
    return decode(await readFile(path))
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

/** Comments of older sources are often in Latin-1; a file with a zero byte is no text. */
function decode(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    return Buffer.from(bytes).toString('latin1')
  }
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return (await readdir(folder, { withFileTypes: true })).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  } catch (cause) {
    throw unreadable(folder, cause)
  }
}

function unreadable(path: string, cause: unknown): ProjectError {
  const missing = systemErrorCode(cause) === 'ENOENT'
  return new ProjectError({
    what: missing ? 'There is no such file or folder' : 'It cannot be read',
    where: path,
    why: missing ? 'It may have been moved or renamed.' : `The operating system refused: ${cause instanceof Error ? cause.message : String(cause)}.`,
    next: 'Check the path and its permissions.',
    cause,
  })
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}
