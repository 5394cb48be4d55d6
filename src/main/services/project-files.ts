/** The files of a project, as the editor sees them. Nothing outside the project's folder is read or written. */
import { createHash } from 'node:crypto'
import { lstat, mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { MAX_TEXT_LENGTH, type FileEntry, type FileText } from '../../shared/contract'
import { LabError } from '../../shared/failure'
import { MAX_LISTED_FILES } from '../../shared/files'
import { writeFileAtomically } from '../files/atomic'
import { KeyedQueue } from '../files/keyed-queue'
import { isMissing, notFound, placeOf } from './project-places'

/** What builds leave: listed when somebody asks for it. */
const resultFolders: ReadonlySet<string> = new Set(['build', 'target'])
/** What is no part of a project's sources, and large. */
const foreignFolders: ReadonlySet<string> = new Set(['.git', 'node_modules'])

/** Whether a listing, a search or the watch passes over a folder. */
export const isHiddenFolder = (name: string, results = false): boolean => foreignFolders.has(name) || (!results && resultFolders.has(name))

/** A character takes at most three bytes of UTF-8 per UTF-16 unit. */
const MAX_BYTES = MAX_TEXT_LENGTH * 3

export class ProjectFiles {
  readonly #queue = new KeyedQueue()

  /**
   * All files and folders, sorted by path; at most `MAX_LISTED_FILES`. Symbolic links are not followed.
   * @param results whether what builds leave is listed, too
   */
  async list(directory: string, results = false): Promise<FileEntry[]> {
    const entries: FileEntry[] = []
    const visit = async (folder: string, prefix: string): Promise<void> => {
      for (const entry of await readdir(folder, { withFileTypes: true })) {
        if (entries.length >= MAX_LISTED_FILES) return
        const path = prefix + entry.name
        if (entry.isDirectory() && !isHiddenFolder(entry.name, results)) {
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
    return readText(await placeOf(directory, path), path)
  }

  /**
   * @param baseVersion the version the text was typed over; absent to write in any case
   * @throws LabError `file-changed` when the stored file is another one; `outside`
   * @returns the new version
   */
  async write(directory: string, path: string, text: string, baseVersion?: string): Promise<string> {
    const file = await placeOf(directory, path)
    return this.#queue.run(file, async () => {
      if (baseVersion !== undefined) await requireVersion(file, path, baseVersion)
      const bytes = new TextEncoder().encode(text)
      await mkdir(dirname(file), { recursive: true })
      await writeFileAtomically(file, bytes)
      return versionOf(bytes)
    })
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
