/** Images that are not read into memory before a boot: larger ones, and those that the guest's writes are to go to. */
import { open, stat, type FileHandle } from 'node:fs/promises'
import { LabError } from '../../shared/failure'
import { openImageFile, versionOf, type ImageFile, type OpenImageFile } from '../emulator/host/image-file'
import { contentOf } from '../emulator/machine/image-content'
import { detectInput, formatOf, formatOfEnd, ImageError, SECTOR_BYTES } from '../image'

/** An image of a medium: in memory, or the file that it is. */
export type Image = Uint8Array | ImageFile

/** Up to this size images are read before the boot: nothing that happens to the file afterwards reaches the guest. */
export const MOST_READ_BYTES = 128 << 20
/** Enough to tell what a file is: boot sector, volume descriptors of a CD, headers of kernels and virtual disks. */
const HEAD_BYTES = 64 << 10

export interface ImageFileWish {
  /** The guest's writes go into the file itself. */
  readonly write: boolean
  /** It must be something that a BIOS starts, and no kernel. */
  readonly bootable: boolean
}

/**
 * The image that a file is, to be read while the machine runs; undefined: the file is to be read as a whole, for it is small, a kernel, or a virtual disk.
 * @throws LabError for a file that cannot be read, or that cannot be written through as was asked; ImageError for a disk that is cut short
 */
export async function imageFileOf(path: string, { write, bootable }: ImageFileWish): Promise<ImageFile | undefined> {
  // A pipe would be waited for.
  const isFile = await stat(path).then((found) => found.isFile(), () => undefined)
  if (isFile === false && write) throw refused(path, 'It is not a file.')
  if (isFile === false) return undefined
  const file = await open(path, write ? 'r+' : 'r').catch((error: unknown) => {
    // What is wrong with it is told by whoever reads it as a whole.
    if (!write) return undefined
    throw refused(path, error instanceof Error ? `It cannot be written: ${error.message}.` : String(error))
  })
  if (!file) return undefined
  try {
    const found = await file.stat({ bigint: true })
    const version = versionOf(found)
    if (!found.isFile() || (!write && version.bytes <= MOST_READ_BYTES)) return undefined
    const format = await formatIn(file, version.bytes)
    if (write && (format !== undefined || version.bytes === 0 || version.bytes % SECTOR_BYTES !== 0)) {
      throw refused(path, format === undefined ? `It has ${version.bytes} bytes, which are no whole sectors.` : `It is a virtual disk (${format}): only the sectors of a raw one lie in the file as the guest sees them.`)
    }
    if (format !== undefined) return undefined
    if (bootable && !(await isDisk(file, version.bytes, path))) {
      if (write) throw refused(path, 'It is not an image, but a kernel, or nothing that a BIOS starts.')
      return undefined
    }
    return { path, ...version, write }
  } finally {
    await file.close()
  }
}

/** Hands over what is in the images, and closes their files afterwards; nothing is written. */
export function withContents<T>(images: readonly Image[], use: (contents: ReturnType<typeof contentOf>[]) => T): T {
  const opened: OpenImageFile[] = []
  try {
    return use(
      images.map((image) => {
        if (image instanceof Uint8Array) return contentOf(image)
        const content = openImageFile({ ...image, write: false })
        opened.push(content)
        return content
      }),
    )
  } finally {
    for (const { close } of opened) close()
  }
}

export const bytesOf = (image: Image): number => (image instanceof Uint8Array ? image.length : image.bytes)

async function formatIn(file: FileHandle, bytes: number): Promise<string | undefined> {
  return formatOf(await part(file, 0, HEAD_BYTES)) ?? formatOfEnd(await part(file, Math.max(0, bytes - SECTOR_BYTES), SECTOR_BYTES))
}

async function isDisk(file: FileHandle, bytes: number, where: string): Promise<boolean> {
  try {
    const kind = detectInput(await part(file, 0, HEAD_BYTES), where, bytes)
    return kind === 'disk-image' || kind === 'boot-sector'
  } catch (error) {
    // A disk that is cut short is one; what else it may be is told when it is read as a whole.
    if (error instanceof ImageError && error.what.startsWith('The disk image is cut short')) throw error
    return false
  }
}

async function part(file: FileHandle, at: number, count: number): Promise<Uint8Array> {
  const { bytesRead, buffer } = await file.read(new Uint8Array(count), 0, count, at)
  return buffer.subarray(0, bytesRead)
}

const refused = (path: string, why: string): LabError =>
  new LabError({ code: 'bad-input', what: 'The guest cannot write to this image itself.', where: path, why, next: 'Leave that out: then what it writes goes to a copy in memory.' })
