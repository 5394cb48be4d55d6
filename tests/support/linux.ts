/** Debian's Linux and its memtest86+ as judges of the Linux boot protocol. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requireTool } from './tools'

/** The package has 70 MB: what is taken out of it stays from one run to the next. */
const CACHE = join(tmpdir(), 'bootlab-test-cache', 'linux')
const MEMTEST_FOLDER = '/boot'

/**
 * The kernel of Debian's linux-image-amd64 (/boot/vmlinuz-…), fetched by apt without installing it. Undefined on a developer's machine without apt or a
 * network; in CI that is an error.
 */
export function debianLinux(): Uint8Array | undefined {
  if (!['apt-get', 'apt-cache', 'dpkg-deb', 'tar'].every((tool) => requireTool(tool) !== undefined)) return undefined
  try {
    const name = /linux-image-\d\S+/.exec(execFileSync('apt-cache', ['depends', 'linux-image-amd64'], { encoding: 'utf8' }))?.[0]
    if (name === undefined) throw new Error('apt knows no linux-image-amd64: run apt-get update.')
    const kernel = join(CACHE, `vmlinuz-${name.slice('linux-image-'.length)}`)
    if (!existsSync(kernel)) unpack(name)
    return new Uint8Array(readFileSync(kernel))
  } catch (error) {
    if (process.env['CI']) throw new Error('CI needs Debian’s linux-image-amd64 as a judge, and apt could not get it.', { cause: error })
    return undefined
  }
}

function unpack(name: string): void {
  mkdirSync(CACHE, { recursive: true })
  execFileSync('apt-get', ['download', '-q', name], { cwd: CACHE, stdio: 'pipe' })
  const fetched = readdirSync(CACHE).find((file) => file.startsWith(`${name}_`) && file.endsWith('.deb'))
  if (fetched === undefined) throw new Error(`apt-get download ${name} left no archive.`)
  // The other 400 MB are modules.
  execFileSync('sh', ['-c', 'dpkg-deb --fsys-tarfile "$1" | tar -x --strip-components=2 --wildcards "./boot/vmlinuz-*"', 'sh', fetched], { cwd: CACHE, stdio: 'pipe' })
  rmSync(join(CACHE, fetched))
}

/** Debian's memtest86+, which comes in the form of a Linux kernel. Undefined on a developer's machine without it. */
export function memtest(name: 'memtest86+x64.bin' | 'memtest86+ia32.bin'): Uint8Array | undefined {
  const path = join(MEMTEST_FOLDER, name)
  if (existsSync(path)) return new Uint8Array(readFileSync(path))
  if (process.env['CI']) throw new Error(`${path} does not exist, and CI needs it as a judge: install memtest86+.`)
  return undefined
}

export interface ArchiveFile {
  path: string
  mode: number
  bytes: Uint8Array
  /** Of a character device. */
  device?: readonly [major: number, minor: number]
}

export const FILE_MODE = { program: 0o100755, file: 0o100644, folder: 0o040755, device: 0o020600 } as const

/** An archive for Linux's initial RAM disk (cpio, "newc"; Linux, Documentation/driver-api/early-userspace/buffer-format.rst). */
export function archive(files: readonly ArchiveFile[]): Uint8Array {
  const parts: Buffer[] = []
  const add = (bytes: Uint8Array): void => void parts.push(Buffer.from(bytes), Buffer.alloc(-bytes.length & 3))
  for (const [index, { path, mode, bytes, device }] of [...files, { path: 'TRAILER!!!', mode: 0, bytes: new Uint8Array(), device: undefined }].entries()) {
    const name = Buffer.from(`${path}\0`)
    const fields = [index + 1, mode, 0, 0, 1, 0, bytes.length, 0, 0, device?.[0] ?? 0, device?.[1] ?? 0, name.length, 0]
    add(Buffer.concat([Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`), name]))
    add(bytes)
  }
  return new Uint8Array(Buffer.concat(parts))
}
