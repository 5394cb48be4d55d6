/**
 * A bzImage without its own decompressor: what it would unpack is taken out, and put behind a few instructions that enter it as the decompressor would.
 * The result is a bzImage again, for any loader. Sources: Linux, Documentation/arch/x86/boot.rst (payload_offset, payload_length; "64-bit Boot Protocol",
 * "32-bit Boot Protocol"), arch/x86/kernel/head_64.S and head_32.S (state at startup_64 and startup_32).
 *
 * The decompressor also moves the kernel to a random place (KASLR) and knows 57-bit addresses; an unpacked kernel runs where it was linked, with 48 bits.
 */
import { ELF_MACHINE, parseElf, SEGMENT_TYPE } from './elf'
import { hex, ImageError } from './errors'
import { MAX_INPUT_BYTES } from './input'
import { checkLinux, linuxVersion } from './linux'

const PAYLOAD_SINCE = 0x208
const AT = { boundary: 0x1f4, relocatable: 0x234, xloadflags: 0x236, payload: 0x248, payloadBytes: 0x24c, preferred: 0x258, runBytes: 0x260, handover: 0x264 } as const

/** Room for the entering code and its page tables, below the kernel. */
const ENTRY_BYTES = 0x1_0000
const PAGE = 0x1000
const ONE_MIB = 0x10_0000
const TABLES_AT = PAGE
const TOP_ENTRIES = 4
const PRESENT_WRITABLE = 3
const LARGE_PAGE = 0x80
const LARGE_PAGE_BYTES = 0x20_0000
const ENTRIES = 512
const ENTRY = 8

/** What a kernel is packed as, by its first bytes (Linux, lib/decompress.c). */
const PACKERS = { gzip: [0x1f, 0x8b], xz: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], zstd: [0x28, 0xb5, 0x2f, 0xfd], bzip2: [0x42, 0x5a, 0x68], lzma: [0x5d, 0x00], lzo: [0x89, 0x4c, 0x5a, 0x4f], lz4: [0x02, 0x21, 0x4c, 0x18] } as const
const ELF_MAGIC = [0x7f, 0x45, 0x4c, 0x46] as const
export type LinuxPacker = keyof typeof PACKERS

export interface LinuxPayload {
  /** Absent: it is not packed. */
  packer?: LinuxPacker
  bytes: Uint8Array
}

const begins = (bytes: Uint8Array, magic: readonly number[]): boolean => magic.every((byte, index) => bytes[index] === byte)
const isPacker = (name: string): name is LinuxPacker => Object.hasOwn(PACKERS, name)

/**
 * What the kernel unpacks when it starts.
 * @throws ImageError when the file is no such kernel
 */
export function linuxPayload(file: Uint8Array, where: string): LinuxPayload {
  const header = checkLinux(file, where)
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const at = header.setupBytes + view.getUint32(AT.payload, true)
  const length = view.getUint32(AT.payloadBytes, true)
  if (header.version < PAYLOAD_SINCE || length === 0) throw cannotUnpack(`The kernel (boot protocol ${linuxVersion(header)}) does not say where it is packed.`, where)
  if (at + length > file.length)
    throw new ImageError({ what: `The kernel is cut short: what it unpacks ends at ${hex(at + length)}, and the file has ${hex(file.length)} bytes.`, where, why: 'A part of the kernel is missing.', next: 'Copy the file again.' })
  const bytes = file.subarray(at, at + length)
  if (begins(bytes, ELF_MAGIC)) return { bytes }
  const packer = Object.keys(PACKERS).find((name) => isPacker(name) && begins(bytes, PACKERS[name]))
  if (packer === undefined || !isPacker(packer)) throw cannotUnpack('What the kernel is packed with is not known.', where)
  // Its length follows, which gzip has by itself ("payload", arch/x86/boot/compressed/Makefile).
  return { packer, bytes: packer === 'gzip' ? bytes : bytes.subarray(0, -4) }
}

/**
 * The kernel that enters `vmlinux` at once.
 * @param file whose header is kept
 * @param vmlinux what its payload unpacks to; what follows the ELF file is passed over
 * @throws ImageError when that is none of Linux' ELF files
 */
export function withoutDecompressor(file: Uint8Array, vmlinux: Uint8Array, where: string): Uint8Array {
  const { setupBytes } = checkLinux(file, where)
  const elf = parseElf(vmlinux, where)
  const segments = elf.segments.filter(({ type, memoryBytes }) => type === SEGMENT_TYPE.LOAD && memoryBytes > 0n)
  const places = segments.map(({ offset, fileBytes, memoryBytes, physicalAddress }) => ({ offset: Number(offset), fileBytes: Number(fileBytes), start: Number(physicalAddress), end: Number(physicalAddress + memoryBytes) }))
  const start = Math.min(...places.map((place) => place.start))
  const end = Math.max(...places.map((place) => place.end))
  const base = start - ENTRY_BYTES
  const isX86 = elf.machine === ELF_MACHINE.X86_64 || elf.machine === ELF_MACHINE.I386
  if (!isX86 || places.length === 0 || base < ONE_MIB || base % PAGE !== 0 || end - base > MAX_INPUT_BYTES || places.some(({ offset, fileBytes }) => offset + fileBytes > vmlinux.length))
    throw cannotUnpack('What the kernel unpacks is no ELF file that can be entered where it is linked.', where)
  const entry = Number(elf.entry)

  const fileEnd = Math.max(...places.map((place) => place.start + place.fileBytes))
  const result = new Uint8Array(setupBytes + fileEnd - base)
  result.set(file.subarray(0, setupBytes))
  const view = new DataView(result.buffer)
  view.setUint8(AT.relocatable, 0)
  for (const field of [AT.payload, AT.payloadBytes, AT.handover]) view.setUint32(field, 0, true)
  view.setUint16(AT.xloadflags, 0, true)
  view.setUint32(AT.boundary, Math.ceil((fileEnd - base) / 16), true)
  view.setBigUint64(AT.preferred, BigInt(base), true)
  view.setUint32(AT.runBytes, end - base, true)
  const loaded = result.subarray(setupBytes)
  for (const place of places) loaded.set(vmlinux.subarray(place.offset, place.offset + place.fileBytes), place.start - base)
  if (elf.bits === 32) loaded.set(jump32(entry))
  else {
    loaded.set(enter64(base, entry))
    writePageTables(new DataView(loaded.buffer, loaded.byteOffset), base)
  }
  return result
}

const le32 = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24]

/** The loader has set up all that startup_32 wants. */
const jump32 = (entry: number): number[] => [0xb8, ...le32(entry), 0xff, 0xe0] // mov eax, entry; jmp eax

/** From 32-bit protected mode to 64-bit mode with an identity mapping; RSI is still the zero page. */
function enter64(base: number, entry: number): number[] {
  const gdtAt = 0x80
  const longAt = 0x40
  const code = [
    [0x0f, 0x01, 0x15, ...le32(base + gdtAt)], // lgdt [gdt]
    [0x0f, 0x20, 0xe0, 0x83, 0xc8, 0x20, 0x0f, 0x22, 0xe0], // CR4.PAE
    [0xb8, ...le32(base + TABLES_AT), 0x0f, 0x22, 0xd8], // CR3
    [0xb9, ...le32(0xc000_0080), 0x0f, 0x32, 0x0d, ...le32(0x100), 0x0f, 0x30], // EFER.LME
    [0x0f, 0x20, 0xc0, 0x0d, ...le32(0x8000_0000), 0x0f, 0x22, 0xc0], // CR0.PG
    [0xea, ...le32(base + longAt), 0x10, 0x00], // jmp 0x10:long
  ].flat()
  const long = [
    [0xb8, ...le32(0x18), 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0], // mov eax, 0x18; DS, ES, SS
    [0xb8, ...le32(entry), 0xff, 0xe0], // mov eax, entry; jmp rax
  ].flat()
  const descriptors = [0, 0, 0, 0, 0x0000_ffff, 0x00af_9b00, 0x0000_ffff, 0x00cf_9300]
  const gdt = [descriptors.length * 4 - 1, 0, ...le32(base + gdtAt + 8), 0, 0, ...descriptors.flatMap(le32)]
  const bytes = Array.from({ length: gdtAt + gdt.length }, () => 0)
  bytes.splice(0, code.length, ...code)
  bytes.splice(longAt, long.length, ...long)
  bytes.splice(gdtAt, gdt.length, ...gdt)
  return bytes
}

/** The first 4 GiB at their own addresses, in pages of 2 MiB, which every processor with long mode has. */
function writePageTables(view: DataView, base: number): void {
  const set = (at: number, value: number): void => view.setBigUint64(at, BigInt(value), true)
  const second = TABLES_AT + PAGE
  const third = second + PAGE
  set(TABLES_AT, base + second + PRESENT_WRITABLE)
  for (let entry = 0; entry < TOP_ENTRIES; entry++) set(second + entry * ENTRY, base + third + entry * PAGE + PRESENT_WRITABLE)
  for (let entry = 0; entry < TOP_ENTRIES * ENTRIES; entry++) set(third + entry * ENTRY, entry * LARGE_PAGE_BYTES + LARGE_PAGE + PRESENT_WRITABLE)
}

function cannotUnpack(what: string, where: string): ImageError {
  return new ImageError({ what, where, why: 'It cannot be unpacked before the boot.', next: 'Leave --unpack out: the kernel unpacks itself then.' })
}
