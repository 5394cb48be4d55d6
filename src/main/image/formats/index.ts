/** Formats of virtual disks by name. */
import type { DiskFormat } from './format'
import { qcow2 } from './qcow2'
import { vdi } from './vdi'
import { vhd } from './vhd'
import { vmdk } from './vmdk'
import { type ImageFormat, VIRTUAL_DISK_FORMATS, type VirtualDiskFormat } from '../../../shared/image'

const FORMATS: Readonly<Record<VirtualDiskFormat, DiskFormat>> = { vhd, vmdk, vdi, qcow2 }

/**
 * A raw disk in another format.
 * @param name of the file that it will be, without folder
 */
export function inFormat(raw: Uint8Array, format: ImageFormat, name: string): Uint8Array {
  return format === 'raw' ? raw : FORMATS[format].write(raw, { name })
}

/** Which format a file is in; undefined when it is none of them (so a raw disk, if a disk at all). */
export function formatOf(bytes: Uint8Array): VirtualDiskFormat | undefined {
  return VIRTUAL_DISK_FORMATS.find((format) => FORMATS[format].detect(bytes))
}

/** The format of a file that is told by its last 512 bytes. */
export function formatOfEnd(end: Uint8Array): VirtualDiskFormat | undefined {
  return vhd.detect(Uint8Array.of(0, ...end)) ? 'vhd' : undefined
}

/**
 * The raw disk of a file: what is inside a virtual disk, else the bytes as they are.
 * @throws ImageError when a virtual disk is damaged, or uses something that is not read here
 */
export function rawDiskOf(bytes: Uint8Array, where: string): Uint8Array {
  const format = formatOf(bytes)
  return format === undefined ? bytes : FORMATS[format].read(bytes, where)
}
