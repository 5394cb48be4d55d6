/** An image as a picture needs it: tables, boot code, partitions and what lies between, from first to last byte. */
import type { ImagePart } from '../../../shared/usb'
import { looksLikeElf } from '../elf'
import { ImageError } from '../errors'
import { formatOf } from '../formats'
import { GPT } from '../gpt'
import { SECTOR_BYTES } from '../layout'
import { bootCodeFacts } from './boot-code'
import { type Disk, type DiskPartition, isProtective, looksLikeDisk, readDisk } from './disk'
import { typeName } from './disk-facts'
import { nest, region, type Region } from './region'

export interface ImageParts {
  /** In order, without overlap or hole. */
  parts: ImagePart[]
  /** Why firmware would not start it; sentences. */
  remarks: string[]
}

/**
 * @param head the image's first bytes: all of it, or enough for its tables; what lies behind is known from them alone
 * @param bytes length of the whole image
 * @param where names the image in errors
 */
export function imageParts(head: Uint8Array, bytes: number, where: string): ImageParts {
  const nothing = { kind: 'gap', label: 'Bytes of an unknown kind', start: 0, bytes } as const
  const disk = looksLikeDisk(head) ? attemptDisk(head, where) : undefined
  if (!disk) return { parts: [nothing], remarks: [whyNoDisk(head)] }
  const regions = nest([...tables(disk), ...code(disk), ...volumes(disk, bytes), ...partitioned(disk)], bytes)
  return { parts: regions.length === 0 ? [nothing] : withGaps(regions.flatMap(partOf), bytes), remarks: [] }
}

/** Of a head alone, a volume may be damaged beyond reading. */
function attemptDisk(head: Uint8Array, where: string): Disk | undefined {
  try {
    return readDisk(head, where)
  } catch (error) {
    if (error instanceof ImageError) return undefined
    throw error
  }
}

function whyNoDisk(head: Uint8Array): string {
  const format = formatOf(head)
  if (format !== undefined) return `This is a virtual disk (${format.toUpperCase()}), which no computer boots from a stick: it has to be converted to a raw image.`
  if (looksLikeElf(head)) return 'This is a program (ELF), no disk image: no computer boots it from a stick.'
  return 'It has neither a partition table nor a boot sector nor a file system of a CD: most computers will not boot it.'
}

/** Everything in sector 0 is one thing for a picture. */
function tables({ gpt, partitions }: Disk): Region[] {
  const first = partitions.length > 0 ? [region('table', 'Boot sector and partition table', 0, SECTOR_BYTES)] : []
  const primary = gpt?.primary ? [region('table', 'GPT', 0, GPT.FIRST_FREE_LBA * SECTOR_BYTES)] : []
  const backup = gpt?.backup ? [region('table', 'Second GPT', (gpt.backup.lba + 1 - GPT.BACKUP_SECTORS) * SECTOR_BYTES, GPT.BACKUP_SECTORS * SECTOR_BYTES)] : []
  return [...(primary.length > 0 ? primary : first), ...backup]
}

function code({ bytes }: Disk): Region[] {
  return bootCodeFacts(bytes).map(({ offset, bytes: length, owner }) => region('boot code', owner ?? 'Boot code', offset, length))
}

/** A volume that is no partition is the whole disk's. */
function volumes({ volumes: found }: Disk, bytes: number): Region[] {
  return found.filter(({ partition, bootImage }) => partition === undefined && bootImage === undefined).map(({ offset, volume }) => region('volume', named(volume), offset, bytes - offset))
}

function partitioned({ partitions, volumes: found }: Disk): Region[] {
  return partitions
    .filter((partition) => !isProtective(partition))
    .map((partition) => {
      const inside = found.find(({ offset }) => offset === partition.firstSector * SECTOR_BYTES && offset > 0)
      return region('partition', `Partition ${partition.number}: ${inside ? named(inside.volume) : namedByType(partition)}`, partition.firstSector * SECTOR_BYTES, partition.sectors * SECTOR_BYTES)
    })
}

function named({ kind, label }: { kind: string; label?: string }): string {
  return label === undefined ? kind : `${kind} “${label}”`
}

function namedByType(partition: DiskPartition): string {
  return partition.name ?? typeName(partition).typeName ?? `type ${typeof partition.type === 'number' ? `${partition.type.toString(16).padStart(2, '0').toUpperCase()}h` : partition.type}`
}

function partOf({ kind, name, start, end }: Region): ImagePart[] {
  return kind === 'table' || kind === 'boot code' || kind === 'partition' || kind === 'volume' ? [{ kind, label: name, start, bytes: end - start }] : []
}

function withGaps(parts: readonly ImagePart[], bytes: number): ImagePart[] {
  const all: ImagePart[] = []
  let at = 0
  for (const part of [...parts, undefined]) {
    const next = part?.start ?? bytes
    if (next > at) all.push({ kind: 'gap', label: 'Unused', start: at, bytes: next - at })
    if (part) all.push(part)
    at = part ? part.start + part.bytes : next
  }
  return all
}
