import { realpath } from 'node:fs/promises'
import { isAbsolute, relative, resolve, sep } from 'node:path'
import { ProjectError, systemErrorCode } from './errors'

/**
 * Why `path` may not stand in a manifest, or undefined when it may: relative, forward slashes, never leaving the folder.
 * Backslashes and drive letters are refused everywhere, so that a project means the same on each operating system.
 */
export function pathFault(path: string): string | undefined {
  if (path === '') return 'the path is empty'
  if (path.length > 1024) return 'the path is longer than 1024 characters'
  if (path.includes('\0')) return 'the path contains a NUL character'
  if (path.includes('\\')) return 'folders are separated by a forward slash'
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'the path must be relative to the project'
  if (path.startsWith('-')) return 'a path must not start with a dash, which tools take for an option'
  if (path.split('/').some((part) => part === '..')) return 'the path must stay inside the project'
  return undefined
}

/**
 * The absolute path of a manifest's `path`, symbolic links followed.
 * @throws ProjectError when it leaves the project or does not exist
 */
export async function resolveInside(projectDir: string, path: string, role: string): Promise<string> {
  const fault = pathFault(path)
  const outside = (why: string): ProjectError =>
    new ProjectError({
      what: `The ${role} ${JSON.stringify(path)} cannot be used`,
      where: projectDir,
      why,
      next: 'Copy the file into the project and name it there.',
    })
  if (fault !== undefined) throw outside(`In a manifest, ${fault}.`)
  const full = resolve(projectDir, path)
  try {
    const [root, real] = await Promise.all([realpath(projectDir), realpath(full)])
    if (!isInside(root, real)) throw outside(`It leads out of the project, to ${real}.`)
    return full
  } catch (cause) {
    if (cause instanceof ProjectError) throw cause
    throw new ProjectError({
      what: systemErrorCode(cause) === 'ENOENT' ? `The ${role} ${JSON.stringify(path)} does not exist` : `The ${role} ${JSON.stringify(path)} cannot be read`,
      where: full,
      why: 'The manifest names it, so the build needs it.',
      next: 'Create the file, or correct its name in bootlab.json.',
      cause,
    })
  }
}

/** Whether `path` is `directory` or lies in it; both absolute. */
export function isInside(directory: string, path: string): boolean {
  const way = relative(directory, path)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way))
}

/** A path as problems show it: relative to the project with forward slashes, or as it is when it lies elsewhere. */
export function projectRelative(projectDir: string, path: string): string {
  const full = resolve(projectDir, path)
  return isInside(projectDir, full) ? relative(projectDir, full).split(sep).join('/') : path
}
