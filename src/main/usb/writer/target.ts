/** What an image is written to: a drive or a file, behind one interface, so that faults can be put in between. */
import { close, constants, fstat, fsync, read, write } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { LabError } from '../../../shared/failure'

export interface Target {
  /** Writes all of it. Position and length are multiples of the sector size. */
  write(bytes: Uint8Array, position: number): Promise<void>
  /** Fills all of it, from the drive: the system keeps nothing of it in memory. */
  read(into: Uint8Array, position: number): Promise<void>
  /** Returns when everything has reached the medium; errors of earlier writes may show only here. */
  flush(): Promise<void>
  close(): Promise<void>
}

/** An error of the medium: it ended early. */
export class EndOfTarget extends Error {}

/**
 * Opens a drive for itself alone and without the system's cache: O_EXCL makes Linux refuse a drive in use, O_DIRECT makes every read
 * one of the medium. Buffers must then be aligned: those of {@link alignedBuffer} are. Source: open(2).
 * @throws the system's error: EBUSY in use, EROFS write-protected, ENOENT gone
 */
export async function openDrive(path: string, flags: number = constants.O_RDWR | constants.O_EXCL | (constants.O_DIRECT ?? 0)): Promise<Target> {
  return new HandleTarget(await open(path, flags))
}

/**
 * A drive that another program has opened and handed over.
 * @param path the device that it must be
 * @throws LabError when it is another
 */
export async function adoptDrive(descriptor: number, path: string): Promise<Target> {
  const [given, wanted] = await Promise.all([promisify(fstat)(descriptor), stat(path)])
  // Devices are told apart by their number, files by their place.
  const same = wanted.isFile() ? given.ino === wanted.ino && given.dev === wanted.dev : given.rdev === wanted.rdev && given.mode === wanted.mode
  if (!same) throw new LabError({ code: 'internal', what: 'The drive that was opened is not the one that was chosen.', where: path, why: 'Another drive took its place in between.', next: 'Choose the drive anew.' })
  return new HandleTarget({
    write: (...of) => promisify(write)(descriptor, ...of),
    read: (...of) => promisify(read)(descriptor, ...of),
    sync: () => promisify(fsync)(descriptor),
    close: () => promisify(close)(descriptor),
  })
}

/** What is used of Node's FileHandle, which cannot be made of a descriptor. */
interface Handle {
  write(bytes: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesWritten: number }>
  read(into: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>
  sync(): Promise<void>
  close(): Promise<void>
}

class HandleTarget implements Target {
  readonly #handle: Handle

  constructor(handle: Handle) {
    this.#handle = handle
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, position + done)
      if (bytesWritten === 0) throw new EndOfTarget(`nothing could be written at ${position + done}`)
      done += bytesWritten
    }
  }

  async read(into: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < into.length; ) {
      const { bytesRead } = await this.#handle.read(into, done, into.length - done, position + done)
      if (bytesRead === 0) throw new EndOfTarget(`nothing could be read at ${position + done}`)
      done += bytesRead
    }
  }

  flush(): Promise<void> {
    return this.#handle.sync()
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}

/** Memory that begins on a page, as direct I/O wants it: WebAssembly's does. */
export function alignedBuffer(bytes: number): Uint8Array {
  return new Uint8Array(new WebAssembly.Memory({ initial: Math.ceil(bytes / 65_536) }).buffer, 0, bytes)
}
