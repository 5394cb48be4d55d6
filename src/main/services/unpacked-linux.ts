/** Linux kernels that are unpacked before the boot: their own decompressor, which is most of what a boot executes, has nothing to do then. */
import { ImageError, type LinuxPacker, linuxPayload, unfilterX86, withoutDecompressor, withoutX86Filter } from '../image'
import { type PackedFormat, unpackBytes } from '../usb'

/** Those that the writer of drives unpacks, too. */
const KNOWN: Readonly<Partial<Record<LinuxPacker, PackedFormat>>> = { gzip: 'gzip', xz: 'xz', zstd: 'zstd' }

/**
 * The same kernel, entered where its decompressor would enter it.
 * @throws ImageError when it is none, is damaged, or packed in another way
 */
export async function unpackedLinux(file: Uint8Array, where: string): Promise<Uint8Array> {
  const { packer, bytes } = linuxPayload(file, where)
  if (packer === undefined) return withoutDecompressor(file, bytes, where)
  const format = KNOWN[packer]
  if (format === undefined)
    throw new ImageError({ what: `The kernel is packed with ${packer}.`, where, why: 'gzip, xz and zstd can be unpacked before the boot.', next: 'Leave --unpack out: the kernel unpacks itself then.' })
  const unfiltered = packer === 'xz' ? withoutX86Filter(bytes, where) : undefined
  const vmlinux = await unpackBytes(format, unfiltered?.xz ?? bytes).catch((error: unknown) => {
    throw new ImageError({ what: 'What is packed in the kernel cannot be unpacked.', where, why: error instanceof Error ? error.message : String(error), next: 'Copy the file again; or leave --unpack out, so that the kernel unpacks itself.' }, { cause: error })
  })
  if (unfiltered) unfilterX86(vmlinux, unfiltered.crc32, where)
  return withoutDecompressor(file, vmlinux, where)
}
