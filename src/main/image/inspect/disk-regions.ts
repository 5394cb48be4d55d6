/** The bytes of a disk, from tables down to the functions of the kernels on it. */
import type { BootCodeFacts } from '../../../shared/inspection'
import { GPT, type GptTable } from '../gpt'
import { MBR, SECTOR_BYTES } from '../layout'
import { bootCodeFacts, ownStage2 } from './boot-code'
import { type Disk, type DiskPartition, type DiskVolume, isProtective } from './disk'
import { typeName } from './disk-facts'
import { factList, fieldFacts } from './facts'
import { fileRoles, toldOfFile, VOLUME_ROLES } from './file-roles'
import { programRegions } from './program-regions'
import { nest, place, region, type Region, type Told } from './region'
import { contentOf } from './volumes'

/** A GPT's entries as every tool writes them. */
const GPT_ENTRY_BYTES = 128

export function diskRegions(disk: Disk, where: string): Region[] {
  const { bytes, partitions, gpt, volumes } = disk
  const [whole] = volumes.filter(({ offset, volume }) => offset === 0 && volume.structure.some(({ kind }) => kind === 'boot sector'))
  const tables = partitions.some(({ table }) => table === 'MBR') ? [region('table', 'partition table (MBR)', MBR.MBR_PARTITION_TABLE, MBR.MBR_SIGNATURE - MBR.MBR_PARTITION_TABLE, { role: 'partition-table' })] : []
  const fields = ownStage2(bytes) && !whole ? [region('table', 'where stage 2 lies, identity, disk signature', MBR.MBR_STAGE2_LBA, MBR.MBR_PARTITION_TABLE - MBR.MBR_STAGE2_LBA, { role: 'stage2-pointer' })] : []
  const code = bootCodeFacts(bytes).map((each) => region('boot code', each.owner ?? 'boot code', each.offset, each.bytes, { ...codeRole(each, ownStage2(bytes)?.offset), facts: fieldFacts(each.fields) }))
  return nest(
    [
      ...gptRegions(gpt?.primary, 'primary'),
      ...gptRegions(gpt?.backup, 'backup'),
      ...partitions.filter((partition) => !isProtective(partition)).map(partitionRegion),
      ...volumes.flatMap((volume) => volumeRegions(volume, where)),
      ...(whole ? code.filter(({ start }) => start > 0).map((each) => asLongAsFile(each, whole)) : [...code, ...fields, ...tables, region('table', 'boot signature', MBR.MBR_SIGNATURE, 2, { role: 'boot-signature' })]),
    ].map((each) => ({ ...each, end: Math.min(each.end, disk.length) })),
    disk.length,
  )
}

function partitionRegion(partition: DiskPartition): Region {
  const { number, table, type, firstSector, sectors, name, active, guid } = partition
  const said = typeof type === 'number' ? `0x${type.toString(16).padStart(2, '0')}` : type
  const { typeName: kind } = typeName(partition)
  return region('partition', `partition ${number} (${table})${name === undefined ? '' : ` ${JSON.stringify(name)}`}`, firstSector * SECTOR_BYTES, sectors * SECTOR_BYTES, {
    own: String(number),
    facts: factList({ table, type: kind === undefined ? said : `${said} ${kind}`, name, active, 'first-sector': firstSector, sectors, guid }),
  })
}

function codeRole({ offset, owner }: BootCodeFacts, stage2: number | undefined): Told {
  if (stage2 === undefined) return { own: owner }
  return { role: offset === stage2 ? 'stage2' : 'stage1' }
}

/** A loader that is a file of the volume is counted in sectors by who loads it, and ends with the file. */
function asLongAsFile(code: Region, { volume }: DiskVolume): Region {
  const file = volume.files.find(({ extents }) => extents[0]?.offset === code.start)
  return file ? { ...code, end: Math.min(code.end, code.start + file.bytes) } : code
}

function gptRegions(table: GptTable | undefined, which: string): Region[] {
  if (!table) return []
  const told: Told = { own: which, role: 'gpt-header', facts: factList({ 'disk-guid': table.id, 'first-usable': table.firstUsable, 'last-usable': table.lastUsable }), remarks: table.faults }
  return [
    region('table', `${which} GPT header`, table.lba * SECTOR_BYTES, SECTOR_BYTES, told),
    region('table', `${which} GPT entries`, table.entriesLba * SECTOR_BYTES, table.entryCount * GPT_ENTRY_BYTES, { own: which, role: 'gpt-entries' }),
  ].filter(({ start }) => start >= GPT.HEADER_LBA * SECTOR_BYTES)
}

/** The volume, and what lies in it, in bytes of the disk. */
function volumeRegions({ offset, bytes, length, volume }: DiskVolume, where: string): Region[] {
  const roles = fileRoles(volume, where)
  const files = volume.files.flatMap((file) => {
    const content = file.directory ? [] : programRegions(contentOf(bytes, file), `${where}: ${file.path}`)
    return place([region(file.directory ? 'directory' : 'file', file.path, 0, file.extents.reduce((sum, extent) => sum + extent.bytes, 0), { ...toldOfFile(file, roles), children: content })], file.extents)
  })
  const inside = nest([...volume.structure, ...files], length)
  const facts = [...factList({ type: volume.kind, label: volume.label }), ...fieldFacts(volume.fields), ...factList({ 'file-count': volume.files.filter(({ directory }) => !directory).length })]
  return place([region('volume', `${volume.kind}${volume.label === undefined ? '' : ` ${volume.label}`}`, 0, length, { role: VOLUME_ROLES[volume.kind], facts, remarks: volume.problems, children: inside })], [{ offset, bytes: length }])
}
