/** Bootable images of kernels, in every layout. */
import { gzipSync } from 'node:zlib'
import type { BootModule, BootProtocol } from '../../shared/boot'
import { CONFIG_PATH } from './boot-config'
import { EFI_IMAGE_PATH, STAGE2_PATH } from './boot-volume'
import { DEFAULT_IMAGE_OPTIONS, type DiskContent, type DiskEntry, type DiskLoader, type DiskPart, type ImageOptions, type VolumeFile } from './disk-content'
import { UEFI_PATHS } from './disk-loader'
import { ONE_MIB, packDisk } from './disk-pack'
import { unpackDisk } from './disk-unpack'
import { looksLikeElf } from './elf'
import { ImageError } from './errors'
import { checkInputSize } from './input'
import { type KernelHints, type KernelPlan, planKernel } from './kernel'
import { SECTOR_BYTES } from './layout'
import { requireBootSignature } from './mbr'

/** A kernel, and what it is started with. */
export interface KernelInput extends KernelHints {
  /** The linked kernel: an ELF file, or a flat file whose headers or hints say where it goes. */
  kernel: Uint8Array
  /** What the boot menu shows. */
  title?: string | undefined
  /** At most 4095 bytes of UTF-8; the kernel gets it as it is. */
  commandLine?: string | undefined
  /** Files that the kernel finds in memory, in this order. */
  modules?: readonly BootModule[] | undefined
  /** Whether it lies compressed on the boot volume. */
  compress?: boolean | undefined
  /** Names the kernel in errors, usually its path. */
  where?: string | undefined
}

export interface DiskImageInput extends KernelInput {
  loader: DiskLoader
  /** Further kernels for the boot menu. */
  entries?: readonly KernelInput[] | undefined
  /** Seconds until the menu boots by itself; absent: it waits. */
  timeout?: number | undefined
  /** The entry that it boots then, from 1. */
  default?: number | undefined
  /** Further files of the boot volume. */
  files?: readonly VolumeFile[] | undefined
  /** What kind of image; what is absent is as {@link DEFAULT_IMAGE_OPTIONS} has it. */
  image?: Partial<ImageOptions> | undefined
}

export interface DiskImageReport {
  /** Of the first kernel, as the rest here. */
  protocol: BootProtocol
  /** The kernel's entry point, a virtual address. */
  entry: bigint
  /** What was added to the addresses a position-independent kernel was linked to; else 0. */
  base: bigint
  imageBytes: number
  /** In the order of their sectors. */
  parts: DiskPart[]
  /** Sentences about what boots but is probably not meant. */
  warnings: string[]
}

export interface DiskImage {
  image: Uint8Array
  report: DiskImageReport
}

/**
 * A bootable disk for a kernel, or several. The same input gives the same bytes.
 * @throws ImageError when a kernel or a command line cannot be booted as it is, or the content does not fit
 */
export async function buildDiskImage({ loader, entries: further = [], timeout, default: chosen = 1, files = [], image: options, ...first }: DiskImageInput): Promise<DiskImage> {
  const names = new VolumeNames(files)
  const where = first.where ?? 'kernel'
  const imageOptions: ImageOptions = { ...DEFAULT_IMAGE_OPTIONS, ...options }
  const { plan, entry } = planEntry(first, imageOptions, names)
  const others = further.map((input) => planEntry(input, imageOptions, names))
  const warnings = [plan, ...others.map((other) => other.plan)].flatMap((one) => one.warnings)
  const content: DiskContent = { options: imageOptions, loader, timeout, default: chosen, entries: [entry, ...others.map((other) => other.entry)], files }
  const { image, parts } = await packDisk(content, where)
  return { image, report: { protocol: plan.protocol, entry: plan.entry, base: plan.base, imageBytes: image.length, parts, warnings } }
}

/**
 * The same disk with another command line for the kernel that it boots by itself.
 * @throws ImageError when the image is not one of buildDiskImage, or the command line does not fit
 */
export async function withCommandLine(image: Uint8Array, commandLine: string, where = 'disk image'): Promise<Uint8Array> {
  const content = unpackDisk(image, where)
  const changed: DiskContent = { ...content, entries: content.entries.map((entry, index) => (index + 1 === content.default ? { ...entry, commandLine } : entry)) }
  const fitted = await packDisk(changed, where)
  if (fitted.image.length >= image.length) return fitted.image
  // It was made larger than its content needs.
  return (await packDisk({ ...changed, options: { ...changed.options, sizeBytes: image.length } }, where)).image
}

function planEntry({ kernel, title = 'Kernel', commandLine = '', modules = [], compress = false, where = 'kernel', ...hints }: KernelInput, { firmware }: ImageOptions, names: VolumeNames): { plan: KernelPlan; entry: DiskEntry } {
  checkInputSize(kernel.length, where)
  const plan = planKernel(kernel, where, hints)
  if (plan.protocol === 'flat16' && firmware === 'uefi')
    throw new ImageError({ what: 'A 16-bit kernel is to be started by UEFI.', where, why: 'It runs in real mode and calls the BIOS, which UEFI firmware does not have.', next: 'Let "firmware" be "bios" or "both", or choose another protocol.' })
  const entry: DiskEntry = {
    title,
    protocol: plan.protocol,
    parameters: plan.parameters ?? {},
    kernel: names.place(plan.bytes, kernelName(plan), compress),
    commandLine,
    modules: modules.map((module, index) => ({ ...names.place(module.bytes, module.name ?? `module-${index + 1}`, module.compress === true), commandLine: module.commandLine })),
  }
  return { plan, entry }
}

function kernelName({ bytes, protocol }: KernelPlan): string {
  return protocol === 'linux' ? 'vmlinuz' : looksLikeElf(bytes) ? 'kernel.elf' : 'kernel.bin'
}

/** Where files lie on the boot volume: each once, under names that no other has. */
class VolumeNames {
  readonly #taken = new Set<string>()
  readonly #placed: { name: string; compress: boolean; bytes: Uint8Array; file: VolumeFile }[] = []

  constructor(files: readonly VolumeFile[]) {
    for (const path of [CONFIG_PATH, STAGE2_PATH, EFI_IMAGE_PATH, ...Object.values(UEFI_PATHS), ...files.map((file) => file.path)]) this.#taken.add(path.toLowerCase())
  }

  /** The same file lies there once, though several entries name it. */
  place(bytes: Uint8Array, name: string, compress: boolean): VolumeFile {
    const before = this.#placed.find((placed) => placed.name === name && placed.compress === compress && Buffer.compare(placed.bytes, bytes) === 0)
    if (before) return before.file
    const file = { path: this.#free(safeName(name) + (compress ? '.gz' : '')), bytes: compress ? compressed(bytes) : bytes }
    this.#placed.push({ name, compress, bytes, file })
    return file
  }

  #free(name: string): string {
    const [, stem = name, extension = ''] = /^(.+?)((?:\.[^.]*)*)$/.exec(name) ?? []
    for (let number = 1; ; number++) {
      const path = `/boot/${number === 1 ? name : `${stem}-${number}${extension}`}`
      if (this.#taken.has(path.toLowerCase())) continue
      this.#taken.add(path.toLowerCase())
      return path
    }
  }
}

/** What every file system takes. */
function safeName(name: string): string {
  const safe = name.replaceAll(/[\p{Cc}\\/:*?"<>|]/gu, '_').slice(0, 100).replace(/[. ]+$/, '')
  return safe === '' ? 'file' : safe
}

/** gzip, the same on every system: the header would name the one it was made on (RFC 1952, 2.3.1). */
function compressed(bytes: Uint8Array): Uint8Array {
  const OPERATING_SYSTEM_AT = 9
  const UNKNOWN = 255
  const result = new Uint8Array(gzipSync(bytes, { level: 9 }))
  result[OPERATING_SYSTEM_AT] = UNKNOWN
  return result
}

/**
 * A disk whose first sector is the project's own; the rest is zero up to 1 MiB.
 * @param bytes exactly 512, the last two 55 AA.
 * @throws ImageError
 */
export function buildBootSectorImage(bytes: Uint8Array, where = 'boot sector'): Uint8Array {
  if (bytes.length > SECTOR_BYTES)
    throw new ImageError({
      what: `The boot sector has ${bytes.length} bytes, ${bytes.length - SECTOR_BYTES} too many.`,
      where,
      why: `A BIOS loads only the first ${SECTOR_BYTES} bytes.`,
      next: 'Shorten the code, or let it load the rest itself with INT 13h.',
    })
  requireBootSignature(bytes, where)
  const image = new Uint8Array(ONE_MIB)
  image.set(bytes)
  return image
}
