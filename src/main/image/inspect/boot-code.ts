/** Whose code a BIOS would start, told only where it is sure. */
import type { BootCodeFacts } from '../../../shared/inspection'
import { hex } from '../errors'
import { MAGIC, MBR, MEMORY, SECTOR_BYTES } from '../layout'
import { hasBootSignature } from '../mbr'

/** Texts that only these programs' first sectors hold, all of them. Read from GRUB's boot.img and from what mkfs.fat writes. */
const KNOWN: readonly { owner: string; texts: readonly string[] }[] = [
  { owner: 'GRUB (boot.img)', texts: ['GRUB ', 'Geom', 'Hard Disk', 'Read'] },
  { owner: 'mkfs.fat: says that this is no bootable disk', texts: ['This is not a bootable disk.  Please insert a bootable floppy'] },
]
const decoder = new TextDecoder('latin1')

/** Where stage 2 lies on a disk whose sector 0 is Bootlab's stage 1; undefined on any other. */
export function ownStage2(disk: Uint8Array): { offset: number; bytes: number } | undefined {
  if (!hasBootSignature(disk)) return undefined
  const view = new DataView(disk.buffer, disk.byteOffset, disk.byteLength)
  const offset = view.getUint32(MBR.MBR_STAGE2_LBA, true) * SECTOR_BYTES
  const bytes = view.getUint16(MBR.MBR_STAGE2_SECTORS, true) * SECTOR_BYTES
  if (bytes === 0 || offset + bytes > disk.length || view.getUint32(offset, true) !== MAGIC.STAGE2_MAGIC) return undefined
  return view.getUint32(offset + MEMORY.STAGE2_IMAGE_ID, true) === view.getUint32(MBR.MBR_IMAGE_ID, true) ? { offset, bytes } : undefined
}

/** @param offset of the sector in the file; sector 0 of a disk, or of an active partition */
export function bootCodeFacts(disk: Uint8Array, offset = 0): BootCodeFacts[] {
  const sector = disk.subarray(offset, offset + SECTOR_BYTES)
  if (!hasBootSignature(sector)) return []
  const stage2 = offset === 0 ? ownStage2(disk) : undefined
  if (stage2) {
    const view = new DataView(disk.buffer, disk.byteOffset, disk.byteLength)
    const identity = { name: 'identity of the image', value: hex(view.getUint32(MBR.MBR_IMAGE_ID, true)) }
    return [
      { offset: 0, bytes: MBR.MBR_STAGE2_LBA, owner: 'Bootlab, stage 1', fields: [identity, { name: 'stage 2 in sector', value: String(stage2.offset / SECTOR_BYTES) }] },
      { ...stage2, owner: 'Bootlab, stage 2', fields: [{ name: 'boot volume at sector', value: String(view.getUint32(stage2.offset + MEMORY.STAGE2_VOLUME_LBA, true)) }] },
    ]
  }
  const code = sector.subarray(hasParameterBlock(sector) ? MBR.MBR_CODE_OFFSET : 0, MBR.MBR_PARTITION_TABLE)
  if (code.every((byte) => byte === 0)) return []
  const text = decoder.decode(sector)
  const owner = KNOWN.find(({ texts }) => texts.every((each) => text.includes(each)))?.owner
  return [{ offset, bytes: MBR.MBR_PARTITION_TABLE, ...(owner !== undefined && { owner }), fields: [] }]
}

/** Whether a file system's parameters (BPB) stand before the code: a jump over them, and a possible sector size. */
function hasParameterBlock(sector: Uint8Array): boolean {
  return sector[0] === 0xeb && sector[2] === 0x90 && [512, 1024, 2048, 4096].includes((sector[0x0b] ?? 0) | ((sector[0x0c] ?? 0) << 8))
}
