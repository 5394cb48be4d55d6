/** What lies on a disk: tables, boot code, volumes, files, the configuration. */
import type { BootConfigFacts, DiskFacts, GptHeaderFacts, VolumeFacts } from '../../../shared/inspection'
import { parseBootConfig } from '../boot-config'
import { hex } from '../errors'
import { GPT_TYPE, type GptTable } from '../gpt'
import { SECTOR_BYTES } from '../layout'
import { bootCodeFacts } from './boot-code'
import { type Disk, type DiskPartition, type DiskVolume, isProtective } from './disk'
import { contentOf } from './volumes'
import { attempt } from './why-not'

/** Types that are met on boot disks. Source: Andries Brouwer's list of partition identifiers; UEFI specification 2.10, 5.2.2. */
const MBR_TYPES: Readonly<Record<number, string>> = {
  0x01: 'FAT12', 0x04: 'FAT16 below 32 MiB', 0x05: 'extended', 0x06: 'FAT16', 0x07: 'NTFS or exFAT', 0x0b: 'FAT32', 0x0c: 'FAT32 (LBA)', 0x0e: 'FAT16 (LBA)', 0x0f: 'extended (LBA)',
  0x7f: 'for experiments', 0x82: 'Linux swap', 0x83: 'Linux', 0x96: 'ISO 9660', 0xee: 'GPT protective', 0xef: 'EFI system partition',
}
/** UEFI specification 2.10, table 5.7; the others from the Discoverable Partitions Specification and Microsoft's documentation. */
const GPT_TYPES: Readonly<Record<string, string>> = {
  [GPT_TYPE.EFI_SYSTEM]: 'EFI system partition',
  '21686148-6449-6E6F-744E-656564454649': 'BIOS boot partition',
  'EBD0A0A2-B9E5-4433-87C0-68B6B72699C7': 'basic data',
  '0FC63DAF-8483-4772-8E79-3D69D8477DE4': 'Linux file system',
}

/** @param whatIs says in words what a file's content is, when it is more than bytes */
export function diskFacts(disk: Disk, where: string, whatIs: (content: Uint8Array) => string | undefined): DiskFacts {
  const { bytes, partitions, gpt, volumes, remarks } = disk
  const active = partitions.filter((partition) => partition.active && !isProtective(partition))
  return {
    partitioning: partitioning(disk),
    partitions: partitions.map((partition) => ({
      ...partition,
      type: typeof partition.type === 'number' ? `0x${partition.type.toString(16).padStart(2, '0')}` : partition.type,
      ...typeName(partition),
    })),
    gptHeaders: [...(gpt?.primary ? [gptHeader('primary', gpt.primary)] : []), ...(gpt?.backup ? [gptHeader('backup', gpt.backup)] : [])],
    bootCode: [...bootCodeFacts(bytes), ...active.filter(({ firstSector }) => firstSector > 0).flatMap(({ firstSector }) => bootCodeFacts(bytes, firstSector * SECTOR_BYTES))],
    volumes: volumes.map((volume) => volumeFacts(volume, whatIs)),
    catalogue: volumes.flatMap(({ volume }) => (volume.catalogue ?? []).map(({ platform, bootable, emulation, loadSegment, sectors, offset }) => ({ platform, bootable, emulation, loadSegment: hex(loadSegment), sectors, offset }))),
    configurations: volumes.flatMap((volume) => configurationFacts(volume, where)),
    remarks,
  }
}

export function partitioning({ partitions, gpt }: Pick<Disk, 'partitions' | 'gpt'>): string {
  const mbr = partitions.filter((partition) => partition.table === 'MBR' && !isProtective(partition)).length > 0
  if (gpt) return mbr ? 'MBR + GPT (hybrid)' : 'GPT'
  return partitions.length > 0 ? 'MBR' : 'none'
}

/** What a partition's type means, where it is a known one. */
export function typeName({ type }: DiskPartition): { typeName?: string } {
  const name = typeof type === 'number' ? MBR_TYPES[type] : GPT_TYPES[type]
  return name === undefined ? {} : { typeName: name }
}

function gptHeader(which: 'primary' | 'backup', { lba, id, firstUsable, lastUsable, faults }: GptTable): GptHeaderFacts {
  return { which, sector: lba, diskGuid: id, firstUsable, lastUsable, faults }
}

function volumeFacts({ offset, bytes, partition, bootImage, volume }: DiskVolume, whatIs: (content: Uint8Array) => string | undefined): VolumeFacts {
  const { kind, label, fields, files, problems } = volume
  return {
    offset,
    bytes: bytes.length,
    ...(partition !== undefined && { partition }),
    ...(bootImage && { bootImage }),
    kind,
    ...(label !== undefined && { label }),
    fields,
    fileCount: files.filter(({ directory }) => !directory).length,
    files: files.map((file) => {
      const what = file.directory ? undefined : whatIs(contentOf(bytes, file))
      return { path: file.path, directory: file.directory, bytes: file.bytes, extents: file.extents.map((extent) => ({ offset: extent.offset + offset, bytes: extent.bytes })), ...(what !== undefined && { what }) }
    }),
    remarks: problems,
  }
}

function configurationFacts({ volume }: DiskVolume, where: string): BootConfigFacts[] {
  if (!volume.configuration) return []
  const { where: place, text } = volume.configuration
  const { value: config, why } = attempt(() => parseBootConfig(text, `${where}, ${place}`))
  const files = new Set(volume.files.map(({ path }) => path.toLowerCase()))
  const entries = config?.entries ?? []
  const missing = entries.flatMap(({ kernel, modules }) => [kernel, ...modules.map(({ path }) => path)]).filter((path) => !files.has(path.toLowerCase()))
  return [
    {
      where: place,
      text,
      ...(config?.timeout !== undefined && { timeout: config.timeout }),
      ...(config && { default: config.default }),
      entries: entries.map(({ title, protocol, kernel, commandLine, modules, parameters }) => ({
        title,
        ...(protocol !== undefined && { protocol }),
        kernel,
        commandLine,
        modules: modules.map((module) => ({ file: module.path, commandLine: module.commandLine })),
        parameters: Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, hex(value)])),
      })),
      remarks: [...(why === undefined ? [] : [why]), ...missing.map((path) => `The configuration names ${path}, which is not on the volume.`)],
    },
  ]
}
