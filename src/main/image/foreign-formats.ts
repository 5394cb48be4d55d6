/** Programs for other loaders, told by their marks. */

/** Source: PE/COFF specification, "MS-DOS Stub", "Signature". */
const PE_HEADER_AT = 0x3c
const PE_MAGIC = 0x4550

/** Sentences, one for each format that the file bears the marks of. */
export function foreignFormats(bytes: Uint8Array): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const word = (at: number): number | undefined => (at + 4 <= bytes.length ? view.getUint32(at, true) : undefined)
  const header = word(PE_HEADER_AT)
  const isPe = bytes[0] === 0x4d && bytes[1] === 0x5a && header !== undefined && word(header) === PE_MAGIC
  return isPe ? ['A PE program: UEFI firmware starts it by itself, without a boot loader.'] : []
}
