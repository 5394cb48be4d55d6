/** Finds language servers: the one that a variable names, else those on PATH, until one runs. */
import { execFile } from 'node:child_process'
import { access, constants, readdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { LanguageServerId } from '../../shared/language-servers'
import { SERVER_PROGRAMS } from './programs'

export interface FoundServer {
  /** Absolute. */
  command: string
  version: string
}

export interface FindOptions {
  env?: Readonly<Record<string, string | undefined>>
  platform?: string
}

/** A program that says nothing for this long is not asked any more. */
const VERSION_TIMEOUT_MS = 10_000

/**
 * The server to start: a name without a version before the others, of these the newest. One that does not run is passed over: rustup has a
 * stand-in for rust-analyzer also when that is not installed.
 */
export async function findServer(id: LanguageServerId, options: FindOptions = {}): Promise<FoundServer | undefined> {
  for (const command of await candidates(id, options)) {
    const version = await versionOf(id, command)
    if (version !== undefined) return { command, version }
  }
  return undefined
}

/** Programs that may be the server, the one to try first first. */
export async function candidates(id: LanguageServerId, { env = process.env, platform = process.platform }: FindOptions = {}): Promise<string[]> {
  const { names, variable } = SERVER_PROGRAMS[id]
  const chosen = env[variable]
  if (chosen) return [chosen]
  const path = Object.entries(env).find(([name]) => name === 'PATH' || (platform === 'win32' && name.toUpperCase() === 'PATH'))?.[1] ?? ''
  const folders = [...new Set(path.split(delimiter).filter((folder) => folder !== ''))]
  const found: { path: string; version: number }[] = []
  for (const folder of folders) {
    for (const name of await namesIn(folder)) {
      const match = names.exec(platform === 'win32' ? name.replace(/\.exe$/i, '') : name)
      if (!match || (platform === 'win32' && !/\.exe$/i.test(name)) || !(await isProgram(join(folder, name), platform))) continue
      found.push({ path: join(folder, name), version: match[1] === undefined ? Infinity : Number(match[1]) })
    }
  }
  // Sorting is stable: PATH's order stays among equals.
  return found.toSorted((a, b) => (a.version === b.version ? 0 : b.version - a.version)).map((one) => one.path)
}

/** PATH may name folders that are not there, or not to be read: they hold nothing. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (error instanceof Error && 'code' in error) return []
    throw error
  }
}

function isProgram(path: string, platform: string): Promise<boolean> {
  return access(path, platform === 'win32' ? constants.F_OK : constants.X_OK).then(
    () => true,
    () => false,
  )
}

/** Undefined when the program cannot be started or ends with an error. */
function versionOf(id: LanguageServerId, command: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(command, ['--version'], { timeout: VERSION_TIMEOUT_MS, maxBuffer: 65_536, windowsHide: true }, (error, stdout) => {
      resolve(error ? undefined : (SERVER_PROGRAMS[id].version.exec(stdout)?.[1] ?? ''))
    })
  })
}
