/** What a manifest says about the boot, with the files that it names. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { BootModule } from '../../shared/boot'
import { type DiskImageInput, ImageError, type KernelInput, MAX_INPUT_BYTES, type VolumeFile } from '../image'
import { type Project, ProjectError, resolveInside } from '../project'

type BootRequest = Pick<DiskImageInput, 'protocol' | 'address' | 'compress' | 'modules' | 'title' | 'entries' | 'timeout' | 'default' | 'files'>

/** Deeper folders are not copied: a link that leads in a circle ends there. */
const MAX_DEPTH = 32
const MAX_FILES = 4096

/** @throws ImageError when a file cannot be read; the signal's reason when cancelled */
export async function bootRequest({ dir, manifest }: Project, signal?: AbortSignal): Promise<BootRequest> {
  const boot = 'boot' in manifest ? manifest.boot : undefined
  const named = 'image' in manifest && manifest.image && 'files' in manifest.image ? manifest.image.files : []
  const reader = new ProjectReader(dir, signal)
  const files: VolumeFile[] = []
  for (const { path, to } of named) files.push(...(await reader.tree(path, to)))
  if (boot === undefined) return files.length === 0 ? {} : { files }
  const { protocol, address, compress, title, timeout, default: chosen } = boot
  const entries: KernelInput[] = []
  for (const { title: name, kernel, cmdline, modules, ...rest } of boot.entries) {
    const bytes = await reader.file(kernel, 'kernel', 'boot.entries')
    entries.push({ title: name, kernel: bytes, where: kernel, commandLine: cmdline, protocol: rest.protocol, address: asNumber(rest.address), compress: rest.compress, modules: await readModules(reader, modules) })
  }
  const modules = await readModules(reader, boot.modules)
  return { protocol, address: asNumber(address), compress, title: title ?? manifest.title ?? manifest.name, modules, entries, timeout, default: chosen, files }
}

function asNumber(address: string | undefined): number | undefined {
  return address === undefined ? undefined : Number(address)
}

async function readModules(reader: ProjectReader, modules: readonly { path: string; cmdline: string; compress: boolean }[]): Promise<BootModule[]> {
  const read: BootModule[] = []
  for (const { path, cmdline, compress } of modules) read.push({ name: basename(path), bytes: await reader.file(path, 'module', 'boot.modules'), commandLine: cmdline, compress })
  return read
}

/** Reads files of a project, as many as a disk holds. */
class ProjectReader {
  readonly #dir: string
  readonly #signal: AbortSignal | undefined
  #room = MAX_INPUT_BYTES

  constructor(dir: string, signal: AbortSignal | undefined) {
    this.#dir = dir
    this.#signal = signal
  }

  /** @param key of the manifest that names it */
  async file(path: string, role: string, key: string): Promise<Uint8Array> {
    return this.#read(path, role, key, async (full) => {
      // Asked first: a file that is too large is not read.
      this.#take((await stat(full)).size, path, key)
      return new Uint8Array(await readFile(full, { signal: this.#signal }))
    })
  }

  /** A file, or all files of a folder, with their paths on the volume. */
  async tree(path: string, to: string): Promise<VolumeFile[]> {
    const files: VolumeFile[] = []
    await this.#walk(path, to, 0, files)
    return files
  }

  async #walk(path: string, to: string, depth: number, files: VolumeFile[]): Promise<void> {
    const key = 'image.files'
    const folder = await this.#read(path, 'file', key, async (full) => ((await stat(full)).isDirectory() ? (await readdir(full)).toSorted() : undefined))
    if (folder === undefined) files.push({ path: to, bytes: await this.file(path, 'file', key) })
    if (depth > MAX_DEPTH || files.length > MAX_FILES)
      throw new ImageError({
        what: depth > MAX_DEPTH ? `Folders lie more than ${MAX_DEPTH} deep in each other.` : `There are more than ${MAX_FILES} files.`,
        where: path,
        why: 'So many are not copied onto the boot volume.',
        next: 'Name a smaller folder in "image.files".',
      })
    for (const name of folder ?? []) await this.#walk(join(path, name).replaceAll('\\', '/'), `${to}/${name}`, depth + 1, files)
  }

  async #read<T>(path: string, role: string, key: string, work: (full: string) => Promise<T>): Promise<T> {
    try {
      this.#signal?.throwIfAborted()
      return await work(await resolveInside(this.#dir, path, role))
    } catch (error) {
      this.#signal?.throwIfAborted()
      if (error instanceof ProjectError) throw new ImageError({ what: `${error.what}.`, where: path, why: error.why, next: error.next }, { cause: error })
      if (error instanceof ImageError || !(error instanceof Error && 'code' in error)) throw error
      throw new ImageError({ what: `The ${role} ${JSON.stringify(path)} cannot be read: ${error.message}.`, where: path, why: `The manifest names it in "${key}".`, next: 'Name a file, or take it out.' }, { cause: error })
    }
  }

  #take(bytes: number, path: string, key: string): void {
    this.#room -= bytes
    if (this.#room >= 0) return
    throw new ImageError({
      what: `The files of the boot volume have more than ${MAX_INPUT_BYTES >> 20} MiB together.`,
      where: path,
      why: 'They and the disk are kept in memory.',
      next: `Take one out of "${key}", or make it smaller.`,
    })
  }
}
