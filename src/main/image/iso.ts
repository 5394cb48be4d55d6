/**
 * Makes ISO 9660 volumes that BIOS and UEFI boot (El Torito), with the files' real names for Linux and macOS (Rock Ridge) and Windows (Joliet). The
 * same content gives the same bytes.
 *
 * Sources: ECMA-119 (ISO 9660), 8 "Volume descriptors", 9 "File and directory descriptors"; Joliet Specification 1; "El Torito" Bootable CD-ROM
 * Format Specification 1.0; UEFI specification 2.10, 13.3.2 (platform EFh).
 */
import { ImageError } from './errors'
import { bothEndian, CD, isoTree, type IsoNode, type IsoView, JOLIET, PRIMARY, Writer } from './iso-tree'
import { SECTOR_BYTES } from './layout'

export interface IsoFile {
  /** From the root, with slashes: `/boot/kernel.elf`. Folders arise by themselves. */
  path: string
  bytes: Uint8Array
}

export interface IsoInput {
  /** At most 16 characters; what ISO 9660 does not allow becomes `_` where only its own names are seen. */
  label: string
  /** Each lies in one piece, from a sector of 2048 bytes on, in this order. */
  files: readonly IsoFile[]
  /** What a BIOS loads and starts, without emulating a drive. */
  biosBoot?: {
    /** One of the files. */
    path: string
    /** Sectors of 512 bytes that the BIOS loads; the whole file when absent. */
    loadSectors?: number | undefined
    /** Real-mode segment; 07C0h when absent. */
    loadSegment?: number | undefined
  } | undefined
  /** The FAT file system that UEFI firmware reads. */
  efiBoot?: { path: string } | undefined
  /** The first 32 KiB, which belong to no file system: boot code, partition tables. */
  systemArea?: Uint8Array | undefined
  /** The image's length is a multiple of so many bytes, itself one of 2048. */
  padTo?: number | undefined
  /** Names the volume in errors. */
  where?: string | undefined
}

/** Where a file lies in the image. */
export interface IsoPlace {
  /** Of 512 bytes, from the image's start. */
  sector: number
  /** Of 512 bytes. */
  sectors: number
  bytes: number
}

export interface IsoImage {
  image: Uint8Array
  /** By path as it was given. */
  places: ReadonlyMap<string, IsoPlace>
  /** First sector, of 512 bytes, of the boot catalogue. */
  catalogSector: number
}

const FIRST_DESCRIPTOR = 16
const BOOT_RECORD = 17
const JOLIET_DESCRIPTOR = 18
const LAST_DESCRIPTOR = 19
const CATALOG = 20
const FIRST_FREE = 21
const SYSTEM_AREA_BYTES = FIRST_DESCRIPTOR * CD
const DATE_OF_VOLUME = `1980010100000000\0`
const NO_DATE = `${'0'.repeat(16)}\0`
const MAX_LABEL = 16

const PLATFORM_BIOS = 0
const PLATFORM_EFI = 0xef
const BOOTABLE = 0x88
const LAST_SECTION = 0x91

/**
 * A volume and where its files lie. That does not depend on the files' content, only on their paths and lengths.
 * @throws ImageError when a path or the label cannot be one on a CD
 */
export function makeIso({ label, files, biosBoot, efiBoot, systemArea, padTo = CD, where = 'CD' }: IsoInput): IsoImage {
  if (label.length > MAX_LABEL || label === '')
    throw new ImageError({ what: `"${label}" cannot be the label of a CD.`, where, why: `Labels have 1 to ${MAX_LABEL} characters there.`, next: 'Choose a shorter one.' })
  if (systemArea && systemArea.length > SYSTEM_AREA_BYTES) throw new RangeError(`The system area of a CD has ${SYSTEM_AREA_BYTES} bytes.`)
  const { directories, nodes } = isoTree(files, where)
  let next = FIRST_FREE
  const take = (bytes: number): number => {
    const sector = next
    next += Math.ceil(bytes / CD)
    return sector
  }
  const views = [PRIMARY, JOLIET].map((view) => {
    const ordered = view.order(directories)
    const table = pathTable(view, ordered, new Map())
    const tables = { bytes: table.length, little: take(table.length), big: take(table.length) }
    return { view, ordered, tables, places: new Map<IsoNode, { sector: number; bytes: number }>() }
  })
  for (const { view, ordered, places } of views) {
    for (const directory of ordered) {
      const bytes = view.directory(directory, places).length
      places.set(directory, { sector: take(bytes), bytes })
    }
  }
  for (const node of nodes) {
    const place = { sector: take(node.bytes.length), bytes: node.bytes.length }
    for (const { places } of views) places.set(node, place)
  }
  const bytes = Math.ceil((next * CD) / padTo) * padTo
  const image = new Uint8Array(bytes)

  if (systemArea) image.set(systemArea)
  for (const { view, ordered, tables, places } of views) {
    image.set(descriptor(view, label, bytes / CD, tables, view.record(ordered[0], '.', places)), (view === PRIMARY ? FIRST_DESCRIPTOR : JOLIET_DESCRIPTOR) * CD)
    image.set(pathTable(view, ordered, places), tables.little * CD)
    image.set(pathTable(view, ordered, places, 'big'), tables.big * CD)
    for (const directory of ordered) image.set(view.directory(directory, places), (places.get(directory)?.sector ?? 0) * CD)
    for (const node of nodes) image.set(node.bytes, (places.get(node)?.sector ?? 0) * CD)
  }
  image.set(new Writer(CD).u8(0, 0).text(1, 'CD001').u8(6, 1).text(7, 'EL TORITO SPECIFICATION').u32(0x47, CATALOG).bytes, BOOT_RECORD * CD)
  image.set(new Writer(CD).u8(0, 255).text(1, 'CD001').u8(6, 1).bytes, LAST_DESCRIPTOR * CD)

  const places = new Map<string, IsoPlace>()
  for (const [index, node] of nodes.entries()) {
    const sector = ((views[0]?.places.get(node)?.sector ?? 0) * CD) / SECTOR_BYTES
    places.set(files[index]?.path ?? '', { sector, sectors: Math.ceil(node.bytes.length / SECTOR_BYTES), bytes: node.bytes.length })
  }
  image.set(catalog(places, biosBoot, efiBoot), CATALOG * CD)
  return { image, places, catalogSector: (CATALOG * CD) / SECTOR_BYTES }
}

/** The boot catalogue. El Torito, 2.0 "Booting Catalog": a BIOS takes the first entry, UEFI looks for one of its platform. */
function catalog(places: ReadonlyMap<string, IsoPlace>, biosBoot: IsoInput['biosBoot'], efiBoot: IsoInput['efiBoot']): Uint8Array {
  const writer = new Writer(CD)
  const entry = (at: number, path: string, loadSectors: number | undefined, loadSegment = 0): void => {
    const place = places.get(path)
    if (!place) throw new RangeError(`${path} is not among the files of the CD, so it cannot be booted from.`)
    const sectors = loadSectors ?? place.sectors
    if (sectors > 0xffff) throw new RangeError(`${path} has ${sectors} sectors; a boot catalogue can name ${0xffff}.`)
    writer.u8(at, BOOTABLE).u16(at + 2, loadSegment).u16(at + 6, sectors).u32(at + 8, (place.sector * SECTOR_BYTES) / CD)
  }
  if (!biosBoot && !efiBoot) return writer.bytes
  writer.u8(0, 1).u8(1, biosBoot ? PLATFORM_BIOS : PLATFORM_EFI).text(4, 'Bootlab').u16(30, 0xaa55)
  // All 16-bit words of the validation entry sum to 0.
  const words = new DataView(writer.bytes.buffer)
  let sum = 0
  for (let at = 0; at < 32; at += 2) sum += words.getUint16(at, true)
  writer.u16(28, -sum & 0xffff)
  if (biosBoot) entry(32, biosBoot.path, biosBoot.loadSectors, biosBoot.loadSegment)
  if (!efiBoot) return writer.bytes
  if (!biosBoot) entry(32, efiBoot.path, undefined)
  else {
    writer.u8(64, LAST_SECTION).u8(65, PLATFORM_EFI).u16(66, 1)
    entry(96, efiBoot.path, undefined)
  }
  return writer.bytes
}

/** A primary or supplementary volume descriptor (ECMA-119, 8.4 and 8.5). */
function descriptor(view: IsoView, label: string, sectors: number, tables: { bytes: number; little: number; big: number }, root: Uint8Array): Uint8Array {
  const writer = new Writer(CD)
  const text = (at: number, length: number, value: string): void => {
    writer.set(at, view.text(value, length))
  }
  writer.u8(0, view.descriptorType).text(1, 'CD001').u8(6, 1)
  text(8, 32, '')
  text(40, 32, view.label(label))
  writer.set(80, bothEndian(sectors, 4)).text(88, view.escapes)
  writer.set(120, bothEndian(1, 2)).set(124, bothEndian(1, 2)).set(128, bothEndian(CD, 2)).set(132, bothEndian(tables.bytes, 4))
  writer.u32(140, tables.little).u32(148, tables.big, 'big')
  writer.set(156, root.subarray(0, 34)).u8(156, 34)
  for (const [at, length, value] of [[190, 128, ''], [318, 128, ''], [446, 128, 'BOOTLAB'], [574, 128, ''], [702, 37, ''], [739, 37, ''], [776, 37, '']] as const) text(at, length, value)
  writer.text(813, DATE_OF_VOLUME).text(830, DATE_OF_VOLUME).text(847, NO_DATE).text(864, NO_DATE).u8(881, 1)
  return writer.bytes
}

/** All directories for those who look up paths without reading directories (ECMA-119, 9.4). */
function pathTable(view: IsoView, directories: readonly IsoNode[], places: ReadonlyMap<IsoNode, { sector: number }>, order: 'little' | 'big' = 'little'): Uint8Array {
  const numbers = new Map(directories.map((directory, index) => [directory, index + 1]))
  const records = directories.map((directory) => {
    const identifier = directory.parent ? view.identifier(directory) : Uint8Array.of(0)
    const writer = new Writer(8 + identifier.length + (identifier.length & 1))
    writer.u8(0, identifier.length).u32(2, places.get(directory)?.sector ?? 0, order).u16(6, numbers.get(directory.parent ?? directory) ?? 1, order)
    return writer.set(8, identifier).bytes
  })
  return Buffer.concat(records)
}

