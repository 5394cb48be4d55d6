/** Image files taken apart, and their bytes. Files are only ever read; what is outside of them never is. */
import { open, stat, type FileHandle } from 'node:fs/promises'
import { LabError } from '../../../shared/failure'
import type { ImageMapFacts, ImageOrigin, ImagePlace, ImageThing } from '../../../shared/image-explorer'
import { ExploredImage, MAX_INPUT_BYTES } from '../../image'

/** Of a file that is too large to be read whole: enough for its tables and the start of most volumes. */
const HEAD_BYTES = 64 << 20
/** Images that stay open for the next question. */
const MOST_KEPT = 2
/** A file that changes each time it is read is being written. */
const TRIES = 3

interface Kept {
  version: string
  image: ExploredImage
}

export class ImageExplorer {
  /** By path, the last used last. */
  readonly #kept = new Map<string, Kept>()
  readonly #wholeBytes: number

  /** @param wholeBytes the largest file that is read whole */
  constructor(wholeBytes = MAX_INPUT_BYTES) {
    this.#wholeBytes = wholeBytes
  }

  /** @throws LabError, ImageError when the file cannot be read, or is empty */
  async inspect(path: string): Promise<ImageMapFacts> {
    const { version, image } = await this.#open(path)
    return { path, version, ...image.pieces() }
  }

  /** @throws LabError `file-changed` when it is another file by now */
  async read(path: string, version: string, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const { content } = await this.#known(path, version)
    if (content) return new Uint8Array(content.subarray(offset, offset + length))
    return withFile(path, async (file, now) => {
      if (now !== version) throw changed(path)
      return readUpTo(file, offset, length)
    })
  }

  /** @throws LabError `file-changed`; ImageError when the image ends before the offset */
  async at(path: string, version: string, offset: number): Promise<ImageOrigin> {
    return (await this.#known(path, version)).at(offset, path)
  }

  /** @throws LabError `file-changed`, `not-found` */
  async find(path: string, version: string, thing: ImageThing): Promise<ImagePlace[]> {
    const places = (await this.#known(path, version)).find(thing)
    if (places.length > 0) return places
    throw new LabError({ code: 'not-found', ...notFound(thing), where: path })
  }

  async #known(path: string, version: string): Promise<ExploredImage> {
    const kept = await withFile(path, async (_file, now) => {
      if (now !== version) throw changed(path)
      return this.#kept.get(path)
    })
    const { version: opened, image } = kept?.version === version ? kept : await this.#open(path)
    if (opened !== version) throw changed(path)
    return image
  }

  async #open(path: string): Promise<Kept> {
    for (let left = TRIES; left > 0; left--) {
      const kept = await withFile(path, async (file, version, bytes) => {
        const known = this.#kept.get(path)
        if (known?.version === version) return known
        const head = await readUpTo(file, 0, bytes > this.#wholeBytes ? Math.min(HEAD_BYTES, this.#wholeBytes) : bytes)
        // What was written while it was read fits nothing.
        return versionOf(await file.stat({ bigint: true })) === version ? { version, image: new ExploredImage(head, path, bytes) } : undefined
      })
      if (kept) {
        this.#keep(path, kept)
        return kept
      }
    }
    throw new LabError({ code: 'file-changed', what: 'The file changes while it is read.', where: path, why: 'Another program writes it.', next: 'Look again when it is done.' })
  }

  #keep(path: string, kept: Kept): void {
    this.#kept.delete(path)
    this.#kept.set(path, kept)
    for (const oldest of [...this.#kept.keys()].slice(0, -MOST_KEPT)) this.#kept.delete(oldest)
  }
}

/** @throws LabError when it is no file, or cannot be read */
async function withFile<T>(path: string, work: (file: FileHandle, version: string, bytes: number) => Promise<T>): Promise<T> {
  let file: FileHandle | undefined
  try {
    // A pipe would be waited for, a device might do something: neither is opened.
    if (!(await stat(path)).isFile()) throw noFile(path)
    file = await open(path, 'r')
    const found = await file.stat({ bigint: true })
    if (!found.isFile()) throw noFile(path)
    return await work(file, versionOf(found), Number(found.size))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) throw error
    const missing = error.code === 'ENOENT' || error.code === 'ENOTDIR'
    throw new LabError({ code: missing ? 'not-found' : 'bad-input', what: missing ? 'There is no such file.' : `The file cannot be read: ${error.message}.`, where: path, next: missing ? 'Build the project, or check the path.' : 'Check who may read it.' }, { cause: error })
  } finally {
    await file?.close()
  }
}

const versionOf = ({ dev, ino, size, mtimeNs }: { dev: bigint; ino: bigint; size: bigint; mtimeNs: bigint }): string => [dev, ino, size, mtimeNs].join('.')

/** Fewer bytes where the file ends. */
async function readUpTo(file: FileHandle, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length)
  let done = 0
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return bytes.subarray(0, done)
}

function noFile(path: string): LabError {
  return new LabError({ code: 'bad-input', what: 'This is not a file.', where: path, next: 'Name a disk image or a kernel (ELF).' })
}

function changed(path: string): LabError {
  return new LabError({ code: 'file-changed', what: 'The image is another one by now.', where: path, why: 'It was written anew since it was looked at.', next: 'Look at it again.' })
}

function notFound(thing: ImageThing): { what: string; why: string; next: string } {
  if ('symbol' in thing) return { what: `No program on the image has a symbol ${JSON.stringify(thing.symbol)}.`, why: 'Symbols of programs that were stripped are not known, and what the compiler has put into its callers has none.', next: 'Check its spelling.' }
  if ('path' in thing) return { what: `No volume of the image has a file ${JSON.stringify(thing.path)}.`, why: 'Only file systems that Bootlab can read are looked through.', next: 'Check its spelling.' }
  return { what: `Nothing on the image comes from line ${thing.line} of ${thing.file} or a later one.`, why: 'Only code and variables of programs with debug information are known by line.', next: 'Choose a line with code, or build with debug information.' }
}
