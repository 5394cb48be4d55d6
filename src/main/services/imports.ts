/** Manifests for folders and files that have none: looked at, shown, and written down. */
import { readFile, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { ImportPlan as ImportPlanInfo } from '../../shared/contract'
import { LabError } from '../../shared/failure'
import { planFile, planFolder } from '../project/import/import'
import type { ImportPlan } from '../project/import/plan'
import { MANIFEST_FILE } from '../project/manifest'
import { writeFileAtomically } from '../files/atomic'

export interface PlannedImport {
  /** The folder that the files go into. */
  directory: string
  plan: ImportPlan
}

/**
 * Looks at a folder, or at one source file, and says how it would be built. Nothing is written.
 * @param options.again guess although there is a manifest
 * @throws ProjectError when it is no kernel, or has a manifest; LabError when it does not exist
 */
export async function planImport(path: string, options: { again?: boolean } = {}): Promise<PlannedImport> {
  const full = resolve(path)
  const found = await stat(full).catch((error: unknown) => Promise.reject(missing(full, error)))
  if (found.isDirectory()) return { directory: full, plan: (await planFolder(full, options)).plan }
  return { directory: dirname(full), plan: (await planFile(full)).plan }
}

/**
 * Writes a plan's files. A file with the same text stays as it is; another one is never written over, unless `force` says so.
 * @returns the paths that were written, relative to the folder
 * @throws LabError naming a file that is in the way; then nothing is written
 */
export async function writeImport({ directory, plan }: PlannedImport, options: { force?: boolean } = {}): Promise<string[]> {
  const there = await Promise.all(plan.files.map(({ path }) => textOf(join(directory, ...path.split('/')))))
  const different = plan.files.filter(({ text }, index) => there[index] !== text)
  const inTheWay = different.find(({ path }) => there[plan.files.findIndex((file) => file.path === path)] !== undefined)
  if (inTheWay && !options.force) {
    throw new LabError({
      code: 'bad-input',
      what: `There is a file ${inTheWay.path} already, and it says something else.`,
      where: directory,
      why: 'Import would write over it.',
      next: `Rename it, or ${inTheWay.path === MANIFEST_FILE ? 'keep it: the folder is a project already' : 'write over it with --force'}.`,
    })
  }
  for (const { path, text } of different) {
    const file = join(directory, ...path.split('/'))
    if (options.force) await writeFileAtomically(file, text)
    else await writeFile(file, text, { flag: 'wx' })
  }
  return different.map(({ path }) => path)
}

/** A plan as the window shows it. */
export function describeImport({ directory, plan }: PlannedImport): ImportPlanInfo {
  return { directory, name: plan.manifest.name, kind: plan.manifest.kind, files: plan.files.map(({ path, text }) => ({ path, text })), guesses: [...plan.guesses], warnings: [...plan.warnings] }
}

function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
}

function missing(path: string, error: unknown): LabError {
  return new LabError({ code: 'not-found', what: `There is no ${JSON.stringify(basename(path))}.`, where: path, next: 'Name a folder with the sources of a kernel, or a source file.' }, { cause: error })
}
