/**
 * xz, by XZ Embedded in WebAssembly. It compares CRC-32 and CRC-64 of every block, and the index; it takes concatenated files and padding as xz(1)
 * does. Source: https://tukaani.org/xz/embedded.html, xz.h.
 *
 * The package's own stream is passed over for the decoder below it: that one tells what is wrong, and several can be at work at a time.
 */
import { createRequire } from 'node:module'
import { z } from 'zod'
import { complaint, type Complaints, type PackedInput, TRUNCATED, UnpackError } from './input'

/** enum xz_ret. */
const OK = 0
const END = 1
const COMPLAINTS: Complaints = {
  3: { message: 'There is not enough memory to unpack it.', code: 'unsupported' },
  4: { message: 'It was packed with a dictionary of more than 64 MiB, which only xz itself unpacks.', code: 'unsupported' },
  5: { message: 'It does not begin as xz files do.' },
  6: { message: 'It uses a filter (x86, ARM, delta …) or a checksum (SHA-256) that only xz itself knows.', code: 'unsupported' },
  7: { message: 'Its contents are damaged.' },
  8: { message: TRUNCATED },
}

/** Where a context has its buffers, as 32-bit words: size of each, then input (address, position, size) and output (address, position). */
const WORD = { bufferBytes: 0, input: 1, inputPosition: 2, inputBytes: 3, output: 4, outputPosition: 5 }

const callable = z.custom<(...args: number[]) => number>((value) => typeof value === 'function')
const decoderSchema = z.object({ memory: z.instanceof(WebAssembly.Memory), create_context: callable, destroy_context: callable, supply_input: callable, get_next_output: callable })
type Decoder = z.infer<typeof decoderSchema>

const packageSchema = z.object({ XzReadableStream: z.custom<object>((value) => typeof value === 'function') })
const load = createRequire(import.meta.url)

/** An instance of its own, so that its memory goes with it. */
async function loadDecoder(): Promise<Decoder> {
  // By require: as an ES module the package shows no names to Node.
  const { XzReadableStream: stream } = packageSchema.parse(load('xz-decompress'))
  await callable.parse(Reflect.get(stream, '_getModuleInstance')).call(stream)
  return decoderSchema.parse(z.instanceof(WebAssembly.Instance).parse(Reflect.get(stream, '_moduleInstance')).exports)
}

export async function* unpackXz(input: PackedInput): AsyncGenerator<Uint8Array> {
  const decoder = await loadDecoder()
  const context = decoder.create_context()
  const words = (): Uint32Array => new Uint32Array(decoder.memory.buffer, context, Object.keys(WORD).length)
  const word = (index: number): number => words()[index] ?? 0
  const bufferBytes = word(WORD.bufferBytes)
  // What is given out must not move when the decoder's memory grows.
  const unpacked = new Uint8Array(bufferBytes)
  try {
    for (let ended = false; !ended; ) {
      // No input is how the decoder is told of its end.
      const piece = (await input.take(bufferBytes)) ?? new Uint8Array()
      new Uint8Array(decoder.memory.buffer).set(piece, word(WORD.input))
      decoder.supply_input(context, piece.length)
      ended = piece.length === 0
      let status: number
      let length: number
      do {
        status = decoder.get_next_output(context)
        length = word(WORD.outputPosition)
        words()[WORD.outputPosition] = 0
        unpacked.set(new Uint8Array(decoder.memory.buffer, word(WORD.output), length))
        if (length > 0) yield unpacked.subarray(0, length)
        if (status !== OK && status !== END) throw complaint(COMPLAINTS, status)
      } while (length === bufferBytes || word(WORD.inputPosition) < word(WORD.inputBytes))
      if (ended && status !== END) throw new UnpackError(TRUNCATED)
    }
  } finally {
    decoder.destroy_context(context)
  }
}
