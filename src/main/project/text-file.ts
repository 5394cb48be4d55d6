import { open } from 'node:fs/promises'
import { ProjectError, systemErrorCode } from './errors'

/** Manifests and target specifications are a few kilobytes; anything larger is some other file. */
export const MAX_JSON_BYTES = 1 << 20

const READ_FAILURES: Readonly<Record<string, { why: string; next: string }>> = {
  ENOENT: { why: 'There is no such file.', next: 'Create it, or correct the path.' },
  EISDIR: { why: 'It is a folder, not a file.', next: 'Name the file inside it.' },
  ENOTDIR: { why: 'A part of the path is a file, not a folder.', next: 'Correct the path.' },
  EACCES: { why: 'The operating system does not allow reading it.', next: 'Change its permissions.' },
  EPERM: { why: 'The operating system does not allow reading it.', next: 'Change its permissions.' },
}

/**
 * Read a small text file as UTF-8, refusing what is too large or not text.
 * @param kind what the file is meant to be, for messages: "manifest"
 * @throws ProjectError for every reason the text cannot be had
 */
export async function readTextFile(path: string, kind: string, maxBytes: number = MAX_JSON_BYTES): Promise<string> {
  const bytes = await readLimited(path, kind, maxBytes)
  if (bytes.length === 0) {
    throw new ProjectError({
      what: `The ${kind} is empty`,
      where: path,
      why: 'Without its content nothing is known about the project.',
      next: 'Restore it, or copy one from a template (`bootlab new`).',
    })
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new ProjectError({
      what: `The ${kind} is not text`,
      where: path,
      why: 'It holds bytes that are not UTF-8, so it is binary, damaged, or saved in another encoding.',
      next: 'Restore it, or save it again as UTF-8.',
      cause,
    })
  }
}

async function readLimited(path: string, kind: string, maxBytes: number): Promise<Uint8Array> {
  try {
    const file = await open(path, 'r')
    try {
      const status = await file.stat()
      if (!status.isFile()) {
        throw new ProjectError({
          what: `The ${kind} cannot be read`,
          where: path,
          why: status.isDirectory() ? 'It is a folder, not a file.' : 'It is not a regular file.',
          next: 'Correct the path.',
        })
      }
      if (status.size > maxBytes) {
        throw new ProjectError({
          what: `The ${kind} is too large: ${status.size} bytes`,
          where: path,
          why: `A ${kind} has at most ${maxBytes} bytes; this is probably another file.`,
          next: 'Correct the path, or restore the file.',
        })
      }
      // A bounded read: the file may grow between stat and read.
      const buffer = new Uint8Array(maxBytes)
      let length = 0
      while (length < maxBytes) {
        const { bytesRead } = await file.read(buffer, length, maxBytes - length, length)
        if (bytesRead === 0) break
        length += bytesRead
      }
      return buffer.subarray(0, length)
    } finally {
      await file.close()
    }
  } catch (cause) {
    if (cause instanceof ProjectError) throw cause
    const failure = READ_FAILURES[systemErrorCode(cause) ?? '']
    throw new ProjectError({
      what: `The ${kind} cannot be read`,
      where: path,
      why: failure?.why ?? `Reading failed: ${cause instanceof Error ? cause.message : String(cause)}.`,
      next: failure?.next ?? 'Check the path and the disk.',
      cause,
    })
  }
}
