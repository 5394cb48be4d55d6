/** Image files as they are read for writing; packed ones are unpacked on the way. */
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { LabError } from '../../../shared/failure'
import type { ImageSource } from './write-image'

export interface OpenImage extends ImageSource {
  close(): Promise<void>
}

/** Larger ones are no disk images that anybody writes to a stick. */
const MAX_BYTES = 2 ** 41

/**
 * Opens an image. The length of a packed one is found by unpacking it once, since its own record of it counts only to 4 GiB (RFC 1952, ISIZE).
 * @throws LabError when there is none, or it is damaged
 */
export async function openImage(path: string, signal?: AbortSignal): Promise<OpenImage> {
  const bytes = (await isGzip(path)) ? await unpackedLength(path, signal) : (await stat(path)).size
  if (bytes === 0) throw new LabError({ code: 'bad-input', what: 'The image is empty.', where: path, next: 'Build the project again, or choose another file.' })
  const packed = createReadStream(path, { highWaterMark: 1 << 20 })
  const stream: Readable = (await isGzip(path)) ? packed.pipe(createGunzip({ chunkSize: 1 << 20 })) : packed
  packed.on('error', (error) => stream.destroy(error))
  const chunks = stream[Symbol.asyncIterator]()
  let rest: Uint8Array = new Uint8Array()
  return {
    bytes,
    read: async (into) => {
      if (rest.length === 0) {
        const next: IteratorResult<unknown> = await chunks.next()
        if (next.done === true || !(next.value instanceof Uint8Array)) return 0
        rest = next.value
      }
      const part = rest.subarray(0, into.length)
      into.set(part)
      rest = rest.subarray(part.length)
      return part.length
    },
    close: async () => {
      stream.destroy()
      packed.destroy()
    },
  }
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0)
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally {
    await file.close()
  }
}

async function unpackedLength(path: string, signal: AbortSignal | undefined): Promise<number> {
  let bytes = 0
  try {
    await pipeline(
      createReadStream(path),
      createGunzip({ chunkSize: 1 << 20 }),
      async (chunks: AsyncIterable<Buffer>) => {
        for await (const chunk of chunks) {
          bytes += chunk.length
          if (bytes > MAX_BYTES) throw new Error(`it unpacks to more than ${MAX_BYTES} bytes`)
        }
      },
      { signal },
    )
  } catch (cause) {
    signal?.throwIfAborted()
    throw new LabError({ code: 'bad-input', what: 'The packed image is damaged.', where: path, why: cause instanceof Error ? cause.message : String(cause), next: 'Fetch it again, or unpack it with another program.' }, { cause })
  }
  return bytes
}
