/**
 * How each source of a project is compiled, for programs that read sources as the compiler does.
 * Source: "JSON Compilation Database Format Specification" of clang's documentation.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expandSources, ProjectError, readTargetSpec, type Manifest, type NativeSettings, type Project, type SourceFile, type Target } from '../../project'
import { systemErrorCode } from '../errors'
import { targetFlags } from '../target-flags'
import { fileArgs, MEANING_ARGS } from './compile'
import { placeDefines, sizeDefines } from './disk'

export interface CompileCommand {
  /** Absolute: what `file` and paths of `arguments` are relative to. */
  directory: string
  file: string
  arguments: string[]
}

/** A reader is a clang of its own version, and takes the headers that belong to it: stddef.h and its like know the compiler's insides. None of the system's. */
const READER_ARGS = ['-nostdlibinc', ...MEANING_ARGS]

/** Longest list of commands that is taken from a person's own build, in bytes. */
const MAX_OWN_BYTES = 16 << 20

/** Stands for a part's size while nobody knows it: it was not built. */
const UNKNOWN_SIZE = 512

/**
 * The text of a project's compile_commands.json: the flags of its builds, or for a build of the person's own the file that lies in its folder.
 * Undefined when nothing is known: Bootlab does not compile it, or its manifest or target specification has mistakes.
 */
export async function compileCommandsText(project: Project): Promise<string | undefined> {
  if (project.manifest.kind === 'command') return ownCommands(project.dir)
  const commands = await compileCommands(project)
  return commands.length === 0 ? undefined : `${JSON.stringify(commands, undefined, 1)}\n`
}

/** One for each C file. Empty where nothing is known. */
export async function compileCommands(project: Project): Promise<CompileCommand[]> {
  const { dir, manifest } = project
  const commands = await Promise.all(
    unitsOf(manifest).map(async ({ settings, target: path }) => {
      const target = await targetOf(dir, path)
      if (target === undefined) return []
      const { compile } = targetFlags(target)
      const files = await sourcesOf(dir, settings)
      return files.filter(({ language }) => language === 'c').map((file) => ({ directory: dir, file: file.path, arguments: ['clang', ...READER_ARGS, ...fileArgs(file, compile), '-c', file.path] }))
    }),
  )
  return commands.flat()
}

/** Flags for files of a project whose build nobody knows: a kernel's, with headers looked for in the given folders. */
export const fallbackFlags = (includeDirs: readonly string[]): string[] => [...READER_ARGS, ...includeDirs.flatMap((dir) => ['-I', dir])]

interface Unit {
  settings: NativeSettings
  /** Path of the target specification. */
  target: string
}

function unitsOf(manifest: Manifest): Unit[] {
  if (manifest.kind === 'c' || manifest.kind === 'boot-sector') return [{ settings: manifest, target: manifest.target }]
  if (manifest.kind !== 'disk') return []
  const places = placeDefines(manifest)
  return manifest.parts.flatMap((part, index) => {
    if (part.sources === undefined) return []
    const later = manifest.parts.slice(index + 1).map(({ name }) => sizeDefines(name, UNKNOWN_SIZE))
    const settings = { ...part, sources: part.sources, defines: Object.assign({}, places, ...later, part.defines) }
    return [{ settings, target: part.target ?? manifest.target }]
  })
}

async function targetOf(dir: string, path: string): Promise<Target | undefined> {
  const result = await unlessMistaken(() => readTargetSpec(dir, path))
  return result?.ok ? result.target : undefined
}

const sourcesOf = async (dir: string, settings: NativeSettings): Promise<readonly SourceFile[]> => (await unlessMistaken(() => expandSources(dir, settings)))?.files ?? []

/** What is wrong with a project is told by its build. */
async function unlessMistaken<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ProjectError) return undefined
    throw error
  }
}

async function ownCommands(dir: string): Promise<string | undefined> {
  try {
    const bytes = await readFile(join(dir, 'compile_commands.json'))
    return bytes.length <= MAX_OWN_BYTES ? bytes.toString('utf8') : undefined
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error
    return undefined
  }
}
