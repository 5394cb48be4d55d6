import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Problem } from '../../shared/problems'
import { MANIFEST_FILE } from './manifest'
import { sourcePathOf, type NativeSettings, type SourceEntry } from './manifest-parts'
import { resolveInside } from './paths'

/** A file to compile, with all that decides how. */
export interface SourceFile {
  /** Relative to the project. */
  path: string
  language: 'c' | 'gnu-assembly' | 'nasm'
  includeDirs: readonly string[]
  defines: Readonly<Record<string, string | number>>
  optimize: NativeSettings['optimize']
  warnings: NativeSettings['warnings']
  standard?: NativeSettings['standard']
  /** Further arguments of the file's compiler or assembler. */
  flags: readonly string[]
}

/** Folders of results and of other tools: patterns do not look into them. */
const PASSED_OVER: ReadonlySet<string> = new Set(['build', 'target', 'node_modules'])

/**
 * The files that `sources` names, each once, at the place of its first mention, with the settings of all entries that name it:
 * lists are joined, other settings are those of the last entry.
 * @throws ProjectError for a file that does not exist or lies outside the project; a pattern without files is a problem of the result
 */
export async function expandSources(projectDir: string, settings: NativeSettings): Promise<{ files: SourceFile[]; problems: Problem[] }> {
  const files = new Map<string, SourceFile>()
  const problems: Problem[] = []
  const names = settings.sources.some((entry) => sourcePathOf(entry).includes('*')) ? await sourceNames(projectDir) : []
  for (const entry of settings.sources) {
    const path = sourcePathOf(entry)
    const named = path.includes('*') ? names.filter((name) => pattern(path).test(name)) : [path]
    if (named.length === 0) {
      problems.push({ severity: 'error', source: 'manifest', file: MANIFEST_FILE, message: `The pattern ${JSON.stringify(path)} of "sources" fits no file.`, next: 'Correct it: * stands for any part of a name, ** for any folders.' })
    }
    for (const name of named) {
      const file = withEntry(files.get(name) ?? plainFile(name, settings), entry)
      if (file.language === 'c' && typeof entry === 'object' && entry.assembler !== undefined) {
        problems.push({ severity: 'error', source: 'manifest', file: MANIFEST_FILE, message: `${name} is C, so no assembler reads it.`, next: 'Take "assembler" out of its entry.' })
      }
      files.set(name, file)
    }
  }
  for (const { path } of files.values()) await resolveInside(projectDir, path, 'source')
  for (const folder of new Set([...files.values()].flatMap(({ includeDirs }) => includeDirs))) await resolveInside(projectDir, folder, 'include folder')
  return { files: [...files.values()], problems }
}

function plainFile(path: string, { includeDirs, defines, optimize, warnings, standard, flags }: NativeSettings): SourceFile {
  const language = path.endsWith('.c') ? 'c' : path.endsWith('.asm') ? 'nasm' : 'gnu-assembly'
  // The project's own flags are clang's; nasm gets those of its entries.
  return { path, language, includeDirs, defines, optimize, warnings, standard, flags: language === 'nasm' ? [] : flags }
}

function withEntry(file: SourceFile, entry: SourceEntry): SourceFile {
  if (typeof entry === 'string') return file
  const { assembler, includeDirs = [], defines, flags = [], optimize, warnings, standard } = entry
  const language = file.language === 'c' || assembler === undefined ? file.language : assembler === 'nasm' ? 'nasm' : 'gnu-assembly'
  const inherited = language === 'nasm' && file.language !== 'nasm' ? [] : file.flags
  return {
    path: file.path,
    language,
    includeDirs: [...file.includeDirs, ...includeDirs],
    defines: { ...file.defines, ...defines },
    optimize: optimize ?? file.optimize,
    warnings: warnings ?? file.warnings,
    standard: standard ?? file.standard,
    flags: [...inherited, ...flags],
  }
}

/** A pattern as a regular expression over paths with forward slashes. */
function pattern(glob: string): RegExp {
  const parts = glob.split(/(\*\*\/|\*)/).map((part) => (part === '**/' ? '(?:[^/]+/)*' : part === '*' ? '[^/]*' : part.replaceAll(/[\\^$+?.()|[\]{}]/g, '\\$&')))
  return new RegExp(`^${parts.join('')}$`)
}

/** All files of a project that can be sources, sorted, so that a build is the same on each computer. */
async function sourceNames(projectDir: string): Promise<string[]> {
  const found: string[] = []
  const visit = async (folder: string): Promise<void> => {
    for (const entry of await readdir(join(projectDir, folder), { withFileTypes: true })) {
      const path = `${folder}${entry.name}`
      if (entry.isDirectory() && !entry.name.startsWith('.') && !(folder === '' && PASSED_OVER.has(entry.name))) await visit(`${path}/`)
      else if (entry.isFile() && /\.(c|S|s|asm)$/.test(entry.name)) found.push(path)
    }
  }
  await visit('')
  return found.toSorted((a, b) => (a < b ? -1 : 1))
}
