/** Projects as the doors show them. */
import { stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { ProjectInfo, Template } from '../../shared/contract'
import { createProject, filesToOpen, listTemplates, MANIFEST_FILE, memorySize, openProject, ProjectError, type Manifest, type Project } from '../project'
import type { Locations } from './locations'

export { memorySize } from '../project'

/** What each kind of manifest is written in, as the window shows it. */
const languages = { c: 'C', rust: 'Rust', 'boot-sector': 'Assembly', disk: 'Assembly', command: 'Command', prebuilt: 'Prebuilt' } as const satisfies Record<Manifest['kind'], string>

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

const templatesFolder = ({ resources }: Locations): string => join(resources, 'templates')

/** In the order in which they are shown. */
export async function availableTemplates(locations: Locations): Promise<Template[]> {
  return (await listTemplates(templatesFolder(locations))).map(({ id, title, teaches, language, step }) => ({ id, title, teaches, language, step }))
}

/** The folder of the project that a path names by itself or by its manifest; undefined when it names another file or nothing. */
export async function projectDirectoryOf(path: string): Promise<string | undefined> {
  if (basename(path) === MANIFEST_FILE) return dirname(path)
  const found = await stat(path).catch((error: unknown) => {
    // Whoever reads the path as a file says what is wrong with it.
    if (error instanceof Error && 'code' in error) return undefined
    throw error
  })
  return found?.isDirectory() ? path : undefined
}

/** @throws ProjectError for an unknown template or a folder that is not empty */
export async function createFromTemplate(locations: Locations, template: string, directory: string, name?: string): Promise<ProjectInfo> {
  return describeProject(await createProject({ templatesDir: templatesFolder(locations), template, dir: directory, ...(name === undefined ? {} : { name }) }))
}

function describeProject({ dir, manifest }: Project): ProjectInfo {
  const open = filesToOpen(manifest)
  const target = 'target' in manifest ? manifest.target : undefined
  const source = open.find((path) => path !== target && path !== MANIFEST_FILE)
  return {
    directory: dir,
    name: manifest.name,
    language: languages[manifest.kind],
    ...(target === undefined ? {} : { target }),
    entry: source ?? MANIFEST_FILE,
    open,
    problems: [],
    memoryMiB: Math.floor(memoryOf(manifest) / 2 ** 20),
    ...(manifest.run.cpu === undefined ? {} : { cpu: manifest.run.cpu }),
    ...(manifest.run.cpus === undefined ? {} : { cpus: manifest.run.cpus }),
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
