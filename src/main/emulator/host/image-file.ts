/**
 * Image files that are read sector by sector while the machine runs, because they are too large for memory, or written through. The file must stay as
 * it was: a guest that reads half of one disk and half of another would be no run that could be repeated. So every access looks whether the file is
 * still the same, and ends the run with what happened if it is not. A file that is replaced by another one of its name stays open, and is the old one.
 */
import { closeSync, constants, type BigIntStats, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs'
import * as z from 'zod'
import { LabError } from '../../../shared/failure'
import type { ImageContent } from '../machine/image-content'

/** Which file, and what it was when the machine was put together. */
export const imageFileSchema = z.object({
  path: z.string().min(1),
  bytes: z.number().int().positive(),
  /** Device and inode. */
  id: z.string(),
  /** Time of the last change of its content, in nanoseconds since 1970. */
  modified: z.bigint(),
  /** The guest's writes go into the file itself, at once. */
  write: z.boolean(),
})
export type ImageFile = z.infer<typeof imageFileSchema>

export interface OpenImageFile extends ImageContent {
  /** What was written is on the disk afterwards. */
  close(): void
}

type Version = Pick<ImageFile, 'bytes' | 'id' | 'modified'>

export const versionOf = (found: BigIntStats): Version => ({ bytes: Number(found.size), id: `${found.dev}:${found.ino}`, modified: found.mtimeNs })

/** @throws LabError when the file cannot be opened, or is not what it was */
export function openImageFile({ path, write, ...expected }: ImageFile): OpenImageFile {
  const descriptor = attempt(path, 'opened', () => openSync(path, write ? constants.O_RDWR : constants.O_RDONLY))
  let version: Version = expected
  const look = (): Version => versionOf(fstatSync(descriptor, { bigint: true }))
  const check = (): void => {
    const change = changeOf(version, look())
    if (change !== undefined) throw changed(path, change)
  }
  try {
    check()
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
  let written = false
  return {
    bytes: expected.bytes,
    read(at, to) {
      check()
      const end = Math.min(to.length, expected.bytes - at)
      for (let done = 0; done < end; ) {
        const count = attempt(path, 'read', () => readSync(descriptor, to, done, end - done, at + done))
        if (count === 0) throw changed(path, 'it became shorter')
        done += count
      }
    },
    ...(write && {
      write(at: number, bytes: Uint8Array) {
        check()
        for (let done = 0; done < bytes.length; ) done += attempt(path, 'written', () => writeSync(descriptor, bytes, done, bytes.length - done, at + done))
        written = true
        version = look()
      },
    }),
    // Its content is not read for this: it may have terabytes.
    identity: () => `${version.id} ${version.bytes} ${version.modified}`,
    close() {
      if (written) attempt(path, 'written', () => fsyncSync(descriptor))
      closeSync(descriptor)
    },
  }
}

function changeOf(before: Version, now: Version): string | undefined {
  if (now.id !== before.id) return 'another file has its name'
  if (now.bytes !== before.bytes) return `it has ${now.bytes} bytes instead of ${before.bytes}`
  return now.modified === before.modified ? undefined : 'something wrote to it'
}

function changed(path: string, change: string): LabError {
  return new LabError({
    code: 'file-changed',
    what: `The image changed while the machine used it: ${change}.`,
    where: path,
    why: 'It is too large for memory, or written through, so it is read while the machine runs, and the guest would see two disks in one.',
    next: 'Boot again, and let nothing else write to the file meanwhile; or boot a copy of it.',
  })
}

function attempt<T>(path: string, done: 'opened' | 'read' | 'written', act: () => T): T {
  try {
    return act()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    const next = error.code === 'ENOSPC' || error.code === 'EDQUOT' ? 'Make room there, and boot again: what the guest wrote before is in the file.' : 'See to it that the file is there and that you may use it so, and boot again.'
    throw new LabError({ code: 'image-failed', what: `The image cannot be ${done}: ${error.message}.`, where: path, next }, { cause: error })
  }
}
