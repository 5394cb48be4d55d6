import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Absolute path of an executable on PATH, or undefined. */
export function findTool(name: string): string | undefined {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    const candidate = join(directory, name)
    try {
      accessSync(candidate, constants.X_OK)
      return candidate
    } catch {
      continue
    }
  }
  return undefined
}

/**
 * The path of an outside judge. On a developer's machine a missing one lets a test skip (undefined);
 * in CI it is an error, so that nothing is passed over in silence.
 */
export function requireTool(name: string): string | undefined {
  const path = findTool(name)
  if (path === undefined && process.env['CI']) throw new Error(`${name} is not on PATH, and CI needs it as a judge: install it.`)
  return path
}
