/** From a project to a bootable image: compiles, links, adds the boot loader, writes `build/<name>.elf` and `.img`. */
import { basename } from 'node:path'
import type { BootloaderCrate, BootModule } from '../../shared/boot'
import type { BuildResult } from '../../shared/contract'
import { LabError } from '../../shared/failure'
import type { BuildStep, LogEvent, Problem, StepEvent } from '../../shared/problems'
import { assembleLoader, assembleUefi, buildBootSectorImage, buildDiskImage, buildRawImage, checkInputSize, detectInput, type DiskLoader, ImageError, inFormat, type KernelHints, rawDiskOf, SECTOR_BYTES } from '../image'
import { openProject, ProjectError, type Project } from '../project'
import { assembleEfi, assembleFlat, buildKernel, pruneCacheDaily, type BuildOutput } from '../toolchain'
import { replaceFile, writeFileAtomically } from '../files/atomic'
import { KeyedQueue } from '../files/keyed-queue'
import { bootRequest } from './boot-request'
import { placeInProject } from './image-problems'
import { imagePathOf, type ImageOverrides, type ImageSettings, imageSettings, requireNoLayout } from './image-settings'

export interface BuildOptions {
  onLog?: ((event: LogEvent) => void) | undefined
  /** When a step begins and when it ends. */
  onStep?: ((event: StepEvent) => void) | undefined
  signal?: AbortSignal | undefined
  /** Where the image goes instead of the folder build; its extension says the format, where nothing else does. */
  output?: string | undefined
  /** Command line for the kernel instead of the manifest's. The image is then not written, unless `output` is given. */
  commandLine?: string | undefined
  /** Modules beside those of the manifest. The image is then not written, unless `output` is given. */
  modules?: readonly BootModule[] | undefined
  /** What kind of image, instead of what the manifest says. */
  image?: ImageOverrides | undefined
}

export interface Build {
  result: BuildResult
  /** The raw disk, present when the build succeeded. */
  image?: Uint8Array
  project?: Project
}

export class Builder {
  readonly #queue = new KeyedQueue()
  #loader: Promise<DiskLoader> | undefined

  /**
   * Builds a project; builds of the same project wait for each other. Mistakes of the person's are problems of the result.
   * @throws ProjectError when there is no project; ToolError when a compiler cannot be run; the signal's reason when cancelled
   */
  build(directory: string, options: BuildOptions = {}): Promise<Build> {
    return this.#queue.run(directory, async () => {
      const build = await this.#build(directory, options)
      if (build.result.ok) await tidyCache(options.onLog)
      return build
    })
  }

  /** The boot loader's binaries for BIOS and UEFI; assembled once per run of the lab. */
  loader(): Promise<DiskLoader> {
    this.#loader ??= Promise.all([assembleLoader(assembleFlat), assembleUefi({ flat: assembleFlat, efi: assembleEfi })])
      .then(([bios, uefi]) => ({ ...bios, uefi }))
      .catch((error: unknown) => {
        // The next build tries again: the reason may be gone by then.
        this.#loader = undefined
        throw error
      })
    return this.#loader
  }

  /**
   * The raw disk for a file's bytes: an image as it is, a virtual disk's content, a kernel with the boot loader.
   * @param where names the file in errors
   * @param warn hears what may keep a kernel from running
   * @param beside what is known about a kernel beside its file, and what it finds in memory
   * @throws ImageError when the bytes are neither
   */
  async imageOf(file: Uint8Array, where: string, commandLine?: string, warn?: (text: string) => void, beside: KernelHints & { modules?: readonly BootModule[] } = {}): Promise<Uint8Array> {
    const bytes = rawDiskOf(file, where)
    const kind = detectInput(bytes, where)
    if (kind === 'disk-image' || kind === 'boot-sector') {
      if (commandLine !== undefined && commandLine !== '') throw noPlaceFor('a command line', where)
      if (beside.modules !== undefined && beside.modules.length > 0) throw noPlaceFor('modules', where)
      return kind === 'boot-sector' ? buildBootSectorImage(bytes, where) : bytes
    }
    const { image, report } = await buildDiskImage({ kernel: bytes, loader: await this.loader(), commandLine: commandLine ?? '', where, ...beside })
    for (const warning of report.warnings) warn?.(warning)
    return image
  }

  async #build(directory: string, { onLog, onStep, signal, output, commandLine, modules = [], image: overrides }: BuildOptions): Promise<Build> {
    const started = performance.now()
    const steps: BuildStep[] = []
    const problems: Problem[] = []
    const end = (rest: Partial<BuildResult> & { ok: boolean }): BuildResult => ({ problems, steps, milliseconds: performance.now() - started, ...rest })
    const report = (found: Problem, step?: number): void => {
      problems.push(found)
      onLog?.({ level: found.severity, text: describeProblem(found), problem: found, ...(step === undefined ? {} : { step }) })
    }
    signal?.throwIfAborted()

    let project: Project
    try {
      project = await openProject(directory)
    } catch (error) {
      if (!(error instanceof ProjectError) || error.problems.length === 0) throw error
      for (const problem of error.problems) report(problem)
      return { result: end({ ok: false }) }
    }

    // The loader is assembled (or read from the cache) while the kernel compiles.
    const loader = this.loader()
    loader.catch(() => undefined)
    const kernel = await buildKernel(project, { onLog, onStep, signal })
    steps.push(...kernel.steps)
    problems.push(...kernel.problems)
    if (!kernel.ok) return { result: end({ ok: false }), project }

    const elf = kernel.elfPath === undefined ? {} : { elfPath: kernel.elfPath }
    const imageStarted = performance.now()
    const step = kernel.steps.length + 1
    const tellStep = (state: StepEvent['state']): void => onStep?.({ step, name: 'image', state, milliseconds: state === 'running' ? 0 : performance.now() - imageStarted })
    tellStep('running')
    try {
      const warnings: string[] = []
      const settings = imageSettings(project, overrides, output)
      const image = await makeImage({ project, output: kernel.output, settings, bootloader: kernel.bootloader, loader, commandLine, modules, signal, warn: (text) => warnings.push(text) })
      for (const message of warnings) report({ severity: 'warning', source: 'image', message, ...(await placeInProject(project, message)) }, step)
      signal?.throwIfAborted()
      const imagePath = output ?? imagePathOf(project, settings)
      const write = output !== undefined || (modules.length === 0 && (commandLine === undefined || commandLine === project.manifest.run.append))
      const file = write ? inFormat(image, settings.format, basename(imagePath)) : image
      const written = write && (await writeImage(imagePath, file, output !== undefined))
      steps.push({ name: 'image', milliseconds: performance.now() - imageStarted, cached: write && !written })
      tellStep(write && !written ? 'cached' : 'ok')
      onLog?.({ level: 'info', step, text: written ? `Wrote ${imagePath} (${Math.ceil(file.length / 1024)} KiB)` : write ? `${imagePath} is as it was` : `Made an image of ${image.length / 1024} KiB` })
      return { result: end({ ok: true, ...elf, ...(write ? { imagePath } : {}) }), image, project }
    } catch (error) {
      tellStep('failed')
      if (error instanceof ImageError) report({ severity: 'error', source: 'image', message: `${error.what} ${error.why}`, next: error.next, ...(await placeInProject(project, error.what)) }, step)
      else if (error instanceof UnwritableError) report({ severity: 'error', source: 'build', message: error.message, next: 'Choose another place, or make room there.' }, step)
      else throw error
      return { result: end({ ok: false, ...elf }), project }
    }
  }
}

/** Once a day, after a build that went well: nothing of it is in use then. A cache that cannot be tidied is no reason to fail. */
async function tidyCache(onLog: BuildOptions['onLog']): Promise<void> {
  try {
    const pruned = await pruneCacheDaily()
    if (pruned !== undefined && pruned.entries > 0) onLog?.({ level: 'info', text: `Removed ${pruned.entries} results that were not used for long from the cache (${Math.round(pruned.bytes / 2 ** 20)} MiB)` })
  } catch (error) {
    onLog?.({ level: 'info', text: `The cache could not be tidied: ${error instanceof Error ? error.message : String(error)}` })
  }
}

interface ImageRequest {
  project: Project
  output: BuildOutput
  settings: ImageSettings
  /** Kernels of this crate are started as its own loader does it. */
  bootloader: BootloaderCrate | undefined
  loader: Promise<DiskLoader>
  commandLine: string | undefined
  /** Beside those of the manifest. */
  modules: readonly BootModule[]
  signal: AbortSignal | undefined
  warn: (text: string) => void
}

async function makeImage({ project, output, settings, bootloader, loader, commandLine, modules, signal, warn }: ImageRequest): Promise<Uint8Array> {
  const line = commandLine ?? project.manifest.run.append
  if (output.form === 'disk' || output.form === 'boot-sector' || (output.form === 'file' && isImage(project, output.bytes, output.path))) {
    if (line !== '') throw noPlaceFor('a command line', project.dir)
    if (modules.length > 0) throw noPlaceFor('modules', project.dir)
    requireNoLayout(settings, project.dir)
    if (output.form === 'disk') return buildRawImage(output.pieces, output.givenBytes)
    return output.bytes.length === SECTOR_BYTES ? buildBootSectorImage(output.bytes, output.path) : rawDiskOf(output.bytes, output.path)
  }
  checkInputSize(output.bytes.length, output.path)
  const boot = await bootRequest(project, signal)
  const { image, report } = await buildDiskImage({ kernel: output.bytes, loader: await loader, commandLine: line, where: output.path, bootloader, image: settings.options, ...boot, modules: [...(boot.modules ?? []), ...modules] })
  for (const warning of report.warnings) warn(warning)
  return image
}

/** A kernel whose protocol is named is none, whatever its bytes look like. */
function isImage({ manifest }: Project, bytes: Uint8Array, where: string): boolean {
  if ('boot' in manifest && manifest.boot?.protocol !== undefined) return false
  return ['disk-image', 'boot-sector'].includes(detectInput(rawDiskOf(bytes, where), where))
}

/** An image that could be made but not stored. */
class UnwritableError extends Error {}

/**
 * @param elsewhere the person named the place; missing folders are made then, but never in a project that was deleted meanwhile
 * @returns whether anything was written: an image that is there already stays as it is
 */
async function writeImage(path: string, image: Uint8Array, elsewhere: boolean): Promise<boolean> {
  try {
    if (!elsewhere) return await replaceFile(path, image)
    await writeFileAtomically(path, image)
    return true
  } catch (error) {
    const why = error instanceof LabError ? error.failure.what : error instanceof Error && 'code' in error ? `${error.message}.` : undefined
    if (why === undefined) throw error
    throw new UnwritableError(`The image cannot be written to ${path}: ${why}`, { cause: error })
  }
}

/** `file:line:column: error: message next`, as compilers have it. */
function describeProblem({ file, line, column, severity, message, next }: Problem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':')
  return [place && `${place}:`, `${severity}:`, message, next].filter(Boolean).join(' ')
}

function noPlaceFor(what: 'a command line' | 'modules', where: string): ImageError {
  return new ImageError({
    what: `This has no place for ${what}.`,
    where,
    why: `Only a kernel that Bootlab packs with its own boot loader gets ${what === 'modules' ? 'them' : 'one'}.`,
    next: `Leave ${what === 'modules' ? 'them' : 'the command line'} out, or boot the kernel (ELF or bzImage) or its project.`,
  })
}
