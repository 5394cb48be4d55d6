/** Builds images for the QEMU tests and keeps their temporary files. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assembleLoader, buildDiskImage, type DiskImageInput, type LoaderBinaries } from '../../src/main/image/index'
import { bootInQemu, type QemuOptions, type QemuRun } from '../support/qemu'
import { assembleFlat } from '../../src/main/toolchain/assemble-flat'

let assembled: Promise<LoaderBinaries> | undefined

/** The loader, assembled once per test file. */
export function loader(): Promise<LoaderBinaries> {
  return (assembled ??= assembleLoader(assembleFlat))
}

export async function imageOf(kernel: Uint8Array, commandLine = '', more: Pick<DiskImageInput, 'modules' | 'protocol' | 'bootloader' | 'address'> = {}): Promise<Uint8Array> {
  return buildDiskImage({ kernel, loader: await loader(), commandLine, ...more }).image
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
