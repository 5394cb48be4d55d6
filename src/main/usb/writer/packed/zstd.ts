/**
 * zstd, by its own library in WebAssembly, on every Node alike: that of Node 20 has none, and later ones take a file that was cut off, or that
 * something else follows, for whole. Checksums, stated lengths and windows are judged as zstd(1) judges them. Source: zstd.h, zstd_errors.h.
 *
 * The package's own stream is passed over for the functions below it: it goes on for ever when one reports an error.
 */
import { z } from 'zod'
import { complaint, type Complaints, type PackedInput, TRUNCATED, UnpackError } from './input'

/** enum ZSTD_ErrorCode; results are its negatives. */
const COMPLAINTS: Complaints = {
  10: { message: 'What is there is no zstd frame.' },
  14: { message: 'It uses something that this version of zstd does not know.', code: 'unsupported' },
  16: { message: 'It was packed with a window of more than 128 MiB (zstd --long), which only zstd itself unpacks.', code: 'unsupported' },
  20: { message: 'Its contents are damaged.' },
  22: { message: 'Its checksum (XXH64) is not that of its contents.' },
  32: { message: 'It was packed with a dictionary, which is not in the file.', code: 'unsupported' },
  64: { message: 'There is not enough memory to unpack it.', code: 'unsupported' },
}

const INPUT_BYTES = 1 << 17
const OUTPUT_BYTES = 1 << 18
/** ZSTD_inBuffer and ZSTD_outBuffer: address, size, position. */
const BUFFER_WORDS = 3
const POSITION = 2

const callable = z.custom<(...args: number[]) => number>((value) => typeof value === 'function')
const librarySchema = z.object({ memory: z.instanceof(WebAssembly.Memory), malloc: callable, free: callable, ZSTD_createDCtx: callable, ZSTD_freeDCtx: callable, ZSTD_decompressStream: callable })
type Library = z.infer<typeof librarySchema>

let library: Promise<Library> | undefined

async function loadLibrary(): Promise<Library> {
  const { ZSTDDecoder } = await import('zstddec/stream')
  const decoder = new ZSTDDecoder()
  const { _init: keep } = decoder
  let functions: unknown
  Object.assign(decoder, {
    _init: (result: { module: WebAssembly.Module; instance: WebAssembly.Instance }) => {
      keep(result)
      functions = result.instance.exports
    },
  })
  await decoder.init()
  return librarySchema.parse(functions)
}

export async function* unpackZstd(input: PackedInput): AsyncGenerator<Uint8Array> {
  library ??= loadLibrary()
  const zstd = await library
  const context = zstd.ZSTD_createDCtx()
  const memory = zstd.malloc(INPUT_BYTES + OUTPUT_BYTES + 2 * BUFFER_WORDS * 4)
  const [from, to] = [memory, memory + INPUT_BYTES]
  const [source, target] = [to + OUTPUT_BYTES, to + OUTPUT_BYTES + BUFFER_WORDS * 4]
  const words = (buffer: number): Uint32Array => new Uint32Array(zstd.memory.buffer, buffer, BUFFER_WORDS)
  const word = (buffer: number, index: number): number => words(buffer)[index] ?? 0
  // What is given out must not move when the library's memory grows.
  const unpacked = new Uint8Array(OUTPUT_BYTES)
  // How much more a frame needs: none between two frames.
  let missing = 0
  try {
    for (let piece = await input.take(INPUT_BYTES); piece; piece = await input.take(INPUT_BYTES)) {
      new Uint8Array(zstd.memory.buffer).set(piece, from)
      words(source).set([from, piece.length, 0])
      let length: number
      let consumed: number
      do {
        words(target).set([to, OUTPUT_BYTES, 0])
        missing = zstd.ZSTD_decompressStream(context, target, source)
        if (missing < 0) throw complaint(COMPLAINTS, -missing)
        length = word(target, POSITION)
        unpacked.set(new Uint8Array(zstd.memory.buffer, to, length))
        consumed = word(source, POSITION)
        if (length > 0) yield unpacked.subarray(0, length)
      } while ((length === OUTPUT_BYTES && missing > 0) || consumed < piece.length)
    }
    if (missing > 0) throw new UnpackError(TRUNCATED)
  } finally {
    zstd.ZSTD_freeDCtx(context)
    zstd.free(memory)
  }
}
