/** The files of a project, as the editor sees them. Nothing outside the project's folder is read or written. */
import { createHash } from 'node:crypto'
import { lstat, mkdir, readdir, readFile, realpath, stat } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import { MAX_TEXT_LENGTH, type FileEntry, type FileText } from '../../shared/contract'
import { LabError } from '../../shared/failure'
import { isInside, pathFault } from '../project/paths'
import { writeFileAtomically } from '../files/atomic'
import { KeyedQueue } from '../files/keyed-queue'

/** Results of builds and of other tools: not listed. */
const hiddenFolders: ReadonlySet<string> = new Set(['build', '.git', 'node_modules', 'target'])
const MAX_LISTED = 2000
/** A character takes at most three bytes of UTF-8 per UTF-16 unit. */
const MAX_BYTES = MAX_TEXT_LENGTH * 3

export class ProjectFiles {
  readonly #queue = new KeyedQueue()

  /** All files and folders, sorted by path; at most 2000. Symbolic links are not followed. */
  async list(directory: string): Promise<FileEntry[]> {
    const entries: FileEntry[] = []
    const visit = async (folder: string, prefix: string): Promise<void> => {
      for (const entry of await readdir(folder, { withFileTypes: true })) {
        if (entries.length >= MAX_LISTED) return
        const path = prefix + entry.name
        if (entry.isDirectory() && !hiddenFolders.has(entry.name)) {
          entries.push({ path, kind: 'directory', size: 0 })
          await visit(join(folder, entry.name), `${path}/`)
        } else if (entry.isFile()) {
          entries.push({ path, kind: 'file', size: (await lstat(join(folder, entry.name))).size })
        }
      }
    }
    await visit(directory, '')
    return entries.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  }

  /** @throws LabError `not-found`, `outside`, `too-large`, `not-text` */
  async read(directory: string, path: string): Promise<FileText> {
    return readText(await this.#place(directory, path), path)
  }

  /**
   * @param baseVersion the version the text was typed over; absent to write in any case
   * @throws LabError `file-changed` when the stored file is another one; `outside`
   * @returns the new version
   */
  async write(directory: string, path: string, text: string, baseVersion?: string): Promise<string> {
    const file = await this.#place(directory, path)
    return this.#queue.run(file, async () => {
      if (baseVersion !== undefined) await requireVersion(file, path, baseVersion)
      const bytes = new TextEncoder().encode(text)
      await mkdir(dirname(file), { recursive: true })
      await writeFileAtomically(file, bytes)
      return versionOf(bytes)
    })
  }

  /** The real absolute path of a project's file, which may not exist yet. */
  async #place(directory: string, path: string): Promise<string> {
    const fault = pathFault(path)
    if (fault !== undefined) throw outside(path, `${fault}.`)
    const root = await realpath(directory).catch((error: unknown) => Promise.reject(notFound(error, directory)))
    const file = await realPlace(join(root, ...path.split('/')))
    if (!isInside(root, file) || file === root) throw outside(path, `It leads to ${file}.`)
    return file
  }
}

/** Resolves the links of the part of a path that exists. */
async function realPlace(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (!isMissing(error)) throw error
    const parent = dirname(path)
    return (await realPlace(parent)) + sep + path.slice(parent.length + 1)
  }
}

async function readText(file: string, path: string): Promise<FileText> {
  const refuse = (code: string, what: string, next: string): LabError => new LabError({ code, what, where: path, next })
  let bytes: Uint8Array
  try {
    const found = await stat(file)
    if (!found.isFile()) throw refuse('not-text', 'This is not a file.', 'Choose a file.')
    if (found.size > MAX_BYTES) throw refuse('too-large', `The file has ${found.size} bytes, more than the editor opens.`, 'Open it in another program.')
    bytes = await readFile(file)
  } catch (error) {
    throw error instanceof LabError ? error : notFound(error, path)
  }
  try {
    // A byte order mark is text of the person's: it is kept.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    if (text.length > MAX_TEXT_LENGTH) throw refuse('too-large', 'The file is longer than the editor opens.', 'Open it in another program.')
    return { text, version: versionOf(bytes) }
  } catch (error) {
    if (error instanceof TypeError) throw refuse('not-text', 'The file is not UTF-8 text.', 'Convert it to UTF-8, or open it in another program.')
    throw error
  }
}

async function requireVersion(file: string, path: string, expected: string): Promise<void> {
  const stored = await readFile(file).catch((error: unknown) => {
    if (isMissing(error)) return undefined
    throw error
  })
  if (stored !== undefined && versionOf(stored) === expected) return
  throw new LabError({
    code: 'file-changed',
    what: stored ? 'Another program changed the file since it was opened.' : 'Another program removed the file since it was opened.',
    where: path,
    why: 'Saving now would overwrite that.',
    next: 'Compare the two, then save again to overwrite, or open the file anew.',
  })
}

const versionOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

function outside(path: string, why: string): LabError {
  return new LabError({ code: 'outside', what: 'This path is not a file of the project.', where: path, why, next: 'Name a file inside the project.' })
}

function notFound(error: unknown, where: string): LabError {
  const what = isMissing(error) ? 'There is no such file.' : `It cannot be read: ${error instanceof Error ? error.message : String(error)}`
  return new LabError({ code: isMissing(error) ? 'not-found' : 'unreadable', what, where, next: 'Check the path and its permissions.' }, { cause: error })
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
