/** Kernels for other loaders, told by their marks. */
import type { ElfFile } from './elf'

/** Sources: Linux x86 boot protocol, "The Real-Mode Kernel Header"; bootloader 0.11 api/src/config.rs; PE/COFF specification. */
const LINUX_MAGIC_AT = 0x202
const LINUX_MAGIC = 0x53726448 // "HdrS"
const BOOTLOADER_SECTION = '.bootloader-config'
const BOOTLOADER_RELEASES: Readonly<Record<number, string>> = { 115: '0.11.0', 124: '0.11.1 to 0.11.10', 133: '0.11.11 or later' }
const PE_HEADER_AT = 0x3c
const PE_MAGIC = 0x4550

/** Sentences, one for each format that the file bears the marks of. */
export function foreignFormats(bytes: Uint8Array, elf: ElfFile | undefined): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const word = (at: number): number | undefined => (at + 4 <= bytes.length ? view.getUint32(at, true) : undefined)
  const found: string[] = []
  if (word(LINUX_MAGIC_AT) === LINUX_MAGIC) {
    const version = view.getUint16(LINUX_MAGIC_AT + 4, true)
    found.push(`A Linux kernel (bzImage, boot protocol ${version >> 8}.${String(version & 0xff).padStart(2, '0')}): the boot loader does not speak the Linux boot protocol.`)
  }
  const header = word(PE_HEADER_AT)
  if (bytes[0] === 0x4d && bytes[1] === 0x5a && header !== undefined && word(header) === PE_MAGIC) found.push('A PE program, as UEFI firmware starts it: the boot loader is for BIOS machines.')
  const crate = elf?.sections.find(({ name }) => name === BOOTLOADER_SECTION)
  if (crate)
    found.push(`A kernel of the crate bootloader ${BOOTLOADER_RELEASES[crate.bytes] ?? `0.11 (with a configuration of ${crate.bytes} bytes)`}: the boot loader hands over as versions 0.6 to 0.9 do.`)
  return found
}
