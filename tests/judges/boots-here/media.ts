/** Media made of Debian's packages and of tools that only its boot loaders have: unpacked and made below the folder, once. */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { inFolder } from '../../boot/ladder'

const SECTOR = 512
const PARTITION_AT = 2048 * SECTOR
const MIB = 1 << 20
/** The second table of a GPT. */
const GPT_END_SECTORS = 34
const FLOPPY_BYTES = 1_474_560

/** What the image of a payload is made by. Undefined: something that it needs is not there. */
export type Maker = (folder: string) => Uint8Array | undefined

/** A file of the folder. */
export const file = (...path: string[]): Maker => (folder) => {
  const full = join(folder, ...path)
  return existsSync(full) ? new Uint8Array(readFileSync(full)) : undefined
}

/** A file of an installed package. */
export const installed = (path: string): Maker => () => (existsSync(path) ? new Uint8Array(readFileSync(path)) : undefined)

/** A file of a Debian package that need not be installed. */
export const debian = (name: string, path: string): Maker => (folder) => file('debian', name, path)(unpacked(name, folder))

/** Unpacks a package where it is not yet. @returns the folder */
export function unpacked(name: string, folder: string): string {
  const target = join(folder, 'debian', name)
  if (existsSync(target)) return folder
  const own = `${target}.download`
  mkdirSync(own, { recursive: true })
  execFileSync('apt-get', ['download', '-q', name], { cwd: own, stdio: 'pipe' })
  const [archive = ''] = readdirSync(own)
  mkdirSync(target)
  execFileSync('dpkg-deb', ['-x', join(own, archive), target])
  rmSync(own, { recursive: true })
  return folder
}

/** A file that was packed by gzip. */
export const unzipped = (maker: Maker): Maker => (folder) => {
  const bytes = maker(folder)
  return bytes && new Uint8Array(gunzipSync(bytes))
}

/** A medium of several parts, as the maker of all of them says. Undefined where one is missing. */
export const madeOf = <Name extends string>(parts: Readonly<Record<Name, Maker>>, make: (bytes: Record<Name, Uint8Array>, folder: string) => Uint8Array): Maker => (folder) => {
  const bytes: Partial<Record<Name, Uint8Array>> = {}
  for (const name in parts) {
    const part = parts[name](folder)
    if (!part) return undefined
    bytes[name] = part
  }
  return make(bytes as Record<Name, Uint8Array>, folder)
}

/** A diskette that begins so. */
export const diskette = (bytes: Uint8Array): Uint8Array => {
  const image = new Uint8Array(FLOPPY_BYTES)
  image.set(bytes)
  return image
}

/** A copy of a FAT medium with further files in it. */
export function withFiles(image: Uint8Array, files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  return inFolder((folder) => {
    const path = join(folder, 'image')
    writeFileSync(path, image)
    for (const [name, bytes] of Object.entries(files)) {
      writeFileSync(join(folder, 'file'), bytes)
      execFileSync('mcopy', ['-D', 'o', '-i', path, join(folder, 'file'), `::${name}`])
    }
    return new Uint8Array(readFileSync(path))
  })
}

/** A hard disk with a partition table and one active partition, which is filled by `fill` while it is a loop device: an ext2 file system, mounted. Needs root. */
export function ext2Disk(mib: number, fill: (root: string, image: string) => void): Uint8Array {
  return inFolder((folder) => {
    const [image, root] = [join(folder, 'disk'), join(folder, 'root')]
    writeFileSync(image, new Uint8Array(mib * MIB))
    execFileSync('sfdisk', ['-q', image], { input: 'label: dos\n2048,,L,*\n' })
    mkdirSync(root)
    const device = execFileSync('losetup', ['-f', '--show', '-o', String(PARTITION_AT), image], { encoding: 'utf8' }).trim()
    try {
      execFileSync('mke2fs', ['-q', '-t', 'ext2', device])
      execFileSync('mount', [device, root])
      try {
        fill(root, image)
      } finally {
        execFileSync('umount', [root])
      }
    } finally {
      execFileSync('losetup', ['-d', device])
    }
    return new Uint8Array(readFileSync(image))
  })
}

/** A hard disk with a FAT16 file system in an active partition, with syslinux on it. */
export function syslinuxDisk(mib: number, configuration: string, modules: readonly string[], files: Readonly<Record<string, Uint8Array>> = {}): Uint8Array {
  return inFolder((folder) => {
    const image = join(folder, 'disk')
    writeFileSync(image, new Uint8Array(mib * MIB))
    execFileSync('sfdisk', ['-q', image], { input: 'label: dos\n2048,,6,*\n' })
    const volume = `${image}@@${PARTITION_AT}`
    execFileSync('mformat', ['-i', volume, '-T', String(mib * 2048 - 2048), '-H', '2048', '-h', '255', '-s', '63', '::'])
    execFileSync('syslinux', ['--install', '--offset', String(PARTITION_AT), image])
    writeFileSync(join(folder, 'syslinux.cfg'), configuration)
    for (const name of modules) execFileSync('mcopy', ['-i', volume, `/usr/lib/syslinux/modules/bios/${name}.c32`, '::'])
    for (const [name, bytes] of Object.entries(files)) {
      writeFileSync(join(folder, name), bytes)
      execFileSync('mcopy', ['-i', volume, join(folder, name), '::'])
    }
    execFileSync('mcopy', ['-i', volume, join(folder, 'syslinux.cfg'), '::'])
    return new Uint8Array(readFileSync(image))
  })
}

/** A hard disk with a GPT and one EFI system partition. @param files by path */
export function espDisk(mib: number, files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  return inFolder((folder) => {
    const image = join(folder, 'disk')
    writeFileSync(image, new Uint8Array(mib * MIB))
    execFileSync('sfdisk', ['-q', image], { input: 'label: gpt\n2048,,U\n' })
    const volume = `${image}@@${PARTITION_AT}`
    execFileSync('mformat', ['-i', volume, '-T', String(mib * 2048 - 2048 - GPT_END_SECTORS), '-h', '255', '-s', '63', '-F', '::'])
    const made = new Set<string>()
    for (const [path, bytes] of Object.entries(files)) {
      const folders = path.split('/').slice(0, -1).map((_name, index, names) => `::/${names.slice(0, index + 1).join('/')}`)
      for (const name of folders.filter((each) => !made.has(each))) execFileSync('mmd', ['-i', volume, name])
      for (const name of folders) made.add(name)
      writeFileSync(join(folder, 'file'), bytes)
      execFileSync('mcopy', ['-i', volume, join(folder, 'file'), `::/${path}`])
    }
    return new Uint8Array(readFileSync(image))
  })
}

/** Puts boot code into the first sector, before the partition table. */
export function withBootCode(disk: Uint8Array, code: Uint8Array): Uint8Array {
  disk.set(code.subarray(0, 440))
  return disk
}

/** A CD that boots without emulation. @param files by name in its root @param boot the one that is booted */
export function bootCd(files: Readonly<Record<string, Uint8Array>>, boot: string, sectors: number): Uint8Array {
  return inFolder((folder) => {
    const root = join(folder, 'root')
    mkdirSync(root)
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(root, name), bytes)
    execFileSync('genisoimage', ['-quiet', '-R', '-J', '-o', join(folder, 'cd.iso'), '-b', boot, '-c', 'boot.cat', '-no-emul-boot', '-boot-load-size', String(sectors), '-boot-info-table', root], { stdio: 'pipe' })
    return new Uint8Array(readFileSync(join(folder, 'cd.iso')))
  })
}

/** Runs a command on a file with these bytes. */
export function treated(image: Uint8Array, command: (path: string) => readonly [string, ...string[]]): Uint8Array {
  return inFolder((folder) => {
    const path = join(folder, 'image')
    writeFileSync(path, image)
    const [program, ...args] = command(path)
    execFileSync(program, args, { stdio: 'pipe' })
    return new Uint8Array(readFileSync(path))
  })
}

export const copyInto = (from: string, to: string): void => cpSync(from, to, { recursive: true })

/** A hard disk of 8 MiB whose first partition holds a file system of Minix. */
export function minixDisk(fileSystem: Uint8Array): Uint8Array {
  return inFolder((folder) => {
    const image = join(folder, 'disk')
    writeFileSync(image, new Uint8Array(8 * MIB))
    execFileSync('sfdisk', ['-q', image], { input: 'label: dos\n2048,,81\n' })
    const disk = new Uint8Array(readFileSync(image))
    disk.set(fileSystem, PARTITION_AT)
    return disk
  })
}
