import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { openImage } from '../usb'

type Step = { phase: 'checking' | 'unmounting' | 'erasing' | 'writing' | 'verifying' | 'finishing'; done: number; total: number }

export async function imageFacts(path: string, { signal, onProgress }: { signal: AbortSignal; onProgress: (done: number, total: number) => void }): Promise<{ bytes: number; packed: 'gzip' | 'xz' | 'zstd' | undefined; sha256: string }> {
  const image = await openImage(path, signal)
  const hash = createHash('sha256')
  const chunk = new Uint8Array(1 << 20)
  for (let done = 0; ; ) {
    signal.throwIfAborted()
    const read = await image.read(chunk)
    if (read === 0) break
    hash.update(chunk.subarray(0, read))
    done += read
    onProgress(done, image.bytes)
  }
  await image.close()
  return { bytes: image.bytes, packed: path.endsWith('.gz') ? 'gzip' : undefined, sha256: hash.digest('hex') }
}

export async function saveImage({ image, to, signal, onProgress }: { image: string; to: string; verify: boolean; signal: AbortSignal; onProgress: (step: Step) => void }): Promise<{ sha256: string; bytes: number; fileBytes: number }> {
  const source = await openImage(image, signal)
  const out = createWriteStream(to)
  const hash = createHash('sha256')
  for (let done = 0; ; ) {
    const chunk = new Uint8Array(1 << 20)
    const read = await source.read(chunk)
    if (read === 0) break
    hash.update(chunk.subarray(0, read))
    out.write(chunk.subarray(0, read))
    done += read
    onProgress({ phase: 'writing', done, total: source.bytes })
  }
  await new Promise((resolve) => out.end(resolve))
  return { sha256: hash.digest('hex'), bytes: source.bytes, fileBytes: source.bytes }
}

