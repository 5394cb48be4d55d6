/** What kind of file a person asked to boot. */
import { bootsUnmarked } from '../../shared/old-diskette'
import { looksLikeElf, parseElf } from './elf'
import { ImageError } from './errors'
import { SECTOR_BYTES } from './layout'
import { hasBootSignature, hasPartitionTable, readPartitionTable } from './mbr'
import { findLinuxHeader } from './linux'
import { findMultibootHeader } from './multiboot'
import { findMultiboot2Header, MULTIBOOT2_TAG, multiboot2Tag } from './multiboot2'

/**
 * - `elf32`, `elf64`: a kernel for buildDiskImage;
 * - `flat-multiboot`: not an ELF, but a kernel for buildDiskImage too: its Multiboot header brings addresses;
 * - `linux`: a Linux kernel (bzImage), or what comes in its form, for buildDiskImage;
 * - `boot-sector`: exactly one bootable sector, for buildBootSectorImage;
 * - `disk-image`: a bootable raw disk, floppy or CD image, to be used as it is.
 */
export type InputKind = 'elf32' | 'elf64' | 'flat-multiboot' | 'linux' | 'boot-sector' | 'disk-image'

const INITRD = 'Boot the kernel (/boot/vmlinuz), and give this file with --initrd (in a manifest: boot.modules).'
const UNPACK_FIRST = 'If it is an initial RAM disk, boot the kernel (/boot/vmlinuz), and give this file with --initrd (in a manifest: boot.modules). Else unpack it first.'

/** What is taken for a kernel now and then. Sources: Linux, Documentation/driver-api/early-userspace/buffer-format.rst, lib/decompress.c, arch/arm64/booting.rst. */
const NO_KERNELS: readonly { is: string; at?: number; magic: readonly number[]; next: string }[] = [
  { is: 'an initial RAM disk does (a cpio archive)', magic: [0x30, 0x37, 0x30, 0x37, 0x30], next: INITRD },
  { is: 'files packed by gzip do', magic: [0x1f, 0x8b], next: UNPACK_FIRST },
  { is: 'files packed by xz do', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], next: UNPACK_FIRST },
  { is: 'files packed by zstd do', magic: [0x28, 0xb5, 0x2f, 0xfd], next: UNPACK_FIRST },
  { is: 'files packed by lz4 do', magic: [0x02, 0x21, 0x4c, 0x18], next: UNPACK_FIRST },
  { is: 'a Linux kernel for 64-bit ARM does', at: 0x38, magic: [0x41, 0x52, 0x4d, 0x64], next: 'Give a kernel for x86.' },
]

/** Larger kernels and virtual disks are refused before anything is read: they live in memory. */
export const MAX_INPUT_BYTES = 512 * 1024 * 1024

/**
 * To be asked with the file's size before it is read.
 * @throws ImageError when a file of that size is empty or too large.
 */
export function checkInputSize(bytes: number, where: string): void {
  if (bytes === 0)
    throw new ImageError({ what: 'The file is empty.', where, why: 'There is nothing to boot.', next: 'Build the project again, or give another file.' })
  if (bytes > MAX_INPUT_BYTES)
    throw new ImageError({
      what: `The file has ${Math.ceil(bytes / (1 << 20))} MiB; at most ${MAX_INPUT_BYTES >> 20} MiB are read.`,
      where,
      why: 'Kernels, and virtual disks that are not raw, are kept in memory.',
      next: 'Give a smaller kernel (it shrinks when its debug information is stripped), or a raw disk image.',
    })
}

/**
 * Decides by content, not by name.
 * @param where names the file in errors.
 * @param fileBytes of the file, when `bytes` is only the beginning of it
 * @throws ImageError when the bytes are none of these kinds, or an ELF file is damaged.
 */
export function detectInput(bytes: Uint8Array, where = 'input file', fileBytes = bytes.length): InputKind {
  checkInputSize(bytes.length, where)
  if (looksLikeElf(bytes)) return parseElf(bytes, where).bits === 64 ? 'elf64' : 'elf32'
  if (findLinuxHeader(bytes)) return 'linux'
  if (hasBootSignature(bytes)) {
    if (fileBytes === SECTOR_BYTES) return 'boot-sector'
    checkWholeDisk(bytes, where, fileBytes)
    return 'disk-image'
  }
  if (isBootableCd(bytes) || bootsUnmarked(bytes, fileBytes)) return 'disk-image'
  if (bringsAddresses(bytes)) return 'flat-multiboot'
  const known = NO_KERNELS.find(({ at = 0, magic }) => magic.every((byte, index) => bytes[at + index] === byte))
  if (known) throw new ImageError({ what: `The file is no kernel: it begins as ${known.is}.`, where, why: 'A BIOS would not start it, and the boot loader could not either.', next: known.next })
  const start = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ')
  throw new ImageError({
    what:
      bytes.length < SECTOR_BYTES
        ? `The file has only ${bytes.length} bytes and is not an ELF file (it starts with ${start}).`
        : `The file is neither an ELF kernel (it starts with ${start}, not 7f 45 4c 46) nor a bootable image (bytes 510 and 511 are not 55 AA, and there is no El Torito boot record).`,
    where,
    why: 'A BIOS would not start it, and the boot loader could not either.',
    next: 'Give a linked ELF kernel, a raw disk image, or a 512-byte boot sector.',
  })
}

/** An ISO 9660 volume (ECMA-119, 8.4) with the boot record of the El Torito specification in its second descriptor. */
function isBootableCd(bytes: Uint8Array): boolean {
  const text = (at: number, length: number): string => Buffer.from(bytes.subarray(at, at + length)).toString('latin1')
  return text(0x8001, 5) === 'CD001' && text(0x8807, 23) === 'EL TORITO SPECIFICATION'
}

function bringsAddresses(bytes: Uint8Array): boolean {
  const second = findMultiboot2Header(bytes).header
  return findMultibootHeader(bytes).header?.addresses !== undefined || (second !== undefined && multiboot2Tag(second, MULTIBOOT2_TAG.ADDRESS) !== undefined)
}

/** A copy that stopped half-way is the usual reason for a disk that ends inside its own active partition. */
function checkWholeDisk(bytes: Uint8Array, where: string, fileBytes: number): void {
  // A floppy's boot sector has code where a hard disk has its table.
  if (!hasPartitionTable(bytes)) return
  const partition = readPartitionTable(bytes, where).find(({ active }) => active)
  if (!partition) return
  const missing = (partition.lba + partition.sectors) * SECTOR_BYTES - fileBytes
  if (missing <= 0) return
  throw new ImageError({
    what: `The disk image is cut short: its active partition ends ${missing} bytes after the file does.`,
    where,
    why: 'What lies there cannot be read, so the boot would fail half-way.',
    next: 'Build or copy the image again.',
  })
}
