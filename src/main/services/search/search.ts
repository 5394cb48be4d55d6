/** Searches a project: walks its files, and has a thread look into each. */
import picomatch from 'picomatch'
import { readFile } from 'node:fs/promises'
import type { StreamArgs, StreamEnds } from '../../../shared/contract'
import { MAX_MATCHES, type SearchFile } from '../../../shared/search'
import type { ProjectFiles } from '../project-files'
import { isMissing, placeOf } from '../project-places'
import { Finder } from './finder'

/** A file that is larger is no source. */
const MAX_BYTES = 2_000_000
/** Where a NUL byte gives away that a file is not text. */
const PROBED = 8192

/** @param options.worker the built thread */
export async function searchProject(
  files: ProjectFiles,
  { directory, query, unsaved }: StreamArgs['search.run'],
  { emit, signal, worker }: { emit(file: SearchFile): void; signal: AbortSignal; worker: URL },
): Promise<StreamEnds['search.run']> {
  const wanted = pathFilter(query.include, query.exclude)
  const typed = new Map(unsaved.map(({ path, text }) => [path, text]))
  const stored = (await files.list(directory)).flatMap(({ path, kind, size }) => (kind === 'file' && size <= MAX_BYTES ? [path] : []))
  const paths = [...new Set([...stored, ...typed.keys()])].filter(wanted).toSorted()
  const finder = new Finder(worker)
  let [found, left] = [0, MAX_MATCHES]
  try {
    for (const path of paths) {
      const text = typed.get(path) ?? (await textOf(directory, path))
      if (text === undefined) continue
      const matches = await finder.find({ text, pattern: patternOf(query), limit: left + 1 }, path, signal)
      if (matches.length === 0) continue
      emit({ path, matches: matches.slice(0, left) })
      found++
      left -= matches.length
      if (left < 0) return { files: found, limited: true }
    }
    return { files: found, limited: false }
  } finally {
    await finder.end()
  }
}

const patternOf = ({ text, regex, caseSensitive, wholeWord, replacement }: StreamArgs['search.run']['query']) => ({
  text,
  regex,
  caseSensitive,
  wholeWord,
  ...(replacement === undefined ? {} : { replacement }),
})

/** @returns undefined for what is no text, or gone by now */
async function textOf(directory: string, path: string): Promise<string | undefined> {
  try {
    const bytes = await readFile(await placeOf(directory, path))
    return bytes.subarray(0, PROBED).includes(0) ? undefined : new TextDecoder('utf-8', { ignoreBOM: true, fatal: true }).decode(bytes)
  } catch (error) {
    // Not UTF-8: the editor would not open it either.
    if (error instanceof TypeError || isMissing(error)) return undefined
    if (error instanceof Error && 'code' in error && error.code === 'EACCES') return undefined
    throw error
  }
}

/** Whether a path is searched. A folder's name stands for all that is in it, as in other editors. */
export function pathFilter(include: string, exclude: string): (path: string) => boolean {
  const [included, excluded] = [globsOf(include), globsOf(exclude)]
  return (path) => (included === undefined || included(path)) && !excluded?.(path)
}

function globsOf(list: string): ((path: string) => boolean) | undefined {
  const globs = list
    .split(/,(?![^{]*\})/)
    .map((glob) => glob.trim().replace(/^\.?\//, '').replace(/\/$/, ''))
    .filter((glob) => glob !== '')
    .flatMap((glob) => [glob, `${glob}/**`].flatMap((one) => (one.startsWith('**/') || glob.includes('/') ? [one] : [one, `**/${one}`])))
  return globs.length === 0 ? undefined : picomatch(globs, { dot: true })
}
