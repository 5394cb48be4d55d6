import { copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { applyEdits, modify } from 'jsonc-parser'
import { z } from 'zod'
import { ProjectError, systemErrorCode } from './errors'
import { MANIFEST_FILE, nameFault } from './manifest'
import { openProject, type Project } from './project'

const TEMPLATE_FILE = 'template.json'

/** The tracks, in the order in which they are shown. */
const TRACKS = ['C', 'Rust', 'Assembly'] as const

const templateSchema = z.strictObject({
  title: z.string().min(1),
  /** One sentence. */
  teaches: z.string().min(1),
  /** The track that it belongs to. */
  language: z.enum(TRACKS),
  /** Place in the track, from 1 without gaps. */
  step: z.number().int().positive(),
  /** The template whose files it starts from; its own come over them. */
  extends: z.string().optional(),
  /** What the screen shows when it runs; for one that ends with an exit code, what it sends to COM1. */
  prints: z.string().min(1),
  /** What to type then, and what the screen shows after it. */
  try: z.strictObject({ type: z.string().min(1), shows: z.string().min(1) }).optional(),
  /** The exit code that it ends the machine with, through isa-debug-exit. */
  exitCode: z.number().int().optional(),
})

/** A template as shown in the picker. */
export type Template = z.infer<typeof templateSchema> & { id: string }

/** Written into each new project; npm packages do not carry files of this name, so it cannot lie in the templates. */
const GITIGNORE = 'build/\n'

/** The templates in a folder (`resources/templates`), track by track and step by step. */
export async function listTemplates(templatesDir: string): Promise<Template[]> {
  const folders = await readdir(templatesDir, { withFileTypes: true })
  const templates = await Promise.all(folders.filter((entry) => entry.isDirectory()).map((entry) => readTemplate(templatesDir, entry.name)))
  return templates.toSorted((a, b) => TRACKS.indexOf(a.language) - TRACKS.indexOf(b.language) || a.step - b.step)
}

async function readTemplate(templatesDir: string, id: string): Promise<Template> {
  const path = join(templatesDir, id, TEMPLATE_FILE)
  const damaged = (cause: unknown): ProjectError =>
    new ProjectError({
      what: `The template ${id} is damaged`,
      where: path,
      why: cause instanceof Error ? cause.message : String(cause),
      next: 'Install Bootlab again.',
      cause,
    })
  try {
    return { id, ...templateSchema.parse(JSON.parse(await readFile(path, 'utf8'))) }
  } catch (cause) {
    throw damaged(cause)
  }
}

export interface CreateOptions {
  templatesDir: string
  /** A template's id, such as "miniboot-c". */
  template: string
  /** The folder to fill: it is created; when it exists it must be empty. */
  dir: string
  /** The project's name, when it shall differ from the template's. */
  name?: string
}

/**
 * Create a project from a template.
 * @throws ProjectError for an unknown template, an unusable name, a folder that is not empty, or one that cannot be written
 */
export async function createProject(options: CreateOptions): Promise<Project> {
  const { templatesDir, template, name } = options
  const dir = resolve(options.dir)
  const templates = await listTemplates(templatesDir)
  if (!templates.some(({ id }) => id === template)) {
    throw new ProjectError({
      what: `There is no template ${JSON.stringify(template)}`,
      where: templatesDir,
      why: `The templates are ${templates.map(({ id }) => id).join(', ')}.`,
      next: 'Choose one of these; `bootlab templates` says what each teaches.',
    })
  }
  const fault = name === undefined ? undefined : nameFault(name)
  if (fault !== undefined) {
    throw new ProjectError({
      what: `${JSON.stringify(name)} cannot be the name of a project`,
      where: dir,
      why: `Files of the build are called after it: ${fault}`,
      next: 'Choose another name.',
    })
  }
  await requireEmpty(dir)
  try {
    await makeFolder(dir)
    for (const id of lineage(templates, template)) await copyTree(join(templatesDir, id), dir)
    await writeFile(join(dir, '.gitignore'), GITIGNORE)
    if (name !== undefined) await setName(join(dir, MANIFEST_FILE), name)
  } catch (cause) {
    if (cause instanceof ProjectError) throw cause
    throw new ProjectError({
      what: 'The project could not be created',
      where: dir,
      why: `Writing failed: ${cause instanceof Error ? cause.message : String(cause)}.`,
      next: 'Choose a folder that you may write to, on a disk with space.',
      cause,
    })
  }
  return openProject(dir)
}

/** A template and those that it extends, the first one first. */
function lineage(templates: readonly Template[], id: string, above: readonly string[] = []): string[] {
  const base = templates.find((template) => template.id === id)?.extends
  const ids = [id, ...above]
  return base === undefined || ids.includes(base) ? ids : lineage(templates, base, ids)
}

async function requireEmpty(dir: string): Promise<void> {
  try {
    if ((await readdir(dir)).length === 0) return
    throw new ProjectError({
      what: 'The folder is not empty',
      where: dir,
      why: 'A new project would mix with the files that are there.',
      next: 'Name a new folder, or empty this one.',
    })
  } catch (cause) {
    const code = systemErrorCode(cause)
    if (code === 'ENOENT') return
    if (cause instanceof ProjectError) throw cause
    throw new ProjectError({
      what: 'The folder cannot be used',
      where: dir,
      why: code === 'ENOTDIR' ? 'It is a file, or lies below one.' : `It cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      next: 'Name another folder.',
      cause,
    })
  }
}

/**
 * Makes a folder and those above it that are missing. Node's own `recursive` never ends where a file system says ENOENT
 * although the folder above is there, as /proc does.
 */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder)
  } catch (error) {
    const code = systemErrorCode(error)
    if (code === 'EEXIST') return
    const parent = dirname(folder)
    if (code !== 'ENOENT' || parent === folder || (await isThere(parent))) throw error
    await makeFolder(parent)
    await mkdir(folder)
  }
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

async function copyTree(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const inside = path.slice(from.length + 1)
    if (inside === TEMPLATE_FILE) continue
    await mkdir(dirname(join(to, inside)), { recursive: true })
    await copyFile(path, join(to, inside))
  }
}

async function setName(manifestPath: string, name: string): Promise<void> {
  const text = await readFile(manifestPath, 'utf8')
  await writeFile(manifestPath, applyEdits(text, modify(text, ['name'], name, {})))
}
