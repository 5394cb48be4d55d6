/**
 * Drives of Windows, as its Storage Management classes say: MSFT_Disk, MSFT_Partition, MSFT_Volume, and Win32_PageFileUsage.
 * Sources: "Windows Storage Management API Classes" and "CIM Win32 provider" at learn.microsoft.com.
 */
import { z } from 'zod'
import type { Drive, Volume } from '../../../shared/drives'

/** One PowerShell run that prints everything as JSON; understood by Windows PowerShell 5.1 and later. */
export const WINDOWS_QUERY = `
$ErrorActionPreference = 'Stop'
[Console]::OutputEncoding = [Text.Encoding]::UTF8
$disks = @(Get-Disk | Select-Object Number, FriendlyName, Manufacturer, Model, SerialNumber, UniqueId, Guid, Signature, Size, LogicalSectorSize, @{n='BusType';e={[string]$_.BusType}}, IsBoot, IsSystem, BootFromDisk, IsReadOnly, IsOffline, @{n='PartitionStyle';e={[string]$_.PartitionStyle}})
$partitions = @(Get-Partition | Select-Object DiskNumber, PartitionNumber, AccessPaths, Size, @{n='Type';e={[string]$_.Type}}, GptType, MbrType, IsBoot, IsSystem)
$volumes = @(Get-Volume | Select-Object Path, FileSystemLabel, FileSystem, Size, SizeRemaining, @{n='DriveType';e={[string]$_.DriveType}})
$pagefiles = @(Get-CimInstance Win32_PageFileUsage | Select-Object Name)
@{ disks = $disks; partitions = $partitions; volumes = $volumes; pagefiles = $pagefiles } | ConvertTo-Json -Depth 4 -Compress
`

const text = z.string().trim().nullish().transform((value) => value || undefined)
const flag = z.boolean().nullish().transform((value) => value === true)
const count = z.number().nonnegative().nullish().transform((value) => value ?? 0)

const answerSchema = z.object({
  disks: z.array(
    z.object({
      Number: z.number().int().nonnegative(),
      FriendlyName: text,
      Manufacturer: text,
      Model: text,
      SerialNumber: text,
      UniqueId: text,
      Guid: text,
      Signature: z.number().nullish(),
      Size: count,
      LogicalSectorSize: count,
      BusType: z.string(),
      IsBoot: flag,
      IsSystem: flag,
      BootFromDisk: flag,
      IsReadOnly: flag,
      IsOffline: flag,
      PartitionStyle: z.string(),
    }),
  ),
  partitions: z.array(
    z.object({
      DiskNumber: z.number(),
      PartitionNumber: z.number(),
      AccessPaths: z.array(z.string()).nullish(),
      Size: count,
      Type: text,
      GptType: text,
      MbrType: z.number().nullish(),
      IsBoot: flag,
      IsSystem: flag,
    }),
  ),
  volumes: z.array(z.object({ Path: text, FileSystemLabel: text, FileSystem: text, Size: count, SizeRemaining: count, DriveType: text })),
  pagefiles: z.array(z.object({ Name: z.string() })),
})

/** Values of MSFT_Disk.BusType, by name and by number: PowerShell prints either. */
const BUSES: Readonly<Record<string, Drive['bus']>> = {
  SCSI: 'scsi', 1: 'scsi', ATA: 'sata', 3: 'sata', ATAPI: 'sata', 2: 'sata', USB: 'usb', 7: 'usb', RAID: 'scsi', 8: 'scsi', iSCSI: 'scsi', 9: 'scsi', SAS: 'scsi', 10: 'scsi',
  SATA: 'sata', 11: 'sata', SD: 'card', 12: 'card', MMC: 'card', 13: 'card', 'File Backed Virtual': 'file', 15: 'file', Spaces: 'virtual', 'Storage Spaces': 'virtual', 16: 'virtual', NVMe: 'nvme', 17: 'nvme',
}

/** Partition types of the Logical Disk Manager: its volumes may span several disks, and are not listed with any. */
const DYNAMIC_GPT = new Set(['{5808c8aa-7e8f-42e0-85d2-e1e90434cfb3}', '{af9b60a0-1431-4f62-bc68-3311714a69ad}'])
const DYNAMIC_MBR = 0x42
const STORAGE_SPACES_GPT = '{e75caf8f-f680-4cee-afa3-b001e56efc2d}'

/** @throws ZodError when it is not the query's answer */
export function windowsDrives(answer: unknown): Drive[] {
  const { disks, partitions, volumes, pagefiles } = answerSchema.parse(answer)
  const pagedTo = new Set(pagefiles.map(({ Name }) => Name.slice(0, 3).toUpperCase()))
  return disks.map((disk) => {
    const own = partitions.filter(({ DiskNumber }) => DiskNumber === disk.Number)
    const path = `\\\\.\\PHYSICALDRIVE${disk.Number}`
    const bus = BUSES[disk.BusType] ?? 'other'
    const found = own.map((partition): { driveType: string | undefined; volume: Volume } => {
      const access = partition.AccessPaths ?? []
      const volume = volumes.find(({ Path }) => Path !== undefined && access.includes(Path))
      const mountPoints = access.filter((point) => !point.startsWith('\\\\?\\'))
      const shown: Volume = {
        path: mountPoints[0]?.replace(/\\$/, '') ?? `partition ${partition.PartitionNumber} of disk ${disk.Number}`,
        kind: 'partition',
        label: volume?.FileSystemLabel,
        // A volume whose file system Windows cannot read has none, or is locked.
        fileSystem: volume?.FileSystem ?? (partition.Type === 'Basic' && volume ? 'locked by BitLocker, or unknown' : undefined),
        bytes: partition.Size,
        usedBytes: volume?.FileSystem !== undefined ? Math.max(0, volume.Size - volume.SizeRemaining) : undefined,
        mountPoints,
        swap: mountPoints.some((point) => pagedTo.has(point.toUpperCase())),
        system: partition.IsBoot || partition.IsSystem,
        volumes: [],
      }
      return { driveType: volume?.DriveType, volume: shown }
    })
    const dynamic = own.some(({ GptType, MbrType }) => (GptType !== undefined && DYNAMIC_GPT.has(GptType.toLowerCase())) || MbrType === DYNAMIC_MBR)
    const spaces = own.some(({ GptType }) => GptType?.toLowerCase() === STORAGE_SPACES_GPT)
    return {
      path,
      name: disk.FriendlyName ?? ([disk.Manufacturer, disk.Model].filter((part) => part !== undefined).join(' ') || `Disk ${disk.Number}`),
      serial: disk.SerialNumber,
      bytes: disk.Size,
      sectorBytes: disk.LogicalSectorSize || 512,
      bus,
      removable: bus === 'usb' || bus === 'card' || found.some(({ driveType }) => driveType === 'Removable' || driveType === '2'),
      readOnly: disk.IsReadOnly,
      // Another card in the same reader differs in its partition table's number only.
      identity: [disk.UniqueId ?? '', disk.SerialNumber ?? '', disk.FriendlyName ?? '', disk.Size, disk.Guid ?? disk.Signature ?? '', own.map(({ Size }) => Size).join(',')].join('|'),
      reserved:
        disk.IsBoot || disk.IsSystem || disk.BootFromDisk
          ? 'Windows runs from it.'
          : dynamic
            ? 'It is a dynamic disk: its volumes may span several disks, and Windows does not say what they hold.'
            : spaces
              ? 'It belongs to a storage pool (Storage Spaces), which other volumes depend on.'
              : undefined,
      volumes: found.map(({ volume }) => volume),
    }
  })
}
