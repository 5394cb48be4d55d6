import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { BUILD_DIR, expandSources, resolveInside, type NativeSettings, type SourceFile, type Target } from '../../project'
import { tieToTarget } from '../diagnostics/target'
import { inParallel } from '../parallel'
import type { ToolOutcome } from '../outcome'
import { targetFlags, type TargetFlags } from '../target-flags'
import { compileFile, type Compiled } from './compile'
import type { BuildRecord } from '../build-result'
import type { NativeContext } from './context'
import { linkObjects, type LinkForm, type LinkJob, type LinkObject, type LinkScript } from './link'
import { assembleWithNasm, placesItself } from './nasm'
import { runtimeArchive } from './runtime'
import { replaceFile } from '../../files/atomic'

/** Sources that are linked into one program. */
export interface Unit {
  /** Names the results: `build/<name>.elf`, `build/<name>.bin`. */
  name: string
  settings: NativeSettings
  target: Target
  /** What is wanted beside the ELF file: the bare bytes, or the ELF file without debug information. */
  extra?: 'flat' | 'stripped' | undefined
  /** Where flat code begins to run: at its first byte, whatever entry point the target specification names. */
  entry?: number | undefined
  /** The linker script when neither the manifest nor the target specification brings one. */
  script?: string | undefined
}

export interface UnitFile {
  bytes: Uint8Array
  /** Absolute. */
  path: string
}

export interface BuiltUnit {
  /** Absent when nasm wrote the flat bytes itself. */
  elf?: UnitFile
  extra?: UnitFile
}

/** Compile and link a unit. Returns undefined when it has errors, which are in the record then. */
export async function buildUnit(context: NativeContext, unit: Unit): Promise<BuiltUnit | undefined> {
  const { project, record } = context
  const flags = targetFlags(unit.target)
  for (const sentence of flags.notes) record.info(sentence)
  for (const problem of flags.problems) record.report(problem)
  const { files, problems } = await expandSources(project.dir, unit.settings)
  for (const problem of problems) record.report(problem)
  if (unit.settings.linkerScript !== undefined) await resolveInside(project.dir, unit.settings.linkerScript, 'linker script')
  if (record.failed) return undefined

  const [only] = files
  if (unit.extra === 'flat' && only !== undefined && files.length === 1 && (await placesItself(project.dir, only))) return assembleAlone(context, unit, only)
  const [objects, archive] = await Promise.allSettled([
    compileAll(context, unit, files, flags),
    unit.settings.runtime ? runtimeArchive(context.zig, context.zigVersion, flags, record.options.signal) : undefined,
  ])
  // Where flags do not fit together, what the compiler says about the person's own files counts.
  if (objects.status === 'rejected') throw objects.reason
  if (objects.value === undefined) return undefined
  if (archive.status === 'rejected') throw archive.reason
  return linkAll(context, unit, flags, objects.value, archive.value)
}

/** Compile all sources, several at a time; their logs appear in the order of the manifest. Undefined when one has errors. */
async function compileAll(context: NativeContext, { target }: Unit, files: readonly SourceFile[], flags: TargetFlags): Promise<LinkObject[] | undefined> {
  const { record } = context
  const nasmFormat = target.machine.pointerWidth === 64 ? 'elf64' : 'elf32'
  const jobs = files.map((file) => () => {
    const compile = (): Promise<Compiled> => (file.language === 'nasm' ? assembleWithNasm(context, file, nasmFormat) : compileFile(context, file, flags.compile))
    return asStep(record, `compile ${file.path}`, compile)
  })
  const compiled = await inParallel(jobs, availableParallelism())
  for (const made of compiled) note(context, made, target)
  const objects = compiled.flatMap(({ object }, index) => (object === undefined ? [] : [{ path: object, label: `${files[index]?.path}.o` }]))
  return record.failed || objects.length < compiled.length ? undefined : objects
}

/** nasm writes flat code whose place the source itself states. */
async function assembleAlone(context: NativeContext, { name, target }: Unit, file: SourceFile): Promise<BuiltUnit | undefined> {
  const made = await asStep(context.record, `assemble ${file.path}`, () => assembleWithNasm(context, file, 'bin'))
  note(context, made, target)
  const { object } = made
  if (object === undefined || context.record.failed) return undefined
  return { extra: await publish(context, `${name}.bin`, object) }
}

async function linkAll(context: NativeContext, unit: Unit, flags: TargetFlags, objects: readonly LinkObject[], archive: string | undefined): Promise<BuiltUnit | undefined> {
  const { record } = context
  const job: Omit<LinkJob, 'form'> = {
    label: unit.name,
    before: flags.linkBefore,
    objects,
    archive,
    after: [...flags.linkAfter, ...(unit.entry === undefined ? [] : [`--entry=0x${unit.entry.toString(16)}`]), ...unit.settings.linkFlags],
    script: await chooseScript(context, unit, flags),
  }
  const forms: readonly LinkForm[] = unit.extra === undefined ? ['elf'] : ['elf', unit.extra]
  const link = (form: LinkForm) => () => asStep(record, form === 'elf' ? 'link' : `link ${form}`, () => linkObjects(context, { ...job, form }))
  const [elf, extra] = await inParallel(forms.map(link), forms.length)
  if (elf) note(context, elf)
  // Both links meet the same mistakes: the second one is asked only when the first found none.
  if (extra && !record.failed) note(context, extra)
  if (record.failed || elf?.path === undefined) return undefined
  const name = unit.extra === 'flat' ? `${unit.name}.bin` : `${unit.name}.stripped.elf`
  return {
    elf: await publish(context, `${unit.name}.elf`, elf.path),
    ...(extra?.path === undefined ? {} : { extra: await publish(context, name, extra.path) }),
  }
}

/**
 * The linker script that counts: the manifest's, else the specification's, else the unit's own, else none.
 * GNU ld's BLOCK, an older name of ALIGN ("Output Section Type", GNU ld manual), is unknown to lld: it gets a copy with the newer
 * name, which is as long, so that places stay right.
 */
async function chooseScript({ project, store, record }: NativeContext, { settings, script }: Unit, flags: TargetFlags): Promise<LinkScript | undefined> {
  const own = settings.linkerScript
  const text = own === undefined ? (flags.linkScript ?? script) : await readFile(join(project.dir, own), 'utf8')
  if (text === undefined) return undefined
  const renamed = text.replaceAll(/\bBLOCK(?=\s*\()/g, 'ALIGN')
  if (own === undefined) return { path: await store.text('link', renamed, 'ld'), label: 'link.ld' }
  if (renamed === text) return { path: join(project.dir, own), label: own }
  record.info(`${own}: BLOCK(…) is read as ALIGN(…), its newer name.`)
  return { path: await store.text('link', renamed, 'ld'), label: own }
}

/** Put a result to where the person finds it. */
async function publish({ project, record }: NativeContext, name: string, from: string): Promise<UnitFile> {
  record.options.signal?.throwIfAborted()
  const bytes = await readFile(from)
  const path = join(project.dir, BUILD_DIR, name)
  await replaceFile(path, bytes)
  return { bytes, path }
}

interface Made {
  outcome: ToolOutcome
  cached: boolean
}

/** Runs a tool as a step of the build; what it made knows which. */
function asStep<T extends Made>(record: BuildRecord, name: string, run: () => Promise<T>): Promise<T & { step: number }> {
  return record.time(name, async (step) => ({ ...(await run()), step }), { cached: ({ cached }) => cached, failed: ({ outcome }) => !outcome.ok })
}

function note({ record }: NativeContext, { outcome, step }: Made & { step: number }, target?: Target): void {
  for (const event of outcome.log) record.log(event, step)
  const shown = new Set(outcome.log.map(({ problem }) => problem))
  for (const problem of outcome.problems) {
    if (target) tieToTarget(problem, target)
    record.report(problem, shown.has(problem), step)
  }
}
