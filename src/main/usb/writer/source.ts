/** Image files as they are read for writing; packed ones are unpacked on the way. */
import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { LabError } from '../../../shared/failure'
import { codeOf } from './failures'
import { FORMATS, PACKED_FORMATS, packedAs, type PackedFormat, unpacked, UnpackError } from './packed'
import type { ImageSource } from './write-image'

export interface OpenImage extends ImageSource {
  /** What its file is packed as. */
  packed?: PackedFormat | undefined
  close(): Promise<void>
}

export interface ImageFacts {
  /** Unpacked, as `sha256` is (hexadecimal). */
  bytes: number
  packed: PackedFormat | undefined
  sha256: string
}

/** How far the image's file has been read, packed as it is. */
export type SourceProgress = (doneBytes: number, totalBytes: number) => void

export interface SourceOptions {
  signal?: AbortSignal | undefined
  onProgress?: SourceProgress | undefined
}

/** What unpacks to more is no disk image that anybody writes to a stick. */
const MAX_BYTES = 2 ** 41

/** An image's file and how to read it. */
export interface ImageFile {
  path: string
  file: FileHandle
  fileBytes: number
  packed: PackedFormat | undefined
}

/**
 * Opens an image for one reading from beginning to end. A packed one is unpacked once before: its own record of its length is missing, or counts
 * only to 4 GiB (RFC 1952, ISIZE), and a damaged image should be known before anything is erased for it.
 * @param onProgress of that first reading
 * @throws LabError when there is none, or it is damaged. `read` does so, too, when the file has changed in between: all of it or nothing.
 */
export async function openImage(path: string, signal?: AbortSignal, onProgress?: SourceProgress): Promise<OpenImage> {
  const image = await openImageFile(path)
  try {
    const bytes = image.packed === undefined ? image.fileBytes : await countBytes(image, { signal, onProgress })
    return { bytes, packed: image.packed, ...(image.packed === undefined ? bareReader(image) : reader(image, bytes, signal)) }
  } catch (error) {
    await image.file.close()
    throw error
  }
}

/**
 * Length and checksum of an image, in one reading.
 * @throws LabError as `openImage`; the signal's reason
 */
export async function imageFacts(path: string, options: SourceOptions = {}): Promise<ImageFacts> {
  const image = await openImageFile(path)
  try {
    const hash = createHash('sha256')
    const bytes = await countBytes(image, options, (piece) => hash.update(piece))
    return { bytes, packed: image.packed, sha256: hash.digest('hex') }
  } finally {
    await image.file.close()
  }
}

/** @throws LabError when it cannot be opened, or is no image */
export async function openImageFile(path: string): Promise<ImageFile> {
  try {
    const file = await open(path)
    try {
      const found = await file.stat()
      if (!found.isFile()) throw new LabError({ code: 'bad-input', what: found.isDirectory() ? 'This is a folder.' : 'This is not a regular file.', where: path, next: 'Choose an image file.' })
      if (found.size === 0) throw emptyImage(path)
      return { path, file, fileBytes: found.size, packed: await packedAs(file) }
    } catch (error) {
      await file.close()
      throw error
    }
  } catch (error) {
    if (error instanceof UnpackError) throw new LabError({ code: error.code, what: 'This is no bare image.', where: path, why: error.message, next: 'Unpack it, and choose the image that comes out.' }, { cause: error })
    throw sourceError(error, path)
  }
}

/**
 * The image's bytes in order, in pieces that are valid until the next is asked for; at least one.
 * @throws LabError when it is damaged, or unpacks to more than `limit` bytes; the signal's reason
 */
export async function* imagePieces({ path, file, fileBytes, packed }: ImageFile, { signal, onProgress }: SourceOptions = {}, limit = MAX_BYTES): AsyncGenerator<Uint8Array> {
  let bytes = 0
  let read = 0
  const onRead = (position: number): void => {
    read = position
    // A file that grows meanwhile is not more than whole.
    onProgress?.(Math.min(position, fileBytes), fileBytes)
  }
  try {
    for await (const piece of unpacked(file, packed, { signal, onRead })) {
      bytes += piece.length
      if (packed !== undefined && bytes > limit) throw new UnpackError(`It is longer than ${limit} bytes, as no disk image is.`)
      yield piece
    }
  } catch (error) {
    signal?.throwIfAborted()
    if (packed !== undefined && error instanceof UnpackError) throw damaged({ path, packed, error, bytes, read, fileBytes })
    throw sourceError(error, path)
  }
  if (bytes === 0) throw emptyImage(path)
}

async function countBytes(image: ImageFile, options: SourceOptions, look?: (piece: Uint8Array) => void): Promise<number> {
  let bytes = 0
  for await (const piece of imagePieces(image, options)) {
    bytes += piece.length
    look?.(piece)
  }
  return bytes
}

/** Reads straight into the writer's buffers: a copy between would cost as much as the reading. */
function bareReader({ path, file, fileBytes }: ImageFile): Pick<OpenImage, 'read' | 'close'> {
  let done = 0
  return {
    read: async (into) => {
      const { bytesRead } = await file.read(into, 0, Math.min(into.length, fileBytes - done), done).catch((error: unknown) => {
        throw sourceError(error, path)
      })
      done += bytesRead
      if ((bytesRead === 0 && into.length > 0 && done < fileBytes) || (done === fileBytes && (await file.stat()).size !== fileBytes)) throw changed(path)
      return bytesRead
    },
    close: () => file.close(),
  }
}

function reader(image: ImageFile, bytes: number, signal: AbortSignal | undefined): Pick<OpenImage, 'read' | 'close'> {
  const pieces = imagePieces(image, { signal })
  let rest: Uint8Array = new Uint8Array()
  let done = 0
  return {
    read: async (into) => {
      if (rest.length === 0) {
        const next = await pieces.next()
        if (next.done !== true) rest = next.value
        else if (done < bytes) throw changed(image.path)
      }
      const part = rest.subarray(0, into.length)
      into.set(part)
      rest = rest.subarray(part.length)
      done += part.length
      // With the last byte the end is looked at, too: a checksum stands behind it, and nothing else.
      if (part.length > 0 && done >= bytes && (rest.length > 0 || (await pieces.next()).done !== true)) throw changed(image.path)
      return part.length
    },
    close: async () => {
      await pieces.return(undefined)
      await image.file.close()
    },
  }
}

function emptyImage(path: string): LabError {
  return new LabError({ code: 'bad-input', what: 'The image is empty.', where: path, next: 'Build the project again, or choose another file.' })
}

function changed(path: string): LabError {
  return new LabError({ code: 'file-changed', what: 'The image was changed while it was read.', where: path, why: 'It has another length than before.', next: 'Wait until it is finished, and try again.' })
}

interface Damage {
  path: string
  packed: PackedFormat
  error: UnpackError
  /** Unpacked so far. */
  bytes: number
  read: number
  fileBytes: number
}

function damaged({ path, packed, error, bytes, read, fileBytes }: Damage): LabError {
  const unsupported = error.code === 'unsupported'
  const what = unsupported ? `Bootlab cannot unpack this ${packed} image.` : `The packed image (${packed}) is damaged.`
  const place = `This was found after ${bytes} bytes of the image, within the first ${read} of the file’s ${fileBytes} bytes.`
  const next = unsupported ? `Unpack it with ${packed} itself (${UNPACKERS[packed]}), and choose the unpacked image.` : 'Fetch it again; a checksum beside the download tells whether it is whole.'
  return new LabError({ code: error.code, what, where: path, why: `${error.message} ${place}`, next }, { cause: error })
}

/** Commands that unpack what we cannot. */
const UNPACKERS: Readonly<Record<PackedFormat, string>> = { gzip: 'gzip -dk', xz: 'xz -dk', zstd: 'zstd -d --long=31' }

/** Sentences for the system's errors (errno(3)) when an image is opened or read. */
const SAYINGS: Readonly<Record<string, { code: string; what: string; next: string }>> = {
  ENOENT: { code: 'not-found', what: 'There is no such image.', next: 'Build the project first, or choose another file.' },
  EACCES: { code: 'no-permission', what: 'The image may not be read.', next: 'Allow yourself to read it, or choose another file.' },
  EPERM: { code: 'no-permission', what: 'The image may not be read.', next: 'Allow yourself to read it, or choose another file.' },
  EIO: { code: 'medium', what: 'The image’s own disk cannot read it.', next: 'Fetch the image again, to another disk.' },
}

function sourceError(error: unknown, path: string): unknown {
  const saying = SAYINGS[codeOf(error)]
  return saying ? new LabError({ ...saying, where: path }, { cause: error }) : error
}

/** What a file of this name is packed as, when it is written. */
export function packedByName(path: string): PackedFormat | undefined {
  return PACKED_FORMATS.find((name) => path.toLowerCase().endsWith(FORMATS[name].ending))
}
