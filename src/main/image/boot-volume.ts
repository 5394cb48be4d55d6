/** The boot volume: the boot configuration, kernels, modules and further files, in a file system or at sectors. */
import { type BootConfig, CONFIG_PATH, formatBootConfig, parseBootConfig } from './boot-config'
import type { DiskContent, VolumeFile } from './disk-content'
import { ImageError } from './errors'
import { makeFat } from './fat'
import type { FatKind } from './fat-geometry'
import { looksLikeFat, readFat } from './fat-read'
import { looksLikeIso, readIso } from './iso-read'
import { SECTOR_BYTES } from './layout'
import { placeRawFiles, readRawConfig, readRawFile, sectorsOf, looksLikeRawVolume, writeRawHeader } from './raw-volume'

export type VolumeKind = FatKind | 'none'

/** Stage 2 as a file, where no gap outside the file system holds it. */
export const STAGE2_PATH = '/boot/bootlab.sys'
/** On a CD, the file system with the programs of UEFI. */
export const EFI_IMAGE_PATH = '/boot/efi.img'

export interface BootVolume {
  kind: VolumeKind
  bytes: Uint8Array
  /** What lies where, in sectors of the volume. */
  parts: { name: string; sector: number; sectors: number }[]
}

export interface VolumeShape {
  kind: VolumeKind | 'auto'
  sectors: number | 'fit'
  /** A fitted volume has a multiple of so many sectors. */
  multipleOf?: number
  /** The volume's first sector on its disk. */
  hiddenSectors: number
  floppy?: boolean
  /** Zeros to make it in, where the number of sectors is given; else the volume has memory of its own. */
  into?: Uint8Array | undefined
}

type VolumeContent = Pick<DiskContent, 'entries' | 'files' | 'timeout' | 'default'>

/**
 * @param more files that belong to the medium rather than to the content
 * @throws ImageError when names or sizes do not fit
 */
export async function makeBootVolume(content: VolumeContent & { label: string }, more: readonly VolumeFile[], shape: VolumeShape, where: string): Promise<BootVolume> {
  return shape.kind === 'none' ? makeRaw(content, more, shape, where) : makeFileSystem(content, more, shape, shape.kind, where)
}

/** Every file once, though several entries of the menu may name it. */
export function volumeFiles({ entries, files }: Pick<DiskContent, 'entries' | 'files'>): VolumeFile[] {
  const byPath = new Map<string, VolumeFile>()
  for (const file of [...entries.flatMap(({ kernel, modules }) => [kernel, ...modules]), ...files]) {
    const key = file.path.toLowerCase()
    const before = byPath.get(key)
    if (before && before.bytes !== file.bytes && Buffer.compare(before.bytes, file.bytes) !== 0)
      throw new ImageError({
        what: `Two different files are to be ${JSON.stringify(file.path)} on the boot volume.`,
        where: file.path,
        why: 'A path names one file; letters count the same in upper and lower case.',
        next: 'Give one of them another name, in the manifest’s "image.files" or by renaming the file.',
      })
    if (!before) byPath.set(key, file)
  }
  return [...byPath.values()]
}

/** The configuration, with files named by `nameOf`. */
export function configText({ entries, timeout, default: chosen }: Pick<DiskContent, 'entries' | 'timeout' | 'default'>, nameOf: (path: string) => string): string {
  return formatBootConfig({
    timeout,
    default: chosen,
    entries: entries.map(({ title, protocol, kernel, commandLine, modules, parameters }) => ({
      title,
      protocol,
      kernel: nameOf(kernel.path),
      commandLine,
      modules: modules.map((module) => ({ path: nameOf(module.path), commandLine: module.commandLine })),
      parameters,
    })),
  })
}

async function makeFileSystem(content: VolumeContent & { label: string }, more: readonly VolumeFile[], shape: VolumeShape, kind: FatKind | 'auto', where: string): Promise<BootVolume> {
  const text = new TextEncoder().encode(configText(content, (path) => path))
  const files = volumeFiles({ ...content, files: [...more, { path: CONFIG_PATH, bytes: text }, ...content.files] })
  const { sectors, multipleOf, hiddenSectors, floppy, into } = shape
  const bytes = await makeFat({ kind, sectors, multipleOf, label: content.label, hiddenSectors, floppy, files, into, where })
  const volume = readFat(bytes, where)
  const parts = volume.entries
    .filter(({ directory }) => !directory)
    .flatMap(({ path, extents }) => extents.map((extent) => ({ name: path, sector: extent.offset / SECTOR_BYTES, sectors: sectorsOf(extent.bytes) })))
  return { kind: volume.kind, bytes, parts: [{ name: 'file system', sector: 0, sectors: volume.dataSector }, ...parts] }
}

function makeRaw(content: VolumeContent, more: readonly VolumeFile[], { sectors, multipleOf = 1, into }: VolumeShape, where: string): BootVolume {
  const [lost] = [...more, ...content.files]
  if (lost)
    throw new ImageError({
      what: `The file ${JSON.stringify(lost.path)} is to lie on a volume without a file system.`,
      where,
      why: 'Without one there are no names; only kernels and modules find their place there.',
      next: 'Choose a file system, or take the file out of "image.files".',
    })
  const files = volumeFiles({ ...content, files: [] })
  const index = new Map(files.map(({ path }, at) => [path.toLowerCase(), at]))
  const placed = placeRawFiles(
    files.map(({ bytes }) => bytes.length),
    (names) => configText(content, (path) => names[index.get(path.toLowerCase()) ?? -1] ?? ''),
  )
  const end = files.reduce((last, { bytes }, at) => Math.max(last, (placed.sectors[at] ?? 0) + sectorsOf(bytes.length)), 1 + sectorsOf(placed.text.length))
  const wanted = sectors === 'fit' ? Math.ceil(end / multipleOf) * multipleOf : sectors
  if (wanted < end) throw doesNotFit(end, wanted, where)
  const bytes = into ?? new Uint8Array(wanted * SECTOR_BYTES)
  writeRawHeader(bytes, placed.text)
  for (const [at, file] of files.entries()) bytes.set(file.bytes, (placed.sectors[at] ?? 0) * SECTOR_BYTES)
  const parts = files.map((file, at) => ({ name: file.path, sector: placed.sectors[at] ?? 0, sectors: sectorsOf(file.bytes.length) }))
  return { kind: 'none', bytes, parts: [{ name: CONFIG_PATH, sector: 0, sectors: 1 + sectorsOf(placed.text.length) }, ...parts] }
}

function doesNotFit(needed: number, given: number, where: string): ImageError {
  return new ImageError({
    what: `The boot volume needs ${needed} sectors and has ${given}.`,
    where,
    why: 'Kernel, modules and the boot configuration lie there.',
    next: 'Make the image larger, or its files smaller.',
  })
}

/** What a boot volume holds. */
export interface ReadVolume {
  kind: VolumeKind | 'iso9660'
  label: string
  config: BootConfig
  /** All files but the configuration; without a file system, those that it names. */
  files: VolumeFile[]
}

/**
 * @param volume from its first byte on; it may end before the bytes do
 * @returns undefined when it is no boot volume
 * @throws ImageError when it is a damaged one
 */
export function readBootVolume(volume: Uint8Array, where: string): ReadVolume | undefined {
  if (looksLikeRawVolume(volume)) {
    const config = parseBootConfig(readRawConfig(volume, where), where)
    const names = new Set(config.entries.flatMap(({ kernel, modules }) => [kernel, ...modules.map(({ path }) => path)]))
    return { kind: 'none', label: '', config, files: [...names].map((path) => ({ path, bytes: readRawFile(volume, path, where) })) }
  }
  if (looksLikeIso(volume)) {
    const iso = readIso(volume, where)
    return withConfig('iso9660', iso, where)
  }
  if (!looksLikeFat(volume)) return undefined
  const fat = readFat(volume, where)
  return withConfig(fat.kind, fat, where)
}

interface FileSystemContent {
  label: string
  entries: readonly { path: string; directory: boolean }[]
  find(path: string): { path: string } | undefined
  read(path: string): Uint8Array
}

function withConfig(kind: ReadVolume['kind'], volume: FileSystemContent, where: string): ReadVolume | undefined {
  const config = volume.find(CONFIG_PATH)
  if (config === undefined) return undefined
  const files = volume.entries.filter(({ path, directory }) => !directory && path !== config.path).map(({ path }) => ({ path, bytes: volume.read(path) }))
  return { kind, label: volume.label, config: parseBootConfig(new TextDecoder().decode(volume.read(config.path)), `${where}: ${CONFIG_PATH}`), files }
}
