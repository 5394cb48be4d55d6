/** Files of one folder of the host's, for the servers of the network: read only, and nothing outside of it. */
import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from 'node:fs'
import { join, sep } from 'node:path'

/** Larger ones are not served: they are read as a whole. */
const MOST_BYTES = 256 << 20

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
  return {
    read(path) {
      const parts = partsOf(path)
      if (!parts) return undefined
      try {
        const real = realpathSync(join(root, ...parts))
        return real.startsWith(inside) ? readPlain(real) : undefined
      } catch (error) {
        // Not there, or not for this user: to the guest it is the same.
        if (error instanceof Error && 'code' in error) return undefined
        throw error
      }
    },
  }
}

function readPlain(path: string): Uint8Array | undefined {
  // A named pipe would wait for its writer; a link that came here meanwhile leads elsewhere.
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0))
  try {
    const found = fstatSync(file)
    return found.isFile() && found.size <= MOST_BYTES ? new Uint8Array(readFileSync(file)) : undefined
  } finally {
    closeSync(file)
  }
}
