/** Which of the command line's arguments are paths to open. */
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The paths among arguments, absolute. Chromium's and the lab's own switches are none; file managers of Linux give `file:` addresses.
 * @param args without the program itself
 * @param appPath what Electron runs; in a checkout it is an argument, too
 */
export function pathsToOpen(args: readonly string[], { cwd, appPath }: { cwd: string; appPath: string }): string[] {
  const paths = args.filter((arg) => arg !== '' && !arg.startsWith('-')).flatMap((arg) => pathOf(arg, cwd) ?? [])
  return paths.filter((path) => path !== resolve(appPath))
}

/** Undefined for an address that names no local file. */
function pathOf(arg: string, cwd: string): string | undefined {
  if (!/^[a-z][a-z\d+.-]+:/i.test(arg)) return resolve(cwd, arg)
  try {
    return fileURLToPath(arg)
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}
