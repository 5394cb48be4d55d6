/** Files around a disk or kernel: virtual disks and compression. */
import { gunzipSync } from 'node:zlib'
import type { ContainerFacts } from '../../../shared/inspection'
import { ImageError } from '../errors'
import { formatOf, rawDiskOf } from '../formats'
import { MAX_INPUT_BYTES } from '../input'
import { attempt } from './why-not'

const NAMES = { vhd: 'VHD', vmdk: 'VMDK', vdi: 'VDI', qcow2: 'qcow2' } as const
/** RFC 1952, 2.3.1, and the .xz file format, 2.1.1.1. */
const GZIP = [0x1f, 0x8b, 0x08]
const XZ = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]

export interface Opened {
  /** What is inside, or the file's own bytes. */
  bytes: Uint8Array
  container?: ContainerFacts
}

/** Looks into a container as far as it can be read; one that cannot is told, and its bytes stay. */
export function openContainer(bytes: Uint8Array, where: string): Opened {
  const disk = formatOf(bytes)
  if (disk) return opened(NAMES[disk], bytes, () => rawDiskOf(bytes, where))
  if (startsWith(bytes, GZIP)) return opened('gzip', bytes, () => gunzip(bytes, where))
  if (startsWith(bytes, XZ)) return { bytes, container: { kind: 'xz', fields: [], opened: false, why: 'Bootlab does not unpack xz: use xz -d.' } }
  return { bytes }
}

function opened(kind: string, bytes: Uint8Array, open: () => Uint8Array): Opened {
  const { value, why } = attempt(open)
  if (value === undefined || value.length === 0) return { bytes, container: { kind, fields: [], opened: false, why: why ?? 'There is nothing inside.' } }
  return { bytes: value, container: { kind, fields: [{ name: 'bytes inside', value: String(value.length) }], opened: true } }
}

/** The name of a container that bytes begin like. */
export function containerName(bytes: Uint8Array): string | undefined {
  const disk = formatOf(bytes)
  return disk ? NAMES[disk] : startsWith(bytes, GZIP) ? 'gzip' : startsWith(bytes, XZ) ? 'xz' : undefined
}

function gunzip(bytes: Uint8Array, where: string): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_INPUT_BYTES })
  } catch (error) {
    throw new ImageError(
      { what: `The gzip file cannot be unpacked: ${error instanceof Error ? error.message : String(error)}.`, where, why: `Damaged files and those that hold more than ${MAX_INPUT_BYTES >> 20} MiB stay closed.`, next: 'Make the file again.' },
      { cause: error },
    )
  }
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte)
}
