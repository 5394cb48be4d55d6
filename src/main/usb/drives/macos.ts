/** Drives of macOS: `diskutil list -plist` and `diskutil info -plist` of every whole disk. Source: diskutil(8). */
import { z } from 'zod'
import type { Drive, Volume } from '../../../shared/drives'

const text = z.string().trim().nullish().transform((value) => value || undefined)
const count = z.number().nonnegative().nullish().transform((value) => value ?? 0)

const apfsVolume = z.object({
  DeviceIdentifier: z.string(),
  MountPoint: text,
  VolumeName: text,
  Size: count,
  CapacityInUse: z.number().nonnegative().optional(),
  /** The running system is mounted through a snapshot of its volume. */
  MountedSnapshots: z.array(z.object({ SnapshotMountPoint: text })).default([]),
})

const partition = z.object({ DeviceIdentifier: z.string(), Content: text, VolumeName: text, MountPoint: text, Size: count })

const listSchema = z.object({
  AllDisksAndPartitions: z.array(
    z.object({
      DeviceIdentifier: z.string(),
      Content: text,
      Size: count,
      MountPoint: text,
      VolumeName: text,
      Partitions: z.array(partition).default([]),
      APFSPhysicalStores: z.array(z.object({ DeviceIdentifier: z.string() })).default([]),
      APFSVolumes: z.array(apfsVolume).default([]),
    }),
  ),
})
type Disk = z.infer<typeof listSchema>['AllDisksAndPartitions'][number]

const infoSchema = z.object({
  DeviceIdentifier: z.string(),
  MediaName: text,
  IORegistryEntryName: text,
  BusProtocol: text,
  DeviceBlockSize: count,
  TotalSize: count,
  VirtualOrPhysical: text,
  Internal: z.boolean().optional(),
  RemovableMedia: z.boolean().optional(),
  Ejectable: z.boolean().optional(),
  WritableMedia: z.boolean().optional(),
  DeviceTreePath: text,
  DiskUUID: text,
})

const BUSES: Readonly<Record<string, Drive['bus']>> = { USB: 'usb', 'Secure Digital': 'card', 'PCI-Express': 'nvme', 'Apple Fabric': 'nvme', SATA: 'sata', Thunderbolt: 'thunderbolt', SAS: 'scsi', 'Fibre Channel Interface': 'scsi', 'Disk Image': 'file', 'Virtual Interface': 'virtual' }

/** Partitions whose content lies in a disk that macOS makes of several, and does not lead back from. */
const HIDDEN_CONTENT: Readonly<Record<string, string>> = { Apple_RAID: 'an AppleRAID set', Apple_RAID_Offline: 'an AppleRAID set', Apple_CoreStorage: 'a Core Storage group', Apple_SoftRAID_Volume: 'a SoftRAID volume' }

const NOT_A_FILE_SYSTEM = /^(GUID_partition_scheme|FDisk_partition_scheme|Apple_partition_scheme|Apple_Free|Apple_APFS|Apple_partition_map)/

/**
 * @param list what `diskutil list -plist` says, parsed
 * @param infos what `diskutil info -plist DISK` says of every whole disk, parsed
 * @throws ZodError when they are something else
 */
export function macosDrives(list: unknown, infos: readonly unknown[]): Drive[] {
  const disks = listSchema.parse(list).AllDisksAndPartitions
  const known = new Map(infos.map((info) => infoSchema.parse(info)).map((info) => [info.DeviceIdentifier, info]))
  const containers = disks.filter(({ APFSPhysicalStores }) => APFSPhysicalStores.length > 0)
  return disks
    .filter(({ DeviceIdentifier, APFSPhysicalStores }) => APFSPhysicalStores.length === 0 && known.get(DeviceIdentifier)?.VirtualOrPhysical !== 'Virtual')
    .map((disk) => {
      const { DeviceIdentifier: id, Size, Partitions } = disk
      const info = known.get(id)
      const bus = BUSES[info?.BusProtocol ?? ''] ?? 'other'
      const hidden = Partitions.map(({ Content }) => HIDDEN_CONTENT[Content ?? '']).find((what) => what !== undefined)
      return {
        path: `/dev/${id}`,
        name: info?.MediaName ?? info?.IORegistryEntryName ?? 'Unnamed drive',
        serial: undefined,
        bytes: info?.TotalSize || Size,
        sectorBytes: info?.DeviceBlockSize || 512,
        bus,
        removable: info?.RemovableMedia === true || info?.Ejectable === true || info?.Internal === false,
        readOnly: info?.WritableMedia === false,
        identity: [...lasting(id, info), Size, info?.DiskUUID ?? '', Partitions.map((one) => `${one.Content ?? ''}:${one.Size}`).join(',')].join('|'),
        reserved: info === undefined ? 'macOS does not say what kind of drive it is.' : hidden === undefined ? undefined : `It belongs to ${hidden}, which other volumes depend on.`,
        volumes: [...wholeVolume(disk), ...Partitions.map((one) => partitionVolume(one, containers))],
      }
    })
}

/** The parts of a drive's identity that writing to it leaves as they are. */
function lasting(id: string, info: z.infer<typeof infoSchema> | undefined): string[] {
  return [id, info?.MediaName ?? '', info?.DeviceTreePath ?? '']
}

/**
 * Whether the drive still is the one of the list, though its partition table may be another.
 * @param info what `diskutil info -plist DISK` says now, parsed
 * @throws ZodError when it is something else
 */
export function sameMacosDrive({ identity, bytes }: Drive, info: unknown): boolean {
  const now = infoSchema.parse(info)
  return identity.startsWith(`${lasting(now.DeviceIdentifier, now).join('|')}|`) && (now.TotalSize === 0 || now.TotalSize === bytes)
}

/** A file system without partitions. */
function wholeVolume({ DeviceIdentifier, MountPoint, VolumeName, Size, Content }: Disk): Volume[] {
  if (MountPoint === undefined && VolumeName === undefined) return []
  return [{ path: DeviceIdentifier, kind: 'volume', label: VolumeName, fileSystem: Content, bytes: Size, mountPoints: pointsOf(MountPoint), swap: false, system: false, volumes: [] }]
}

function partitionVolume({ DeviceIdentifier, Content, VolumeName, MountPoint, Size }: z.infer<typeof partition>, containers: readonly Disk[]): Volume {
  const inside = containers.filter(({ APFSPhysicalStores }) => APFSPhysicalStores.some((store) => store.DeviceIdentifier === DeviceIdentifier))
  return {
    path: DeviceIdentifier,
    kind: 'partition',
    label: VolumeName,
    fileSystem: Content === undefined || NOT_A_FILE_SYSTEM.test(Content) ? undefined : Content,
    bytes: Size,
    mountPoints: pointsOf(MountPoint),
    swap: false,
    system: false,
    volumes: inside.map((container) => ({
      path: container.DeviceIdentifier,
      kind: 'container',
      bytes: container.Size,
      mountPoints: [],
      swap: false,
      system: false,
      volumes: container.APFSVolumes.map((one) => ({
        path: one.DeviceIdentifier,
        kind: 'volume',
        label: one.VolumeName,
        fileSystem: 'APFS',
        bytes: one.Size,
        usedBytes: one.CapacityInUse,
        mountPoints: [...pointsOf(one.MountPoint), ...one.MountedSnapshots.flatMap(({ SnapshotMountPoint }) => pointsOf(SnapshotMountPoint))],
        swap: (one.MountPoint ?? '').startsWith('/System/Volumes/VM') || one.MountPoint === '/private/var/vm',
        system: false,
        volumes: [],
      })),
    })),
  }
}

function pointsOf(point: string | undefined): string[] {
  return point === undefined ? [] : [point]
}
