import { existsSync } from 'node:fs'

/**
 * A file of a Debian package that is a judge. Where it is not installed, a test skips (undefined); in CI that is an error, so that nothing is passed over
 * in silence.
 */
export function requireFile(path: string, packageName: string): string | undefined {
  if (existsSync(path)) return path
  if (process.env['CI']) throw new Error(`${path} is missing, and CI needs it as a judge: install ${packageName}.`)
  return undefined
}
