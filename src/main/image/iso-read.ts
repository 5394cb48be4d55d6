/**
 * Reads ISO 9660 volumes and their boot catalogue: what lies in which bytes. Made for volumes that may be damaged or hostile: each directory is
 * read once at most, and work and memory stay within the volume's own size.
 *
 * Sources: ECMA-119, 8.4, 9.1; System Use Sharing Protocol 1.10 (SP, CE); Rock Ridge Interchange Protocol 1.10 (NM, CL, RE); Joliet Specification 1;
 * "El Torito" Bootable CD-ROM Format Specification 1.0; UEFI specification 2.10, 13.3.2.
 */
import { ByteReader } from './byte-reader'
import { ImageError } from './errors'
import type { Extent } from './fat-read'
import { type BootCatalog, readBootCatalog } from './iso-boot-catalog'

const CD = 2048
const FIRST_DESCRIPTOR = 16
const MAX_DESCRIPTORS = 64
const IDENTIFIER = 'CD001'
const DESCRIPTOR = { boot: 0, primary: 1, supplementary: 2, end: 255 } as const
/** Offsets in a volume descriptor. */
const VOLUME = { label: 40, labelBytes: 32, sectors: 80, escapes: 88, blockBytes: 128, root: 156 } as const
/** Offsets in a directory record. */
const RECORD = { attributeBlocks: 1, block: 2, bytes: 10, flags: 25, unit: 26, nameBytes: 32, name: 33 } as const
const MIN_RECORD_BYTES = 34
/** Signatures of system use entries, two letters each. */
const SHARING = { CE: 0x4345, CL: 0x434c, NM: 0x4e4d, RE: 0x5245, SP: 0x5350, ST: 0x5354 } as const
const SHARING_CHECK = 0xbeef
const FLAG_DIRECTORY = 2
const FLAG_ASSOCIATED = 4
const FLAG_NOT_LAST = 0x80
const NAME_CONTINUES = 1
const MAX_CONTINUATIONS = 32
const MAX_NAME_BYTES = 255
/** System use entries that are read in continuation areas, of all records together: hostile records could share large ones. */
const MAX_CONTINUED_ENTRIES = 1_000_000
const MAX_DEPTH = 128
const MAX_ENTRIES = 65_536

export interface IsoEntry {
  /** From the root: `/boot/kernel.elf`. */
  path: string
  name: string
  directory: boolean
  /** In bytes. */
  size: number
  /** Byte offsets in the volume. */
  extents: Extent[]
  /** Where its directory record begins in the volume. */
  recordOffset: number
  /** Why it cannot be read whole. */
  problem?: string
}

export interface IsoVolume {
  label: string
  /** Sectors of 2048 bytes that the volume says it has. */
  sectors: number
  /** Bytes of a logical block, in which places are counted. */
  blockBytes: number
  /** Whose names are used: those of the first that the volume has. */
  names: 'rock-ridge' | 'joliet' | 'plain'
  /** Files and directories, each directory before what lies in it. */
  entries: IsoEntry[]
  /** What firmware boots; undefined when there is no boot record. */
  boot: BootCatalog | undefined
  /** What is wrong with the volume as a whole. */
  problems: string[]
  /** An entry by its path, in any case. */
  find(path: string): IsoEntry | undefined
  /** @throws ImageError when there is no such file, or it cannot be read whole */
  read(file: string | IsoEntry): Uint8Array<ArrayBuffer>
}

/** Whether there is an ISO 9660 volume descriptor where one must be. */
export function looksLikeIso(image: Uint8Array): boolean {
  const at = FIRST_DESCRIPTOR * CD
  return image.length >= at + CD && latin1(image, at + 1, 5) === IDENTIFIER
}

/**
 * What is on a volume.
 * @throws ImageError when this is no ISO 9660 volume; damage further in is told in `problems`
 */
export function readIso(image: Uint8Array, where = 'CD image'): IsoVolume {
  const reader = new ByteReader(image, where)
  const { primary, joliet, bootRecord } = readDescriptors(image)
  if (primary === undefined)
    throw new ImageError({ what: 'This is no ISO 9660 volume: there is no primary volume descriptor from byte 32768 on.', where, why: 'It says where the root directory lies.', next: 'Look whether the image is whole.' })
  const blockBytes = reader.u16(primary + VOLUME.blockBytes, 'the size of logical blocks')
  if (![512, 1024, 2048].includes(blockBytes))
    throw new ImageError({ what: `This ISO 9660 volume is damaged: its logical blocks have ${blockBytes} bytes, not 512, 1024 or 2048.`, where, why: 'All places are counted in them.', next: 'Write the image again.' })
  const walk = new Walk(image, blockBytes)
  const names = walk.run(primary, joliet)
  const sectors = reader.u32(primary + VOLUME.sectors, 'the size of the volume')
  if (sectors * blockBytes > image.length) walk.problems.push(`The volume has ${sectors * blockBytes} bytes, but only ${image.length} are there.`)
  const byPath = new Map(walk.entries.map((entry) => [entry.path.toLowerCase(), entry]))
  const find = (path: string): IsoEntry | undefined => byPath.get(`/${path.split('/').filter(Boolean).join('/').toLowerCase()}`)
  return {
    label: latin1(image, primary + VOLUME.label, VOLUME.labelBytes).trimEnd(),
    sectors: Math.floor((sectors * blockBytes) / CD),
    blockBytes,
    names,
    entries: walk.entries,
    boot: bootRecord === undefined ? undefined : readBootCatalog(image, bootRecord),
    problems: walk.problems,
    find,
    read(file) {
      const entry = typeof file === 'string' ? find(file) : file
      const reason = !entry ? 'there is no such file' : entry.directory ? 'it is a directory' : entry.problem
      if (!entry || reason !== undefined)
        throw new ImageError({ what: `The file ${entry?.path ?? String(file)} cannot be read: ${reason ?? ''}.`, where, why: 'Its content is not all there.', next: 'Look at the list of files on the volume; write a damaged volume again.' })
      const bytes = new Uint8Array(entry.size)
      let at = 0
      for (const extent of entry.extents) {
        bytes.set(image.subarray(extent.offset, extent.offset + extent.bytes), at)
        at += extent.bytes
      }
      return bytes
    },
  }
}

/** Offsets of the descriptors that matter. */
function readDescriptors(image: Uint8Array): { primary?: number; joliet?: number; bootRecord?: number } {
  const found: { primary?: number; joliet?: number; bootRecord?: number } = {}
  for (let sector = FIRST_DESCRIPTOR; sector < FIRST_DESCRIPTOR + MAX_DESCRIPTORS; sector++) {
    const at = sector * CD
    if (at + CD > image.length || latin1(image, at + 1, 5) !== IDENTIFIER || image[at] === DESCRIPTOR.end) break
    if (image[at] === DESCRIPTOR.boot && latin1(image, at + 7, 23) === 'EL TORITO SPECIFICATION') found.bootRecord ??= at
    if (image[at] === DESCRIPTOR.primary) found.primary ??= at
    if (image[at] === DESCRIPTOR.supplementary && /^%\/[@CE]/.test(latin1(image, at + VOLUME.escapes, 3))) found.joliet ??= at
  }
  return found
}

interface Place {
  offset: number
  bytes: number
}

/** What Rock Ridge says of a record. */
interface Extras {
  sharing: boolean
  skip: number
  name: string
  movedTo: number | undefined
  moved: boolean
}

class Walk {
  readonly entries: IsoEntry[] = []
  readonly problems: string[] = []
  readonly #image: Uint8Array
  readonly #view: DataView
  readonly #blockBytes: number
  /** Where sectors of directories begin that were read: each is, once. */
  readonly #seen = new Set<number>()
  #continuedEntries = 0
  #names: IsoVolume['names'] = 'plain'
  #skip = 0
  /** Whether the last record was one of a file with further pieces. */
  #notLast = false

  constructor(image: Uint8Array, blockBytes: number) {
    this.#image = image
    this.#view = new DataView(image.buffer, image.byteOffset, image.byteLength)
    this.#blockBytes = blockBytes
  }

  run(primary: number, joliet: number | undefined): IsoVolume['names'] {
    const root = this.#place(primary + VOLUME.root)
    const first = root.offset
    if (first + MIN_RECORD_BYTES <= this.#image.length && (this.#image[first] ?? 0) >= MIN_RECORD_BYTES) {
      const { sharing, skip } = this.#extras(first, 0)
      if (sharing) this.#names = 'rock-ridge'
      this.#skip = skip
    }
    if (this.#names === 'plain' && joliet !== undefined) this.#names = 'joliet'
    this.#readDirectory(this.#names === 'joliet' && joliet !== undefined ? this.#place(joliet + VOLUME.root) : root, '', 0)
    return this.#names
  }

  #place(record: number): Place {
    const block = this.#view.getUint32(record + RECORD.block, true) + (this.#image[record + RECORD.attributeBlocks] ?? 0)
    return { offset: block * this.#blockBytes, bytes: this.#view.getUint32(record + RECORD.bytes, true) }
  }

  /** @returns why the directory cannot be read whole. */
  #readDirectory({ offset, bytes }: Place, path: string, depth: number): string | undefined {
    const stop = (problem: string): string => {
      if (depth === 0) this.problems.push(`The root directory is damaged: ${problem}.`)
      return problem
    }
    if (depth > MAX_DEPTH) return stop(`it lies ${MAX_DEPTH} directories deep, where nothing more is read`)
    if (offset + bytes > this.#image.length) return stop(`it should be at ${offset} to ${offset + bytes}, which is beyond the end of the image`)
    for (let sector = 0; sector < bytes; sector += CD) {
      if (this.#seen.has(offset + sector)) return stop('its content is that of another directory, too')
      this.#seen.add(offset + sector)
      const end = Math.min(CD, bytes - sector)
      for (let at = 0; at < end; ) {
        const record = offset + sector + at
        const length = this.#image[record] ?? 0
        if (length === 0) break
        const nameBytes = this.#image[record + RECORD.nameBytes] ?? 0
        if (length < MIN_RECORD_BYTES || at + length > end || RECORD.name + nameBytes > length) return stop(`the record at byte ${record} has an impossible length`)
        if (!this.#readRecord(record, nameBytes, path, depth)) return undefined
        at += length
      }
    }
    return undefined
  }

  /** @returns false when nothing more shall be read. */
  #readRecord(record: number, nameBytes: number, parent: string, depth: number): boolean {
    const flags = this.#image[record + RECORD.flags] ?? 0
    const first = this.#image[record + RECORD.name] ?? 0
    if (flags & FLAG_ASSOCIATED || (nameBytes === 1 && first <= 1)) return true
    const extras = this.#names === 'rock-ridge' ? this.#extras(record, this.#skip) : undefined
    // Rock Ridge shows a directory that was moved where it belongs, not where it had to go.
    if (extras?.moved) return true
    if (this.entries.length >= MAX_ENTRIES) {
      const sentence = `There are more than ${MAX_ENTRIES} files and directories; the rest is not read.`
      if (!this.problems.includes(sentence)) this.problems.push(sentence)
      return false
    }
    const name = extras?.name || this.#ownName(record, nameBytes)
    const directory = (flags & FLAG_DIRECTORY) !== 0 || extras?.movedTo !== undefined
    const place = extras?.movedTo === undefined ? this.#place(record) : this.#movedPlace(extras.movedTo)
    const extents = place.bytes === 0 ? [] : [place]
    const before = this.entries.at(-1)
    const continued = before && this.#continues(before, name) ? before : undefined
    const entry: IsoEntry = continued ?? { path: `${parent}/${name}`, name, directory, size: 0, extents: [], recordOffset: record }
    entry.size += place.bytes
    entry.extents.push(...extents)
    if (continued === undefined) this.entries.push(entry)
    this.#notLast = (flags & FLAG_NOT_LAST) !== 0
    if (!directory && place.bytes > 0 && place.offset + place.bytes > this.#image.length) entry.problem = `it should be at ${place.offset} to ${place.offset + place.bytes}, which is beyond the end of the image`
    if (this.#image[record + RECORD.unit] !== 0) entry.problem = 'it is interleaved'
    if (!directory) return true
    const problem = this.#readDirectory(place, entry.path, depth + 1)
    if (problem !== undefined) entry.problem = problem
    return true
  }

  /** Whether a record of this name is a further piece of the file before it (ECMA-119, 9.1.6, bit 7). */
  #continues(before: IsoEntry, name: string): boolean {
    return this.#notLast && !before.directory && before.name === name
  }

  #movedPlace(block: number): Place {
    const record = block * this.#blockBytes
    return record + MIN_RECORD_BYTES <= this.#image.length ? this.#place(record) : { offset: record, bytes: CD }
  }

  #ownName(record: number, nameBytes: number): string {
    const bytes = this.#image.subarray(record + RECORD.name, record + RECORD.name + nameBytes)
    if (this.#names === 'joliet') {
      const units = Array.from({ length: nameBytes >> 1 }, (_, index) => ((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0))
      return String.fromCharCode(...units).replace(/;\d*$/, '').replace(/\p{Surrogate}/gu, '\ufffd')
    }
    return latin1(bytes, 0, nameBytes).replace(/;\d*$/, '').replace(/\.$/, '')
  }

  #extras(record: number, skip: number): Extras {
    const extras: Extras = { sharing: false, skip: 0, name: '', movedTo: undefined, moved: false }
    const pieces: Uint8Array[] = []
    let at = record + ((RECORD.name + (this.#image[record + RECORD.nameBytes] ?? 0) + 1) & ~1) + skip
    let end = record + (this.#image[record] ?? 0)
    let complete = false
    let nameBytes = 0
    for (let areas = 0; areas < MAX_CONTINUATIONS; areas++) {
      let continued: { at: number; end: number } | undefined
      end = Math.min(end, this.#image.length)
      for (let length = 0; at + 4 <= end; at += length) {
        if (areas > 0 && ++this.#continuedEntries > MAX_CONTINUED_ENTRIES) break
        length = this.#image[at + 2] ?? 0
        const signature = this.#view.getUint16(at)
        if (length < 4 || at + length > end || signature === SHARING.ST) break
        if (signature === SHARING.SP && length >= 7 && this.#view.getUint16(at + 4) === SHARING_CHECK) {
          extras.sharing = true
          extras.skip = this.#image[at + 6] ?? 0
        } else if (signature === SHARING.NM && length >= 5 && !complete) {
          pieces.push(this.#image.subarray(at + 5, at + length))
          nameBytes += length - 5
          complete = ((this.#image[at + 4] ?? 0) & NAME_CONTINUES) === 0 || nameBytes >= MAX_NAME_BYTES
        } else if (signature === SHARING.CL && length >= 12) extras.movedTo = this.#view.getUint32(at + 4, true)
        else if (signature === SHARING.RE) extras.moved = true
        else if (signature === SHARING.CE && length >= 28) {
          const start = this.#view.getUint32(at + 4, true) * this.#blockBytes + this.#view.getUint32(at + 12, true)
          continued = { at: start, end: start + Math.min(this.#view.getUint32(at + 20, true), CD) }
        }
      }
      if (!continued) break
      ;({ at, end } = continued)
    }
    extras.name = Buffer.concat(pieces).toString('utf8')
    return extras
  }
}

function latin1(bytes: Uint8Array, at: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.max(0, Math.min(length, bytes.byteLength - at))).toString('latin1')
}
