/** From a path of the contract to a place on the disk. Nothing outside of the project's folder has one, whatever links say. */
import { realpath } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import { LabError } from '../../shared/failure'
import { isInside, pathFault } from '../project/paths'

/** The real absolute path of a project's file, which may not exist yet: links are followed. */
export async function placeOf(directory: string, path: string): Promise<string> {
  const root = await rootOf(directory, path)
  const file = await realPlace(join(root, ...path.split('/')))
  if (!isInside(root, file) || file === root) throw outside(path, `It leads to ${file}.`)
  return file
}

/** The place of a directory's entry itself, which may be a link: only the way to it is followed. */
export async function entryOf(directory: string, path: string): Promise<string> {
  const root = await rootOf(directory, path)
  const named = join(root, ...path.split('/'))
  if (named === root) throw outside(path, 'It is the project itself.')
  const folder = await realPlace(dirname(named))
  if (!isInside(root, folder)) throw outside(path, `It leads to ${folder}.`)
  return join(folder, basename(named))
}

async function rootOf(directory: string, path: string): Promise<string> {
  const fault = pathFault(path)
  if (fault !== undefined) throw outside(path, `${fault}.`)
  return realpath(directory).catch((error: unknown) => Promise.reject(notFound(error, directory)))
}

/** Resolves the links of the part of a path that exists. */
async function realPlace(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (!isMissing(error)) throw error
    const parent = dirname(path)
    return (await realPlace(parent)) + sep + path.slice(parent.length + 1)
  }
}

function outside(path: string, why: string): LabError {
  return new LabError({ code: 'outside', what: 'This path is not a file of the project.', where: path, why, next: 'Name a file inside the project.' })
}

export function notFound(error: unknown, where: string): LabError {
  const what = isMissing(error) ? 'There is no such file.' : `It cannot be read: ${error instanceof Error ? error.message : String(error)}`
  return new LabError({ code: isMissing(error) ? 'not-found' : 'unreadable', what, where, next: 'Check the path and its permissions.' }, { cause: error })
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
