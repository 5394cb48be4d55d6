/**
 * Linux kernels and what comes in their form. Source: Linux, Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header". The loader reads the header
 * itself (resources/loader/linux.c).
 */
import { hex, ImageError } from './errors'
import { SECTOR_BYTES } from './layout'

const MAGIC_AT = 0x202
const MAGIC = 0x53726448 // "HdrS"
const LEAST_VERSION = 0x206
const USUAL_SETUP_SECTORS = 4
const LOADED_HIGH = 1
/** The text that says which kernel it is has no length of its own. */
const MAX_NAME_BYTES = 512

export interface LinuxHeader {
  /** 0x020f is 2.15. */
  version: number
  /** `6.1.0-56-amd64 (debian-kernel@…) …`, when the kernel says it. */
  name?: string
  /** Where the protected-mode part begins in the file. */
  setupBytes: number
  loadedHigh: boolean
  relocatable: boolean
  /** Bytes without the terminating zero. */
  commandLineBytes: number
  /** From version 2.10 on: where it wants to be, and how much memory it needs there. */
  preferredAddress?: bigint
  runBytes?: number
  alignment: number
  /** The highest address of the initial RAM disk's last byte. */
  ramdiskLast: number
  /** From version 2.12 on: bit 0, a 64-bit entry point. */
  xloadflags?: number
}

/** Undefined when the file is none. */
export function findLinuxHeader(bytes: Uint8Array): LinuxHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 0x268 || view.getUint32(MAGIC_AT, true) !== MAGIC) return undefined
  const version = view.getUint16(0x206, true)
  const nameAt = view.getUint16(0x20e, true)
  const name = nameAt === 0 ? undefined : textAt(bytes, nameAt + SECTOR_BYTES)
  return {
    version,
    ...(name !== undefined && { name }),
    setupBytes: (1 + (view.getUint8(0x1f1) || USUAL_SETUP_SECTORS)) * SECTOR_BYTES,
    loadedHigh: (view.getUint8(0x211) & LOADED_HIGH) !== 0,
    relocatable: view.getUint8(0x234) !== 0,
    commandLineBytes: view.getUint32(0x238, true),
    alignment: view.getUint32(0x230, true),
    ramdiskLast: view.getUint32(0x22c, true),
    ...(version >= 0x20a && { preferredAddress: view.getBigUint64(0x258, true), runBytes: view.getUint32(0x260, true) }),
    ...(version >= 0x20c && { xloadflags: view.getUint16(0x236, true) }),
  }
}

function textAt(bytes: Uint8Array, at: number): string | undefined {
  const end = bytes.subarray(at, at + MAX_NAME_BYTES).indexOf(0)
  return end <= 0 ? undefined : new TextDecoder('latin1').decode(bytes.subarray(at, at + end)).trim()
}

/**
 * What the loader would refuse.
 * @throws ImageError
 */
export function checkLinux(bytes: Uint8Array, where: string): LinuxHeader {
  const header = findLinuxHeader(bytes)
  if (!header)
    throw new ImageError({
      what: `The file is no Linux kernel: it has no "HdrS" at offset ${hex(MAGIC_AT)}.`,
      where,
      why: 'A bzImage has its header there.',
      next: 'Give arch/x86/boot/bzImage or a distribution’s /boot/vmlinuz, not vmlinux; or choose another protocol in the manifest ("boot").',
    })
  if (header.version < LEAST_VERSION)
    throw new ImageError({
      what: `The kernel speaks version ${linuxVersion(header)} of the Linux boot protocol.`,
      where: `${where}+${hex(0x206)}`,
      why: 'The boot loader knows 2.06 (Linux 2.6.22) and later ones.',
      next: 'Use a later kernel.',
    })
  if (!header.loadedHigh)
    throw new ImageError({
      what: 'The kernel is a zImage, which is loaded below 1 MiB.',
      where: `${where}+${hex(0x211)}`,
      why: 'The boot loader itself works there, and puts Linux at 1 MiB or above.',
      next: 'Build a bzImage.',
    })
  if (header.setupBytes >= bytes.length)
    throw new ImageError({
      what: `The kernel is cut short: it has ${bytes.length} bytes, and its protected-mode part begins at ${header.setupBytes}.`,
      where,
      why: 'There is nothing to start.',
      next: 'Copy the file again.',
    })
  return header
}

/** `2.15` */
export function linuxVersion({ version }: LinuxHeader): string {
  return `${version >> 8}.${String(version & 0xff).padStart(2, '0')}`
}
