/**
 * gzip: members one after the other. Source: RFC 1952. They are told apart here, because Node's Gunzip takes whatever follows the last one for
 * damage, and drops the end of the image with it; gzip(1) passes over it.
 */
import { crc32, createInflateRaw } from 'node:zlib'
import { type PackedInput, TRUNCATED, UnpackError } from './input'

const MAGIC = [0x1f, 0x8b]
const DEFLATE = 8
/** FHCRC, FEXTRA, FNAME, FCOMMENT; the highest three are reserved. */
const FLAG = { headerChecksum: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 }
const PIECE_BYTES = 1 << 18

export async function* unpackGzip(input: PackedInput): AsyncGenerator<Uint8Array> {
  for (let member = 0; await beginsMember(input, member); member++) {
    await readHeader(input)
    let checksum = 0
    let bytes = 0
    for await (const piece of inflate(input)) {
      checksum = crc32(piece, checksum)
      bytes += piece.length
      yield piece
    }
    const trailer = view(await input.bytes(8))
    if (trailer.getUint32(0, true) !== checksum) throw new UnpackError('Its checksum (CRC-32) is not that of its contents.')
    if (trailer.getUint32(4, true) !== bytes % 2 ** 32) throw new UnpackError('Its contents are not as long as it says.')
  }
}

/** After the first member, anything else than another ends the image: the zeros of a tape's last block, for one. */
async function beginsMember(input: PackedInput, member: number): Promise<boolean> {
  const first = await input.byte()
  if (member > 0 && (first === undefined || first === 0)) return false
  const second = await input.byte()
  if (second === undefined) throw new UnpackError(TRUNCATED)
  const begins = first === MAGIC[0] && second === MAGIC[1]
  if (!begins && member === 0) throw new UnpackError('It does not begin as gzip files do.')
  return begins
}

/** What follows the magic number. */
async function readHeader(input: PackedInput): Promise<void> {
  let checksum = crc32(Uint8Array.from(MAGIC))
  const read = async (count: number): Promise<DataView> => {
    const bytes = await input.bytes(count)
    checksum = crc32(bytes, checksum)
    return view(bytes)
  }
  const skipText = async (): Promise<void> => {
    while ((await read(1)).getUint8(0) !== 0);
  }
  const fixed = await read(8)
  const flags = fixed.getUint8(1)
  if (fixed.getUint8(0) !== DEFLATE || (flags & FLAG.reserved) !== 0) throw new UnpackError('Its header asks for what no gzip file has.')
  if (flags & FLAG.extra) await read((await read(2)).getUint16(0, true))
  if (flags & FLAG.name) await skipText()
  if (flags & FLAG.comment) await skipText()
  if ((flags & FLAG.headerChecksum) === 0) return
  const expected = checksum & 0xffff
  if ((await read(2)).getUint16(0, true) !== expected) throw new UnpackError('The checksum of its header is wrong.')
}

/** One deflate stream (RFC 1951); leaves the input right behind it. */
async function* inflate(input: PackedInput): AsyncGenerator<Uint8Array> {
  const inflater = createInflateRaw({ chunkSize: PIECE_BYTES })
  let given = 0
  // When it is done, zlib need not say so of the piece that it was at.
  let go = (): void => {}
  inflater.once('close', () => go())
  const feed = async (): Promise<void> => {
    // What it left is behind the stream's end.
    while (!inflater.destroyed && inflater.bytesWritten === given) {
      const piece = await input.take()
      if (!piece) throw new UnpackError(TRUNCATED)
      given += piece.length
      await new Promise<void>((resolve) => {
        go = resolve
        inflater.write(piece, () => resolve())
      })
    }
  }
  const fed = feed().catch((error: unknown) => void inflater.destroy(error instanceof Error ? error : new Error(String(error))))
  try {
    for await (const piece of inflater) yield bytesOf(piece)
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')) throw new UnpackError(`Its contents cannot be unpacked: ${error.message}.`)
    throw error
  } finally {
    inflater.destroy()
    await fed
  }
  input.putBack(given - inflater.bytesWritten)
}

function bytesOf(piece: unknown): Uint8Array {
  if (piece instanceof Uint8Array) return piece
  throw new TypeError('zlib gave something other than bytes')
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
