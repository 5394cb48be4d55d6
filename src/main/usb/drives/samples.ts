/** Drive trees for tests: what lsblk, diskutil and PowerShell say, written down shortly. Shapes as recorded; names and numbers made up. */
import type { LinuxFacts, Mount } from './linux'

export const GB = 1e9

/* Linux */

export interface LinuxNode {
  name: string
  type?: string
  size?: number
  /** Mount points; `[SWAP]` too. */
  at?: string[]
  fstype?: string
  label?: string
  uuid?: string
  tran?: string
  model?: string
  serial?: string
  rm?: boolean
  hotplug?: boolean
  ro?: boolean
  subsystems?: string
  children?: LinuxNode[]
}

/** A node as `lsblk -J -b -p -O` prints it. */
function lsblkNode({ name, type = 'part', size = 8 * GB, at = [], rm = false, hotplug = rm, ro = false, children, ...rest }: LinuxNode): object {
  return {
    name: `/dev/${name}`, path: `/dev/${name}`, kname: `/dev/${name}`, type, size, rm, hotplug, ro, 'log-sec': 512,
    mountpoint: at[0] ?? null, mountpoints: at.length > 0 ? at : [null],
    fstype: null, label: null, uuid: null, tran: null, model: null, serial: null, vendor: null, subsystems: 'block', ...rest,
    ...(children && { children: children.map(lsblkNode) }),
  }
}

export const lsblk = (...disks: LinuxNode[]): object => ({ blockdevices: disks.map((disk) => lsblkNode({ type: 'disk', ...disk })) })

export const stick = (rest: Partial<LinuxNode> = {}): LinuxNode => ({ name: 'sdb', size: 16 * GB, tran: 'usb', model: 'Ultra Fit', serial: '4C53', rm: true, hotplug: true, subsystems: 'block:scsi:usb:pci', ...rest })

export const part = (name: string, rest: Partial<LinuxNode> = {}): LinuxNode => ({ name, ...rest })

export const inner = (name: string, type: string, rest: Partial<LinuxNode> = {}): LinuxNode => ({ name: `mapper/${name}`, type, ...rest })

export const linuxFacts = (mounts: Mount[] = [], diskseq: Record<string, string> = {}): LinuxFacts => ({ mounts, diskseq: new Map(Object.entries(diskseq)), backingFiles: new Map() })

/* macOS */

export interface MacDisk {
  id: string
  size?: number
  media?: string
  bus?: string
  internal?: boolean
  removable?: boolean
  writable?: boolean
  virtual?: boolean
  partitions?: { id: string; content: string; size?: number; name?: string; at?: string }[]
  stores?: string[]
  volumes?: { id: string; name: string; at?: string; snapshotAt?: string }[]
  /** A file system on the disk itself. */
  name?: string
  at?: string
}

const string = (value: string): string => `<string>${value.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</string>`
const integer = (value: number): string => `<integer>${value}</integer>`
const bool = (value: boolean): string => (value ? '<true/>' : '<false/>')
const dict = (entries: Record<string, string | undefined>): string =>
  `<dict>${Object.entries(entries).map(([key, value]) => (value === undefined ? '' : `<key>${key}</key>${value}`)).join('')}</dict>`
const array = (items: string[]): string => `<array>${items.join('')}</array>`
const plist = (content: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n<plist version="1.0">${content}</plist>\n`

/** The texts of `diskutil list -plist` and of `diskutil info -plist` for every whole disk. */
export function diskutil(...disks: MacDisk[]): { list: string; infos: string[] } {
  const list = disks.map(({ id, size = 16 * GB, partitions, stores, volumes, name, at }) =>
    dict({
      DeviceIdentifier: string(id),
      Content: string(stores ? 'EF57347C-0000-11AA-AA11-0030654' : partitions ? 'GUID_partition_scheme' : name === undefined ? '' : 'Windows_FAT_32'),
      Size: integer(size),
      OSInternal: bool(false),
      VolumeName: name && string(name),
      MountPoint: at && string(at),
      Partitions: partitions && array(partitions.map((one) => dict({ DeviceIdentifier: string(one.id), Content: string(one.content), Size: integer(one.size ?? 8 * GB), VolumeName: one.name && string(one.name), MountPoint: one.at && string(one.at) }))),
      APFSPhysicalStores: stores && array(stores.map((store) => dict({ DeviceIdentifier: string(store) }))),
      APFSVolumes:
        volumes &&
        array(
          volumes.map((one) =>
            dict({
              DeviceIdentifier: string(one.id),
              VolumeName: string(one.name),
              Size: integer(size),
              CapacityInUse: integer(GB),
              MountPoint: one.at && string(one.at),
              MountedSnapshots: one.snapshotAt && array([dict({ Sealed: string('Yes'), SnapshotBSD: string(`${one.id}s1`), SnapshotMountPoint: string(one.snapshotAt) })]),
            }),
          ),
        ),
    }),
  )
  const infos = disks.map(({ id, size = 16 * GB, media = 'USB DISK', bus = 'USB', internal = false, removable = !internal, writable = true, virtual = false }) =>
    plist(
      dict({
        DeviceIdentifier: string(id), MediaName: string(media), BusProtocol: string(bus), DeviceBlockSize: integer(512), TotalSize: integer(size),
        VirtualOrPhysical: string(virtual ? 'Virtual' : 'Physical'), Internal: bool(internal), RemovableMedia: bool(removable), Ejectable: bool(removable), WritableMedia: bool(writable),
        DeviceTreePath: string(`IODeviceTree:/PCI0@0/${bus}`),
      }),
    ),
  )
  return { list: plist(dict({ AllDisksAndPartitions: array(list), WholeDisks: array(disks.map(({ id }) => string(id))) })), infos }
}

/* Windows */

export interface WindowsDisk {
  number: number
  name?: string
  bus?: string | number
  size?: number
  boot?: boolean
  readOnly?: boolean
  style?: 'GPT' | 'MBR' | 'RAW'
  guid?: string
  partitions?: { letter?: string; path?: string; type?: string; gpt?: string; mbr?: number; size?: number; boot?: boolean; fileSystem?: string | null; label?: string; driveType?: string; noVolume?: boolean }[]
}

/** What the query prints. */
export function getDisk(disks: WindowsDisk[], pagefiles: string[] = []): object {
  const volumePath = (disk: number, index: number): string => `\\\\?\\Volume{00000000-0000-0000-0000-${String(disk * 100 + index).padStart(12, '0')}}\\`
  return {
    disks: disks.map(({ number, name = 'SanDisk Ultra USB Device', bus = 'USB', size = 16 * GB, boot = false, readOnly = false, style = 'MBR', guid }) => ({
      Number: number, FriendlyName: name, Manufacturer: 'SanDisk', Model: 'Ultra', SerialNumber: ` S${number} `, UniqueId: `USBSTOR\\DISK&VEN&PROD\\${number}`, Guid: guid ?? null, Signature: 1234 + number,
      Size: size, LogicalSectorSize: 512, BusType: String(bus), IsBoot: boot, IsSystem: boot, BootFromDisk: boot, IsReadOnly: readOnly, IsOffline: false, PartitionStyle: style,
    })),
    partitions: disks.flatMap(({ number, partitions = [] }) =>
      partitions.map(({ letter, path, type = 'Basic', gpt, mbr, size = 8 * GB, boot = false, noVolume }, index) => ({
        DiskNumber: number, PartitionNumber: index + 1, Size: size, Type: type, GptType: gpt ?? null, MbrType: mbr ?? null, IsBoot: boot, IsSystem: boot,
        AccessPaths: noVolume === true ? null : [...(letter === undefined ? [] : [`${letter}:\\`]), ...(path === undefined ? [] : [path]), volumePath(number, index)],
      })),
    ),
    volumes: disks.flatMap(({ number, partitions = [] }) =>
      partitions.flatMap(({ size = 8 * GB, fileSystem = 'FAT32', label = '', driveType = 'Removable', noVolume }, index) =>
        noVolume === true ? [] : [{ Path: volumePath(number, index), FileSystemLabel: label, FileSystem: fileSystem ?? '', Size: fileSystem === null ? 0 : size, SizeRemaining: fileSystem === null ? 0 : size / 2, DriveType: driveType }],
      ),
    ),
    pagefiles: pagefiles.map((Name) => ({ Name })),
  }
}
