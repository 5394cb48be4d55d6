/** Paths of debug information, and the project that they belong to. */
import { isAbsolute, posix } from 'node:path'

export const slashes = (path: string): string => path.replaceAll('\\', '/')

/** From the project's folder, for a file inside it; undefined for any other. */
export function pathInProject(directory: string | undefined, file: string): string | undefined {
  const normal = slashes(file)
  if (!isAbsolute(file)) return normal.startsWith('../') ? undefined : posix.normalize(normal)
  const folder = directory === undefined ? undefined : `${slashes(directory)}/`
  return folder !== undefined && normal.startsWith(folder) ? normal.slice(folder.length) : undefined
}
