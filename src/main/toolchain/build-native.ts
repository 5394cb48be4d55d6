import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { BUILD_DIR, resolveInside, type BootSectorManifest, type CManifest, type Project, type Target } from '../project'
import { BuildRecord, type BuildResult } from './build-result'
import { writeFileAtomically } from './cache'
import { compileFile, manifestArgs, type ToolOutcome } from './compile'
import { linkObjects, type LinkJob } from './link'
import { BOOT_SECTOR_SCRIPT, sectorFault } from './boot-sector'
import { targetFlags, type TargetFlags } from './target-flags'
import { tieToTarget } from './diagnostics/target'
import { locateZig, type Zig } from './zig'

type NativeManifest = CManifest | BootSectorManifest

/** Build a kernel or boot sector from C and assembly. */
export async function buildNative(project: Project, manifest: NativeManifest, target: Target, record: BuildRecord): Promise<BuildResult> {
  const zig = locateZig()
  const flags = targetFlags(target)
  for (const sentence of flags.notes) record.info(sentence)
  for (const problem of flags.problems) record.report(problem)
  if (record.failed) return record.fail()
  for (const [paths, role] of [[manifest.sources, 'source'], [manifest.includeDirs, 'include folder'], [manifest.linkerScript ? [manifest.linkerScript] : [], 'linker script']] as const) {
    for (const path of paths) await resolveInside(project.dir, path, role)
  }

  const buildDir = join(project.dir, BUILD_DIR)
  await mkdir(buildDir, { recursive: true })
  // Objects of this build alone: two builds of one project at a time do not meet, and nothing stale is ever linked.
  const workDir = await mkdtemp(join(buildDir, '.objects-'))
  try {
    const objects = await compileAll({ zig, project, manifest, target, flags, workDir, record })
    if (record.failed) return record.fail()
    return await linkAll({ zig, project, manifest, flags, workDir, record, objects })
  } finally {
    await rm(workDir, { recursive: true, force: true })
  }
}

interface CompileAll {
  zig: Zig
  project: Project
  manifest: NativeManifest
  target: Target
  flags: TargetFlags
  workDir: string
  record: BuildRecord
}

/** Compile all sources, several at a time; their logs appear in the order of the manifest. Returns the object files. */
async function compileAll({ zig, project, manifest, target, flags, workDir, record }: CompileAll): Promise<string[]> {
  const args = [...manifestArgs(manifest), ...flags.compile]
  const objects = manifest.sources.map((source, index) => join(workDir, `${index}-${source.replaceAll(/[^A-Za-z0-9._-]/g, '_')}.o`))
  const jobs = manifest.sources.map(
    (source, index) => () =>
      record.time(`compile ${source}`, () => compileFile({ zig, projectDir: project.dir, source, object: objects[index] ?? '', args, signal: record.options.signal })),
  )
  for (const outcome of await inParallel(jobs, availableParallelism())) note(outcome, record, target)
  return objects
}

interface LinkAll {
  zig: Zig
  project: Project
  manifest: NativeManifest
  flags: TargetFlags
  workDir: string
  record: BuildRecord
  objects: string[]
}

async function linkAll({ zig, project, manifest, flags, workDir, record, objects }: LinkAll): Promise<BuildResult> {
  const output = join(workDir, `${manifest.name}.elf`)
  const job: LinkJob = {
    zig,
    projectDir: project.dir,
    before: flags.linkBefore,
    objects,
    after: flags.linkAfter,
    script: await chooseScript(project, manifest, flags, workDir),
    output,
    signal: record.options.signal,
  }
  const flat = manifest.kind === 'boot-sector' ? join(workDir, `${manifest.name}.bin`) : undefined
  const [linked, flattened] = await both(
    record.time('link', () => linkObjects(job)),
    flat === undefined ? undefined : record.time('link sector', () => linkObjects({ ...job, output: flat, flat: true })),
  )
  note(linked, record)
  if (record.failed) return record.fail()
  if (flattened) note(flattened, record)
  if (record.failed) return record.fail()

  const sector = flat === undefined ? undefined : await readFile(flat)
  const fault = sector && sectorFault(sector)
  if (fault) {
    record.report({ severity: 'error', source: 'linker', file: manifest.sources[0], ...fault })
    return record.fail()
  }
  const elf = await readFile(output)
  const elfPath = join(project.dir, BUILD_DIR, `${manifest.name}.elf`)
  await writeFileAtomically(elfPath, elf)
  return { ok: true, elf, elfPath, ...(sector ? { sector } : {}), problems: record.problems, steps: record.steps }
}

/** The linker script that counts: the manifest's, else the specification's, else that of boot sectors, else none. */
async function chooseScript(project: Project, manifest: NativeManifest, flags: TargetFlags, workDir: string): Promise<string | undefined> {
  if (manifest.linkerScript !== undefined) return join(project.dir, manifest.linkerScript)
  const text = flags.linkScript ?? (manifest.kind === 'boot-sector' ? BOOT_SECTOR_SCRIPT : undefined)
  if (text === undefined) return undefined
  const path = join(workDir, 'link.ld')
  await writeFile(path, text)
  return path
}

function note(outcome: ToolOutcome, record: BuildRecord, target?: Target): void {
  for (const event of outcome.log) record.log(event)
  const shown = new Set(outcome.log.map(({ problem }) => problem))
  for (const problem of outcome.problems) {
    if (target) tieToTarget(problem, target)
    record.report(problem, shown.has(problem))
  }
}

/** Wait for both, even when one fails, so that nothing still writes into a folder that is being removed. */
async function both(first: Promise<ToolOutcome>, second: Promise<ToolOutcome> | undefined): Promise<[ToolOutcome, ToolOutcome | undefined]> {
  await Promise.allSettled([first, second])
  return [await first, await second]
}

/** Run jobs, at most `width` at a time; results in the order of the jobs. The first rejection is the result's. */
async function inParallel<T>(jobs: readonly (() => Promise<T>)[], width: number): Promise<T[]> {
  const results: T[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    for (let index = next++; index < jobs.length; index = next++) {
      const job = jobs[index]
      if (job) results[index] = await job()
    }
  }
  const settled = await Promise.allSettled(Array.from({ length: Math.min(width, jobs.length) }, worker))
  // All workers are waited for, so that no compiler still writes into a folder that is being removed.
  const failure = settled.find((result) => result.status === 'rejected')
  if (failure) throw failure.reason
  return results
}
