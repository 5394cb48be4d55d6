/**
 * Drives of Linux: `lsblk -J -b -p -O` (util-linux, lsblk(8)), diskseq (Documentation/ABI/stable/sysfs-block) and
 * /proc/self/mountinfo (proc(5)).
 */
import { z } from 'zod'
import type { Drive, Volume } from '../../../shared/drives'

/** Numbers and flags were texts before util-linux 2.33. */
const number = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)])
const flag = z.union([z.boolean(), z.enum(['0', '1']).transform((text) => text === '1')])
const word = z.string().trim().nullish().transform((value) => value || undefined)

interface BlockDevice {
  path: string
  type: string
  size: number
  vendor?: string | undefined
  model?: string | undefined
  serial?: string | undefined
  tran?: string | undefined
  fstype?: string | undefined
  label?: string | undefined
  partlabel?: string | undefined
  uuid?: string | undefined
  subsystems?: string | undefined
  fsused?: number | null | undefined
  rm: boolean
  hotplug?: boolean | undefined
  ro: boolean
  'log-sec'?: number | undefined
  mountpoints: string[]
  children: BlockDevice[]
}

const blockDevice: z.ZodType<BlockDevice> = z.lazy(() =>
  z
    .object({
      name: z.string(),
      path: z.string().optional(),
      type: z.string(),
      size: number,
      vendor: word,
      model: word,
      serial: word,
      tran: word,
      fstype: word,
      label: word,
      partlabel: word,
      uuid: word,
      subsystems: word,
      fsused: number.nullish(),
      rm: flag,
      hotplug: flag.optional(),
      ro: flag,
      'log-sec': number.optional(),
      // util-linux 2.37 and later have the list, earlier ones the last mount alone.
      mountpoint: z.string().nullish(),
      mountpoints: z.array(z.string().nullable()).optional(),
      children: z.array(blockDevice).default([]),
    })
    .transform(({ name, path, mountpoint, mountpoints, ...rest }) => ({
      ...rest,
      path: path ?? name,
      mountpoints: (mountpoints ?? [mountpoint ?? null]).filter((point) => point !== null),
    })),
)

export const lsblkSchema = z.object({ blockdevices: z.array(blockDevice) })

/** What is known beside lsblk's answer. */
export interface LinuxFacts {
  /** /sys/block/NAME/diskseq by path of the drive. */
  diskseq: ReadonlyMap<string, string>
  /** /sys/block/loopN/loop/backing_file by path of the loop device. */
  backingFiles: ReadonlyMap<string, string>
  mounts: readonly Mount[]
}

export interface Mount {
  point: string
  /** `/dev/sdb1`, `overlay`, `pool/data`. */
  source: string
  fileSystem: string
}

const SWAP = '[SWAP]'
/** Drives whose sectors are memory or another drive's: never shown. */
const NOT_A_DRIVE = /^\/dev\/(ram|zram|md|dm-|fd|mtdblock|nbd|drbd|rbd|zd)/

const KINDS: Readonly<Record<string, Volume['kind']>> = { part: 'partition', crypt: 'encrypted', lvm: 'logical', mpath: 'container', dm: 'container', loop: 'loop', disk: 'container' }

const BUSES: Readonly<Record<string, Drive['bus']>> = { usb: 'usb', mmc: 'card', nvme: 'nvme', sata: 'sata', ata: 'sata', sas: 'scsi', spi: 'scsi', fc: 'scsi', iscsi: 'scsi', virtio: 'virtual' }

/** @throws ZodError when it is not lsblk's answer */
export function linuxDrives(lsblk: unknown, facts: LinuxFacts): Drive[] {
  const { blockdevices } = lsblkSchema.parse(lsblk)
  const shared = sharedMounts(blockdevices, facts.mounts)
  return blockdevices
    .filter(({ type, path }) => (type === 'disk' || type === 'loop') && !NOT_A_DRIVE.test(path))
    .map((device) => {
      const { path, vendor, model, serial, size, type } = device
      // Without partitions, the file system lies on the drive itself.
      const whole = device.fstype !== undefined || device.mountpoints.length > 0 ? [{ ...device, children: [] }] : []
      const backing = facts.backingFiles.get(path)
      return {
        path,
        name: type === 'loop' ? `Loop device${backing === undefined ? '' : ` of ${backing}`}` : [vendor, model].filter((part) => part !== undefined && !part.startsWith('0x')).join(' ') || 'Unnamed drive',
        serial,
        bytes: size,
        sectorBytes: device['log-sec'] || 512,
        bus: busOf(device),
        removable: type !== 'loop' && (device.rm || device.hotplug === true || busOf(device) === 'card'),
        readOnly: device.ro,
        identity: identityOf(device, facts.diskseq.get(path)),
        reserved: undefined,
        volumes: [...whole, ...device.children].map((child) => volumeOf(child, shared)),
      }
    })
}

function busOf({ type, tran, path, subsystems }: BlockDevice): Drive['bus'] {
  if (type === 'loop') return 'file'
  if (path.startsWith('/dev/mmcblk')) return 'card'
  if (/^\/dev\/(vd|xvd|pmem)/.test(path)) return 'virtual'
  const named = BUSES[tran ?? ''] ?? (tran === undefined ? Object.entries(BUSES).find(([name]) => subsystems?.split(':').includes(name))?.[1] : undefined)
  return named ?? 'other'
}

function identityOf({ serial, model, size }: BlockDevice, diskseq: string | undefined): string {
  return [diskseq === undefined ? 'unnumbered' : `diskseq ${diskseq}`, serial ?? '', model ?? '', size].join('|')
}

function volumeOf(device: BlockDevice, shared: (device: BlockDevice) => string[]): Volume {
  const mountPoints = [...new Set([...device.mountpoints.filter((point) => point !== SWAP), ...shared(device)])]
  return {
    path: device.path,
    kind: KINDS[device.type] ?? (device.type.startsWith('raid') || device.type === 'linear' ? 'raid' : 'volume'),
    label: device.label ?? device.partlabel,
    fileSystem: device.fstype,
    bytes: device.size,
    usedBytes: device.fsused ?? undefined,
    mountPoints,
    swap: device.mountpoints.includes(SWAP),
    system: false,
    volumes: device.children.map((child) => volumeOf(child, shared)),
  }
}

/**
 * Mount points that lsblk shows at another device, or at none: a btrfs over several drives is mounted through one of them; which drives a
 * mounted ZFS pool has only ZFS knows, so each of its members may be meant.
 */
function sharedMounts(devices: readonly BlockDevice[], mounts: readonly Mount[]): (device: BlockDevice) => string[] {
  const byUuid = new Map<string, string[]>()
  const note = (list: readonly BlockDevice[]): void => {
    for (const { fstype, uuid, mountpoints, children } of list) {
      if (fstype === 'btrfs' && uuid !== undefined) byUuid.set(uuid, [...(byUuid.get(uuid) ?? []), ...mountpoints])
      note(children)
    }
  }
  note(devices)
  const zfs = mounts.filter(({ fileSystem }) => fileSystem === 'zfs').map(({ point }) => point)
  return ({ fstype, uuid }) => (fstype === 'zfs_member' ? zfs : fstype === 'btrfs' ? (byUuid.get(uuid ?? '') ?? []) : [])
}

/** @param text of /proc/self/mountinfo */
export function parseMountInfo(text: string): Mount[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const fields = line.split(' ')
      const dash = fields.indexOf('-')
      return { point: unescape(fields[4] ?? ''), fileSystem: fields[dash + 1] ?? '', source: unescape(fields[dash + 2] ?? '') }
    })
}

/** Blanks and the like are octal. */
function unescape(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)))
}
