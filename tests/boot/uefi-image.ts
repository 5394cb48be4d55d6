/** The UEFI programs for images that tests make. */
import { assembleUefi, type UefiBinaries } from '../../src/main/image/index'
import { assembleEfi, assembleFlat } from '../../src/main/toolchain/index'

let assembled: Promise<UefiBinaries> | undefined

/** The programs, assembled once per test file. */
export function uefiPrograms(): Promise<UefiBinaries> {
  return (assembled ??= assembleUefi({ flat: assembleFlat, efi: assembleEfi }))
}

/** The programs where firmware looks for them on a file system (UEFI 2.10, 3.5.1.1 "Removable Media Boot Behavior"). */
export async function uefiFiles(): Promise<{ path: string; bytes: Uint8Array }[]> {
  const { x64, ia32 } = await uefiPrograms()
  return [
    { path: '/EFI/BOOT/BOOTX64.EFI', bytes: x64 },
    { path: '/EFI/BOOT/BOOTIA32.EFI', bytes: ia32 },
  ]
}
