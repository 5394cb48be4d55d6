/** Packed images: known by their first bytes, whatever their names; unpacked and packed piece by piece. */
import type { FileHandle } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { unpackGzip } from './gzip'
import { PackedInput, UnpackError } from './input'
import { packGzip, type Packer, packZstd } from './packers'
import { unpackXz } from './xz'
import { unpackZstd } from './zstd'

export { UnpackError }

export type PackedFormat = 'gzip' | 'xz' | 'zstd'

interface Format {
  /** Of the names of such files. */
  ending: string
  /** Whether a file begins so. */
  begins: (head: Uint8Array) => boolean
  unpack: (input: PackedInput) => AsyncGenerator<Uint8Array>
  /** Absent where no library of ours writes it. */
  pack?: Packer
}

const starts =
  (...magic: number[]) =>
  (head: Uint8Array): boolean =>
    magic.every((byte, index) => head[index] === byte)

const isZstdFrame = starts(0x28, 0xb5, 0x2f, 0xfd)
/** Skippable frames (RFC 8878, 3.1.2): pzstd begins with one. */
const isSkippable = (head: Uint8Array): boolean => ((head[0] ?? 0) & 0xf0) === 0x50 && starts(0x2a, 0x4d, 0x18)(head.subarray(1))

export const FORMATS: Readonly<Record<PackedFormat, Format>> = {
  gzip: { ending: '.gz', begins: starts(0x1f, 0x8b), unpack: unpackGzip, pack: packGzip },
  xz: { ending: '.xz', begins: starts(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00), unpack: unpackXz },
  zstd: { ending: '.zst', begins: (head) => isZstdFrame(head) || isSkippable(head), unpack: unpackZstd, pack: packZstd },
}
export const PACKED_FORMATS: readonly PackedFormat[] = ['gzip', 'xz', 'zstd']

/** Files that hold images, but that nobody here unpacks; by their names in sentences. */
const OTHERS: Readonly<Record<string, Format['begins']>> = {
  'a zip archive': starts(0x50, 0x4b, 0x03, 0x04),
  'a 7z archive': starts(0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c),
  'packed with bzip2': (head) => starts(0x42, 0x5a, 0x68)(head) && starts(0x31, 0x41, 0x59, 0x26, 0x53, 0x59)(head.subarray(4)),
  'packed with lz4': starts(0x04, 0x22, 0x4d, 0x18),
}

/** The longest of the magic numbers. */
const HEAD_BYTES = 10
const READ_BYTES = 1 << 18

/**
 * What a file is packed as; undefined for a bare image.
 * @throws UnpackError for what must be unpacked with another program
 */
export async function packedAs(file: FileHandle): Promise<PackedFormat | undefined> {
  const { buffer, bytesRead } = await file.read(new Uint8Array(HEAD_BYTES), 0, HEAD_BYTES, 0)
  const head = buffer.subarray(0, bytesRead)
  const other = Object.entries(OTHERS).find(([, begins]) => begins(head))
  if (other) throw new UnpackError(`It is ${other[0]}.`, 'unsupported')
  return PACKED_FORMATS.find((name) => FORMATS[name].begins(head))
}

export interface ReadOptions {
  signal?: AbortSignal | undefined
  /** After every piece: bytes of the file read so far. */
  onRead?: ((bytes: number) => void) | undefined
}

/**
 * The image's bytes in order, in pieces that are valid until the next is asked for. Memory: 1 MiB, and the format's window (zstd 128 MiB, xz 64 MiB at most).
 * @throws UnpackError where a packed file is damaged or beyond us; the system's error; the signal's reason
 */
export async function* unpacked(file: FileHandle, packed: PackedFormat | undefined, { signal, onRead }: ReadOptions = {}): AsyncGenerator<Uint8Array> {
  const pieces = filePieces(file, { signal, onRead })
  for await (const piece of packed === undefined ? pieces : FORMATS[packed].unpack(new PackedInput(pieces))) {
    signal?.throwIfAborted()
    yield piece
    // Unpacking is pure computing: without a pause nothing else is heard, not even that it is to stop.
    await setImmediate()
  }
}

async function* filePieces(file: FileHandle, { signal, onRead }: ReadOptions): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(READ_BYTES)
  for (let position = 0; ; ) {
    signal?.throwIfAborted()
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position)
    if (bytesRead === 0) return
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
    onRead?.(position)
  }
}

/**
 * A packed file that is in memory, unpacked.
 * @throws UnpackError where it is damaged or beyond us
 */
export async function unpackBytes(packed: PackedFormat, bytes: Uint8Array): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of FORMATS[packed].unpack(new PackedInput(once(bytes)))) pieces.push(piece.slice())
  return new Uint8Array(Buffer.concat(pieces))
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
