/** Debian's Linux and its memtest86+ as judges of the Linux boot protocol. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requireTool } from './tools'

/** The package has 70 MB: what is taken out of it stays from one run to the next. */
const CACHE = join(tmpdir(), 'bootlab-test-cache', 'linux')
const MEMTEST_FOLDER = '/boot'

/**
 * Drivers of a hard disk at the PIIX's IDE, of FAT, of the network card, and of other controllers for disks, as files of the package: in the order in which they need each other (modules.dep). Debian's kernel
 * has them as modules.
 */
export const DRIVER_MODULES = [
  'scsi_common', 'scsi_mod', 'libata', 'ata_piix', 'crc64', 'crct10dif_common', 'crc-t10dif', 'crc64-rocksoft', 't10-pi', 'sd_mod', 'nls_cp437', 'nls_ascii', 'nls_utf8', 'fat', 'vfat', 'e1000',
  'libahci', 'ahci', 'nvme-core', 'nvme',
] as const

export interface DebianLinux {
  /** `/boot/vmlinuz-…` */
  kernel: Uint8Array
  /** A file of /lib/modules, such as `vfat`. */
  module(name: (typeof DRIVER_MODULES)[number]): Uint8Array
}

/**
 * The kernel of Debian's linux-image-amd64: the installed one, else fetched by apt without installing it. Undefined on a developer's machine without
 * apt or a network; in CI that is an error.
 */
export function debianLinux(): Uint8Array | undefined {
  return debianLinuxPackage()?.kernel
}

/** The same with the drivers of {@link DRIVER_MODULES}. */
export function debianLinuxPackage(): DebianLinux | undefined {
  if (!['apt-get', 'apt-cache', 'dpkg-deb', 'tar'].every((tool) => requireTool(tool) !== undefined)) return undefined
  try {
    const name = /linux-image-\d\S+/.exec(execFileSync('apt-cache', ['depends', 'linux-image-amd64'], { encoding: 'utf8' }))?.[0]
    if (name === undefined) throw new Error('apt knows no linux-image-amd64: run apt-get update.')
    const version = name.slice('linux-image-'.length)
    const installed = installedFiles(version)
    const folder = join(CACHE, name)
    const kernel = installed?.get('vmlinuz') ?? join(folder, `vmlinuz-${version}`)
    const moduleFile = (module: string): string => installed?.get(module) ?? join(folder, `${module}.ko`)
    if (![kernel, ...DRIVER_MODULES.map(moduleFile)].every((path) => existsSync(path))) unpack(name, folder)
    return { kernel: new Uint8Array(readFileSync(kernel)), module: (module) => new Uint8Array(readFileSync(moduleFile(module))) }
  } catch (error) {
    if (process.env['CI']) throw new Error('CI needs Debian’s linux-image-amd64 as a judge, and apt could not get it.', { cause: error })
    return undefined
  }
}

/** Where the package has its files; undefined unless it is installed. */
function installedFiles(version: string): ReadonlyMap<string, string> | undefined {
  const modules = join('/lib/modules', version, 'modules.dep')
  const kernel = `/boot/vmlinuz-${version}`
  if (!existsSync(modules) || !existsSync(kernel)) return undefined
  const paths = readFileSync(modules, 'utf8').matchAll(/^(\S+\/([^/\s]+)\.ko):/gm)
  return new Map([['vmlinuz', kernel], ...Array.from(paths, ([, path = '', module = '']): [string, string] => [module, join('/lib/modules', version, path)])])
}

function unpack(name: string, folder: string): void {
  // Test files run side by side: what one fetches becomes visible when it is whole.
  const own = `${folder}.${process.pid}`
  mkdirSync(own, { recursive: true })
  execFileSync('apt-get', ['download', '-q', name], { cwd: own, stdio: 'pipe' })
  const fetched = readdirSync(own).find((file) => file.startsWith(`${name}_`) && file.endsWith('.deb'))
  if (fetched === undefined) throw new Error(`apt-get download ${name} left no archive.`)
  // Of 400 MB of modules these few.
  const wanted = ['./boot/vmlinuz-*', ...DRIVER_MODULES.map((module) => `*/${module}.ko`)]
  execFileSync('sh', ['-c', 'file=$1; shift; dpkg-deb --fsys-tarfile "$file" | tar -x --transform "s,.*/,," --wildcards "$@"', 'sh', fetched, ...wanted], { cwd: own, stdio: 'pipe' })
  rmSync(join(own, fetched))
  rmSync(folder, { recursive: true, force: true })
  renameSync(own, folder)
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
