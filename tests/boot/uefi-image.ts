/** Disks that a UEFI firmware starts: the raw volume of buildDiskImage, and an EFI system partition behind it. */
import { assembleUefi, type UefiBinaries } from '../../src/main/image/index'
import { makeFat } from '../../src/main/image/fat'
import { SECTOR_BYTES } from '../../src/main/image/layout'
import { readPartitionTable, writePartitionTable } from '../../src/main/image/mbr'
import { assembleEfi, assembleFlat } from '../../src/main/toolchain/index'

const PARTITION_SECTORS = 2880
const EFI_SYSTEM = 0xef

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

/** The image with one partition more, which holds the programs. */
export async function withUefi(image: Uint8Array): Promise<Uint8Array> {
  const lba = image.length / SECTOR_BYTES
  const partition = await makeFat({ kind: 'fat12', sectors: PARTITION_SECTORS, hiddenSectors: lba, files: await uefiFiles() })
  const whole = new Uint8Array(image.length + partition.length)
  whole.set(image)
  whole.set(partition, image.length)
  writePartitionTable(whole, [...readPartitionTable(image), { active: false, type: EFI_SYSTEM, lba, sectors: PARTITION_SECTORS }])
  return whole
}
