/** Builds images for the QEMU tests and keeps their temporary files. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assembleLoader, buildDiskImage, type DiskImageInput, type LoaderBinaries } from '../../src/main/image/index'
import { bootInQemu, type QemuOptions, type QemuRun } from '../support/qemu'
import { assembleFlat } from '../../src/main/toolchain/assemble-flat'
import { uefiPrograms } from './uefi-image'

let bios: Promise<LoaderBinaries> | undefined

/** The BIOS loader, assembled once per test file. */
export function loader(): Promise<LoaderBinaries> {
  return (bios ??= assembleLoader(assembleFlat))
}

/** An image of a kernel; on bare sectors and for BIOS alone, unless `image` says otherwise. */
export async function imageOf(kernel: Uint8Array, commandLine = '', { image, ...more }: Omit<DiskImageInput, 'kernel' | 'loader' | 'commandLine'> = {}): Promise<Uint8Array> {
  const options = { firmware: 'bios' as const, ...(image?.layout === undefined && { fileSystem: 'none' as const }), ...image }
  const programs = options.firmware === 'bios' ? undefined : await uefiPrograms()
  return (await buildDiskImage({ kernel, loader: { ...(await loader()), uefi: programs }, commandLine, image: options, ...more })).image
}

/** Writes the image to a temporary file and boots it. */
export async function bootImage(image: Uint8Array, options: QemuOptions): Promise<QemuRun> {
  const folder = mkdtempSync(join(tmpdir(), 'bootlab-image-'))
  try {
    const path = join(folder, 'disk.img')
    writeFileSync(path, image)
    return await bootInQemu(path, options)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
