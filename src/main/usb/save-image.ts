/** Saving an image to a file: bare and with holes, or packed; whole or not at all. */
import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { LabError } from '../../shared/failure'
import { fillFile } from '../files/atomic'
import { writeAll, writeSparsely } from '../files/sparse'
import { saveFailure } from './save-failures'
import { FORMATS, type PackedFormat } from './writer/packed'
import { type Packer } from './writer/packed/packers'
import { type ImageFile, imagePieces, openImageFile, packedByName, type SourceProgress } from './writer/source'

export type Packing = 'none' | PackedFormat
/** `writing` counts the bytes of the source's file, `verifying` those of the new one. */
export type SavePhase = 'writing' | 'verifying'

export interface SaveJob {
  /** The image's path; a packed one is unpacked first. */
  image: string
  /** The new file's. What has this name is replaced when the new one is whole. */
  to: string
  /** By the ending of `to` where absent. */
  packed?: Packing | undefined
  /** Read the file back, unpack it, and compare. */
  verify: boolean
  signal?: AbortSignal | undefined
  onProgress?: ((phase: SavePhase, done: number, total: number) => void) | undefined
}

export interface SaveResult {
  /** Of the unpacked image, as `bytes`; hexadecimal. */
  sha256: string
  bytes: number
  /** Length of the new file. */
  fileBytes: number
}

/** What a file is packed as by its name. */
export function packingOf(path: string): Packing {
  return packedByName(path) ?? 'none'
}

/**
 * Saves an image as a file.
 * @throws LabError when the image is damaged, the target is no file, the disk is full …; the signal's reason. Nothing is left behind then, and a
 * file that was there is as it was.
 */
export async function saveImage({ image, to, packed = packingOf(to), verify, signal, onProgress }: SaveJob): Promise<SaveResult> {
  const pack = packerOf(packed, to)
  const source = await openImageFile(image)
  try {
    const target = await targetOf(to, source)
    return await fillFile(
      target.path,
      async (file) => {
        const written = await write(source, file, pack, { signal, onProgress: (done, total) => onProgress?.('writing', done, total) })
        const result = { ...written, fileBytes: (await file.stat()).size }
        if (verify) {
          const readBack = { path: to, file, fileBytes: result.fileBytes, packed: packed === 'none' ? undefined : packed }
          await compare(readBack, result, { signal, onProgress: (done, total) => onProgress?.('verifying', done, total) })
        }
        return result
      },
      target.mode,
    )
  } catch (error) {
    signal?.throwIfAborted()
    throw saveFailure(error, to)
  } finally {
    await source.file.close()
  }
}

interface Options {
  signal: AbortSignal | undefined
  onProgress: SourceProgress
}

function packerOf(packed: Packing, to: string): Packer | undefined {
  if (packed === 'none') return undefined
  const { pack } = FORMATS[packed]
  if (!pack) throw new LabError({ code: 'unsupported', what: `Bootlab cannot pack ${packed}.`, where: to, why: 'It only unpacks this format.', next: 'Save the image as .zst or .gz, or without either.' })
  return pack
}

async function write(source: ImageFile, file: FileHandle, pack: Packer | undefined, options: Options): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256')
  const bytes = pack ? await writePacked(source, file, pack(), hash, options) : await writeBare(source, file, hash, options)
  return { sha256: hash.digest('hex'), bytes }
}

async function writeBare(source: ImageFile, file: FileHandle, hash: Hash, options: Options): Promise<number> {
  let bytes = 0
  for await (const piece of imagePieces(source, options)) {
    hash.update(piece)
    await writeSparsely(file, piece, bytes)
    bytes += piece.length
  }
  await file.truncate(bytes)
  return bytes
}

async function writePacked(source: ImageFile, file: FileHandle, packer: ReturnType<Packer>, hash: Hash, options: Options): Promise<number> {
  let bytes = 0
  await pipeline(
    async function* () {
      for await (const piece of imagePieces(source, options)) {
        hash.update(piece)
        bytes += piece.length
        // The packer keeps pieces longer than they are valid.
        yield Buffer.from(piece)
      }
    },
    packer,
    async (chunks: AsyncIterable<Uint8Array>) => {
      let position = 0
      for await (const chunk of chunks) {
        await writeAll(file, chunk, position)
        position += chunk.length
      }
    },
    { signal: options.signal },
  )
  return bytes
}

async function compare(saved: ImageFile, { sha256, bytes }: SaveResult, options: Options): Promise<void> {
  const hash = createHash('sha256')
  let found = 0
  try {
    for await (const piece of imagePieces(saved, options)) {
      hash.update(piece)
      found += piece.length
    }
  } catch (cause) {
    options.signal?.throwIfAborted()
    throw notTheSame(saved.path, cause)
  }
  if (found !== bytes || hash.digest('hex') !== sha256) throw notTheSame(saved.path)
}

function notTheSame(path: string, cause?: unknown): LabError {
  return new LabError({ code: 'verify', what: 'What was read back is not what was written.', where: path, why: 'The disk or its connection is bad. The new file was removed.', next: 'Save the image to another disk.' }, { cause })
}

/** Where the file will really be, and the permission bits of what it replaces. */
async function targetOf(to: string, source: ImageFile): Promise<{ path: string; mode?: number }> {
  // On Windows these are devices, whatever is behind them.
  if (/^[\\/]{2}[.?][\\/](?![a-z]:[\\/].|UNC[\\/])/i.test(to)) throw notAFile(to, 'This is a device.')
  const path = await resolved(to)
  const found = await orUndefined(stat(path, { bigint: true }))
  // A name in /dev that is not there is a drive that was unplugged: the file would lie in memory.
  if (!found && dirname(path) === '/dev') throw new LabError({ code: 'not-found', what: 'There is no such drive.', where: to, why: 'A file in /dev would be lost with the next start.', next: 'Look at `bootlab drives`, or choose a name in another folder.' })
  if (!found) return { path }
  if (found.isDirectory()) throw new LabError({ code: 'bad-input', what: 'This is a folder.', where: to, next: 'Name a file in it.' })
  if (!found.isFile()) throw notAFile(to, found.isBlockDevice() || found.isCharacterDevice() ? 'This is a device.' : 'This is not a regular file.')
  const image = await source.file.stat({ bigint: true })
  if (image.ino === found.ino && image.dev === found.dev) throw new LabError({ code: 'bad-input', what: 'This is the image itself.', where: to, why: 'It would be replaced while it is read.', next: 'Choose another name.' })
  return { path, mode: Number(found.mode) & 0o777 }
}

function notAFile(to: string, what: string): LabError {
  return new LabError({ code: 'bad-input', what, where: to, why: 'Saving makes a file. A drive is written in another way, which first asks what may be erased.', next: 'To write a drive, use `bootlab flash --to DRIVE`; to save, name a file.' })
}

/** Symbolic links are followed, so that what they lead to is replaced. */
async function resolved(path: string): Promise<string> {
  return (await orUndefined(realpath(path))) ?? join(await realpath(dirname(path)), basename(path))
}

async function orUndefined<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
