/** Files of one folder of the host's, for the servers of the network: read only, and nothing outside of it. */
import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from 'node:fs'
import { join, sep } from 'node:path'

/** Larger ones are not served: they are read as a whole. */
export const MOST_FILE_BYTES = 128 << 20
/** Files that are kept, so that many who ask for the same one share it. */
const MOST_KEPT = 2

export interface FileSource {
  /** A file by its path from the folder's root, with `/`; undefined: there is none. */
  read(path: string): Uint8Array | undefined
}

/** No files at all. */
export const NO_FILES: FileSource = { read: () => undefined }

/**
 * @param path as a client asks for it, with or without a leading slash
 * @returns its parts; undefined for a path that could mean another place than it says
 */
export function partsOf(path: string): string[] | undefined {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  const isPlain = (part: string): boolean => part !== '..' && !/[\\\0:]/.test(part)
  return parts.length > 0 && parts.every(isPlain) ? parts : undefined
}

/**
 * The files in a folder. Links are followed as long as they stay in it.
 * @throws the system's error when there is no such folder
 */
export function folderFiles(folder: string): FileSource {
  const root = realpathSync(folder)
  const inside = root.endsWith(sep) ? root : root + sep
  const kept = new Map<string, KeptFile>()
  return {
    read(path) {
      const parts = partsOf(path)
      if (!parts) return undefined
      try {
        const real = realpathSync(join(root, ...parts))
        return real.startsWith(inside) ? readPlain(real, kept) : undefined
      } catch (error) {
        // Not there, or not for this user: to the guest it is the same.
        if (error instanceof Error && 'code' in error) return undefined
        throw error
      }
    },
  }
}

interface KeptFile {
  /** Length and time of change. */
  readonly stamp: string
  readonly bytes: Uint8Array
}

function readPlain(path: string, kept: Map<string, KeptFile>): Uint8Array | undefined {
  // A named pipe would wait for its writer; a link that came here meanwhile leads elsewhere.
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0))
  try {
    const found = fstatSync(file)
    if (!found.isFile() || found.size > MOST_FILE_BYTES) return undefined
    const stamp = `${found.size} ${found.mtimeMs}`
    const known = kept.get(path)
    const bytes = known?.stamp === stamp ? known.bytes : new Uint8Array(readFileSync(file))
    kept.delete(path)
    kept.set(path, { stamp, bytes })
    for (const oldest of [...kept.keys()].slice(0, -MOST_KEPT)) kept.delete(oldest)
    return bytes
  } finally {
    closeSync(file)
  }
}
