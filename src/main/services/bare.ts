/**
 * Kernels without a manifest: a source file, or a folder. They are copied into the cache with the manifest that was guessed, and built
 * there, so that nothing is written beside what the person has.
 */
import { createHash } from 'node:crypto'
import { copyFile, mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { LabError } from '../../shared/failure'
import type { LogEvent } from '../../shared/problems'
import { planFile, planFolder } from '../project/import/import'
import type { ImportPlan } from '../project/import/plan'
import { isSource } from '../project/import/source-facts'
import type { SourceTree } from '../project/import/tree'
import { MANIFEST_FILE } from '../project/manifest'
import { cacheFolder } from '../toolchain/cache'
import { writeFileAtomically } from '../files/atomic'

/** More than this is not copied: such a folder is better imported. */
const MAX_COPIED_BYTES = 256 * 2 ** 20
/** What builds leave in a copy; it stays when the copy is brought up to date. */
const KEPT: ReadonlySet<string> = new Set(['build', 'target', 'Cargo.lock', '.bootlab'])

/** Whether `bootlab boot PATH` has to guess how it is built: a source file, or a folder without manifest. */
export async function isBare(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile()) return isSource(path)
  return found?.isDirectory() === true && !(await isThere(join(path, MANIFEST_FILE)))
}

/**
 * Makes a project of a source file or of a folder without manifest.
 * @param onLog hears what was guessed
 * @returns the folder to build, in the cache
 * @throws ProjectError when it is no kernel's source; LabError when it is too large
 */
export async function prepareBare(path: string, onLog?: (event: LogEvent) => void): Promise<string> {
  const full = resolve(path)
  const { plan, tree } = (await stat(full)).isDirectory() ? await planFolder(full) : await planFile(full)
  const key = createHash('sha256').update(full).digest('hex').slice(0, 32)
  const directory = await cacheFolder('bare', key)
  await mirror(tree, plan, directory)
  onLog?.({ level: 'info', text: `${path} has no ${MANIFEST_FILE}. This is what it was taken for:` })
  for (const line of describePlan(plan)) onLog?.({ level: 'info', text: `  ${line}` })
  for (const warning of plan.warnings) onLog?.({ level: 'warning', text: warning })
  onLog?.({ level: 'info', text: `Building in ${directory}; \`bootlab import\` writes this down beside the sources.` })
  return directory
}

/** One sentence for each guess. */
export const describePlan = ({ guesses }: ImportPlan): string[] => guesses.map(({ what, why }) => `${what}. ${why}`)

/** Brings the copy up to date: times tell which files changed, so that builds stay incremental. */
async function mirror(tree: SourceTree, plan: ImportPlan, to: string): Promise<void> {
  const planned = new Set(plan.files.map(({ path }) => path))
  const wanted = new Set([...tree.files, ...planned])
  let total = 0
  for (const path of tree.files.filter((one) => !planned.has(one))) {
    const from = join(tree.dir, ...path.split('/'))
    const source = await stat(from)
    total += source.size
    if (total > MAX_COPIED_BYTES) throw tooLarge(tree.dir)
    const copy = join(to, ...path.split('/'))
    const found = await stat(copy).catch(() => undefined)
    if (found?.size === source.size && Math.trunc(found.mtimeMs) === Math.trunc(source.mtimeMs)) continue
    await mkdir(dirname(copy), { recursive: true })
    await copyFile(from, copy)
    await utimes(copy, source.atime, source.mtime)
  }
  for (const { path, text } of plan.files) {
    const copy = join(to, ...path.split('/'))
    const before = await readFile(copy, 'utf8').catch(() => undefined)
    if (before !== text) await writeFileAtomically(copy, text)
  }
  await prune(to, '', wanted)
}

/** Removes what the source folder has no longer. */
async function prune(folder: string, prefix: string, wanted: ReadonlySet<string>): Promise<void> {
  for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
    const path = prefix + entry.name
    if (prefix === '' && KEPT.has(entry.name)) continue
    if (entry.isDirectory()) await prune(folder, `${path}/`, wanted)
    else if (!wanted.has(path)) await rm(join(folder, path), { force: true })
  }
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

function tooLarge(where: string): LabError {
  return new LabError({
    code: 'bad-input',
    what: `The folder holds more than ${MAX_COPIED_BYTES / 2 ** 20} MiB.`,
    where,
    why: 'A folder without manifest is built in a copy, and this is too much to copy each time.',
    next: 'Run `bootlab import` on it, then boot it as a project; or name a smaller folder.',
  })
}
