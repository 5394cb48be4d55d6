/** The bytes of a disk, from tables down to the functions of the kernels on it. */
import { GPT, type GptTable } from '../gpt'
import { MBR, SECTOR_BYTES } from '../layout'
import { bootCodeFacts, ownStage2 } from './boot-code'
import { type Disk, type DiskVolume, isProtective } from './disk'
import { programRegions } from './program-regions'
import { nest, place, region, type Region } from './region'
import { contentOf } from './volumes'

/** A GPT's entries as every tool writes them. */
const GPT_ENTRY_BYTES = 128

export function diskRegions(disk: Disk, where: string): Region[] {
  const { bytes, partitions, gpt, volumes } = disk
  const [whole] = volumes.filter(({ offset, volume }) => offset === 0 && volume.structure.some(({ kind }) => kind === 'boot sector'))
  const tables = partitions.some(({ table }) => table === 'MBR') ? [region('table', 'partition table (MBR)', MBR.MBR_PARTITION_TABLE, MBR.MBR_SIGNATURE - MBR.MBR_PARTITION_TABLE)] : []
  const fields = ownStage2(bytes) && !whole ? [region('table', 'where stage 2 lies, identity, disk signature', MBR.MBR_STAGE2_LBA, MBR.MBR_PARTITION_TABLE - MBR.MBR_STAGE2_LBA)] : []
  const code = bootCodeFacts(bytes).map(({ offset, bytes: length, owner }) => region('boot code', owner ?? 'boot code', offset, length))
  return nest(
    [
      ...gptRegions(gpt?.primary, 'primary'),
      ...gptRegions(gpt?.backup, 'backup'),
      ...partitions.filter((partition) => !isProtective(partition)).map(({ number, table, firstSector, sectors, name }) => region('partition', `partition ${number} (${table})${name === undefined ? '' : ` ${JSON.stringify(name)}`}`, firstSector * SECTOR_BYTES, sectors * SECTOR_BYTES)),
      ...volumes.flatMap((volume) => volumeRegions(volume, where)),
      ...(whole ? code.filter(({ start }) => start > 0).map((each) => asLongAsFile(each, whole)) : [...code, ...fields, ...tables, region('table', 'boot signature', MBR.MBR_SIGNATURE, 2)]),
    ].map((each) => ({ ...each, end: Math.min(each.end, bytes.length) })),
    bytes.length,
  )
}

/** A loader that is a file of the volume is counted in sectors by who loads it, and ends with the file. */
function asLongAsFile(code: Region, { volume }: DiskVolume): Region {
  const file = volume.files.find(({ extents }) => extents[0]?.offset === code.start)
  return file ? { ...code, end: Math.min(code.end, code.start + file.bytes) } : code
}

function gptRegions(table: GptTable | undefined, which: string): Region[] {
  if (!table) return []
  return [region('table', `${which} GPT header`, table.lba * SECTOR_BYTES, SECTOR_BYTES), region('table', `${which} GPT entries`, table.entriesLba * SECTOR_BYTES, table.entryCount * GPT_ENTRY_BYTES)].filter(({ start }) => start >= GPT.HEADER_LBA * SECTOR_BYTES)
}

/** The volume, and what lies in it, in bytes of the disk. */
function volumeRegions({ offset, bytes, volume }: DiskVolume, where: string): Region[] {
  const files = volume.files.flatMap((file) => {
    const content = file.directory ? [] : programRegions(contentOf(bytes, file), `${where}: ${file.path}`)
    return place([region(file.directory ? 'directory' : 'file', file.path, 0, file.extents.reduce((sum, extent) => sum + extent.bytes, 0), { children: content })], file.extents)
  })
  const inside = nest([...volume.structure, ...files], bytes.length)
  return place([region('volume', `${volume.kind}${volume.label === undefined ? '' : ` ${volume.label}`}`, 0, bytes.length, { children: inside })], [{ offset, bytes: bytes.length }])
}
