/** Projects as the doors show them. */
import { basename, resolve } from 'node:path'
import type { ProjectInfo } from '../../shared/contract'
import { createProject, filesToOpen, MANIFEST_FILE, memorySize, openProject, ProjectError, type Manifest, type Project } from '../project'

/** What each kind of manifest is written in, as the window shows it. */
const languages = { c: 'C', rust: 'Rust', 'boot-sector': 'Assembly' } as const satisfies Record<Manifest['kind'], string>

/**
 * Opens a project for the editor. One whose manifest has mistakes opens too, with `problems`, so that they can be mended.
 * @throws ProjectError when the folder holds no manifest
 */
export async function openForEditing(path: string): Promise<ProjectInfo> {
  try {
    return describeProject(await openProject(path))
  } catch (error) {
    if (!(error instanceof ProjectError) || error.problems.length === 0) throw error
    const directory = resolve(path)
    return {
      directory,
      name: basename(directory),
      language: '',
      entry: MANIFEST_FILE,
      open: [MANIFEST_FILE],
      problems: [...error.problems],
      memoryMiB: 128,
      commandLine: '',
    }
  }
}

export async function createFromTemplate(templatesDir: string, template: string, directory: string, name?: string): Promise<ProjectInfo> {
  return describeProject(await createProject({ templatesDir, template, dir: directory, ...(name === undefined ? {} : { name }) }))
}

function describeProject({ dir, manifest }: Project): ProjectInfo {
  const open = filesToOpen(manifest)
  const source = open.find((path) => path !== manifest.target && path !== MANIFEST_FILE)
  return {
    directory: dir,
    name: manifest.name,
    language: languages[manifest.kind],
    target: manifest.target,
    entry: source ?? MANIFEST_FILE,
    open,
    problems: [],
    memoryMiB: Math.floor(memoryOf(manifest) / 2 ** 20),
    commandLine: manifest.run.append,
  }
}

/** Bytes of guest memory that a manifest asks for. */
export function memoryOf(manifest: Manifest): number {
  const size = memorySize(manifest.run.memory)
  // The manifest's schema has checked it.
  if (!size.ok) throw new Error(`run.memory passed the schema but is no size: ${size.why}`)
  return size.bytes
}
