import { stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { ProjectError, systemErrorCode } from './errors'
import { MANIFEST_FILE, readManifest, type Manifest } from './manifest'
import { sourcePathOf, type SourceEntry } from './manifest-parts'

/** A project that was opened: its folder (absolute) and its manifest as it was read. */
export interface Project {
  readonly dir: string
  readonly manifest: Manifest
}

/** Where builds put their results, relative to the project. */
export const BUILD_DIR = 'build'

/**
 * Open the project in a folder (or the one whose `bootlab.json` is named).
 * @throws ProjectError when there is none, or its manifest has mistakes
 */
export async function openProject(path: string): Promise<Project> {
  const dir = basename(path) === MANIFEST_FILE ? dirname(resolve(path)) : resolve(path)
  await requireFolder(dir)
  return { dir, manifest: await readManifest(join(dir, MANIFEST_FILE)) }
}

/** The files of a project that an editor opens first, relative to it. */
export function filesToOpen(manifest: Manifest): string[] {
  if (manifest.open !== undefined && manifest.open.length > 0) return manifest.open
  const target = 'target' in manifest ? manifest.target : undefined
  const files = [target, firstSource(manifest)].filter((path) => path !== undefined)
  return files.length > 0 ? files : [MANIFEST_FILE]
}

/** The first file that is named as such; a pattern names none. */
function firstSource(manifest: Manifest): string | undefined {
  const plain = (entries: readonly SourceEntry[] = []): string | undefined => entries.map(sourcePathOf).find((path) => !path.includes('*'))
  if (manifest.kind === 'rust') return 'src/main.rs'
  if (manifest.kind === 'disk') return plain(manifest.parts.flatMap(({ sources }) => sources ?? []))
  return 'sources' in manifest ? plain(manifest.sources) : undefined
}

async function requireFolder(dir: string): Promise<void> {
  const refuse = (why: string, cause?: unknown): ProjectError =>
    new ProjectError({
      what: 'There is no project here',
      where: dir,
      why,
      next: `Name a folder that holds ${MANIFEST_FILE}, or make one with \`bootlab new\`.`,
      cause,
    })
  try {
    if (!(await stat(dir)).isDirectory()) throw refuse('The path is a file, and a project is a folder.')
    await stat(join(dir, MANIFEST_FILE)).catch((cause: unknown) => Promise.reject(systemErrorCode(cause) === 'ENOENT' ? refuse(`The folder holds no ${MANIFEST_FILE}.`, cause) : cause))
  } catch (cause) {
    if (cause instanceof ProjectError) throw cause
    throw refuse(systemErrorCode(cause) === 'ENOENT' ? 'The folder does not exist.' : `The folder cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`, cause)
  }
}
