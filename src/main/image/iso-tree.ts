/**
 * The directories of an ISO 9660 volume, seen twice: with ISO 9660's own names and Rock Ridge's beside them, and with Joliet's. Both views share
 * the files.
 *
 * Sources: ECMA-119, 7.5, 9.1, 9.3; System Use Sharing Protocol 1.10 (SP, ER); Rock Ridge Interchange Protocol 1.10 (PX, NM); Joliet Specification 1.
 */
import { ImageError } from './errors'
import { FatDirectories } from './fat-names'

/** Bytes of a CD's sector, and of the volume's logical blocks. */
export const CD = 2048
/** 1980-01-01 00:00 GMT: years since 1900, month, day, hour, minute, second, zone. */
export const DATE_OF_RECORD = Uint8Array.of(80, 1, 1, 0, 0, 0, 0)

const MAX_DEPTH = 8
const MAX_NAME_UNITS = 64
/** As many as fit into a record beside the longest name of ISO 9660 level 2. */
const MAX_NAME_BYTES = 140
const FLAG_DIRECTORY = 2
const SHARING_PROTOCOL = Uint8Array.of(0x53, 0x50, 7, 1, 0xbe, 0xef, 0)
const ROCK_RIDGE = 'RRIP_1991A'
const MODE_DIRECTORY = 0o40555
const MODE_FILE = 0o100444

export interface IsoNode {
  name: string
  parent: IsoNode | undefined
  /** Of a directory; a file has none. */
  children: IsoNode[] | undefined
  bytes: Uint8Array
  /** Its ISO 9660 name, without version. */
  plainName: string
}

type Places = ReadonlyMap<IsoNode, { sector: number; bytes: number }>

/** One way to see the tree. */
export interface IsoView {
  readonly descriptorType: 1 | 2
  readonly escapes: string
  label(label: string): string
  /** A text of the descriptor, filled with spaces. */
  text(value: string, length: number): Uint8Array
  /** A node's name as records have it. */
  identifier(node: IsoNode): Uint8Array
  /** Directories as the path table wants them: by depth, then by their parent, then by name. */
  order(directories: readonly IsoNode[]): readonly IsoNode[]
  /** A directory's content, whole sectors; what is not in places yet is said to be at 0, which does not change the length. */
  directory(directory: IsoNode, places: Places): Uint8Array
  /** A node's record, under its own name or as the first two of a directory. */
  record(node: IsoNode | undefined, as: '.' | '..' | 'itself', places: Places): Uint8Array
}

/** Bytes with numbers at offsets. */
export class Writer {
  readonly bytes: Uint8Array
  readonly #view: DataView

  constructor(length: number) {
    this.bytes = new Uint8Array(length)
    this.#view = new DataView(this.bytes.buffer)
  }

  u8(at: number, value: number): this {
    this.#view.setUint8(at, value)
    return this
  }

  u16(at: number, value: number, order: 'little' | 'big' = 'little'): this {
    this.#view.setUint16(at, value, order === 'little')
    return this
  }

  u32(at: number, value: number, order: 'little' | 'big' = 'little'): this {
    this.#view.setUint32(at, value, order === 'little')
    return this
  }

  text(at: number, value: string): this {
    return this.set(at, Buffer.from(value, 'latin1'))
  }

  set(at: number, value: Uint8Array): this {
    this.bytes.set(value, at)
    return this
  }
}

/** A number little endian, then big endian (ECMA-119, 7.2.3, 7.3.3). */
export function bothEndian(value: number, bytes: 2 | 4): Uint8Array {
  const writer = new Writer(bytes * 2)
  return (bytes === 2 ? writer.u16(0, value).u16(2, value, 'big') : writer.u32(0, value).u32(4, value, 'big')).bytes
}

/**
 * The tree of these files: its directories, the root first, and a node for each file in the order given.
 * @throws ImageError when a path cannot be one on a CD
 */
export function isoTree(files: readonly { path: string; bytes: Uint8Array }[], where: string): { directories: IsoNode[]; nodes: IsoNode[] } {
  const checked = new FatDirectories(files.map(({ path }) => path), where, 'a CD')
  const root: IsoNode = { name: '', parent: undefined, children: [], bytes: new Uint8Array(), plainName: '' }
  const directories = new Map<string, IsoNode>([['', root]])
  const add = (path: string, bytes: Uint8Array | undefined): IsoNode => {
    const names = path.split('/').filter(Boolean)
    const name = names.pop() ?? ''
    const parent = directories.get(names.join('/').toLowerCase())
    if (!parent?.children) throw new RangeError(`${path} has no directory.`)
    const depth = names.length + (bytes ? 1 : 2)
    if (depth > MAX_DEPTH) throw refused(path, `it lies ${depth} directories deep, and ${MAX_DEPTH} are allowed`, where)
    if (name.length > MAX_NAME_UNITS || Buffer.byteLength(name) > MAX_NAME_BYTES) throw refused(path, `the name "${name}" has more than ${MAX_NAME_UNITS} characters or ${MAX_NAME_BYTES} bytes`, where)
    const node: IsoNode = { name, parent, children: bytes ? undefined : [], bytes: bytes ?? new Uint8Array(), plainName: plainName(name, !bytes, parent.children) }
    parent.children.push(node)
    return node
  }
  for (const path of checked.paths) directories.set(path.slice(1).toLowerCase(), add(path, undefined))
  const nodes = files.map(({ path, bytes }) => add(path, bytes))
  return { directories: [...directories.values()], nodes }
}

/** ISO 9660 level 2: capital letters, digits and _; a file has a dot; 31 characters with it. Numbered where two would be the same. */
function plainName(name: string, directory: boolean, others: readonly IsoNode[]): string {
  const clean = (text: string): string => text.toUpperCase().replace(/[^A-Z0-9_]/g, '_')
  const dot = directory ? -1 : name.lastIndexOf('.')
  const extension = dot > 0 ? clean(name.slice(dot + 1)).slice(0, 8) : ''
  const base = clean(dot > 0 ? name.slice(0, dot) : name)
  const join = (stem: string): string => (directory ? stem : `${stem}.${extension}`)
  const room = directory ? 31 : 30 - extension.length
  const taken = new Set(others.map((other) => other.plainName))
  for (let number = 0; ; number++) {
    const tail = number === 0 ? '' : `_${number}`
    const candidate = join(base.slice(0, room - tail.length) + tail)
    if (!taken.has(candidate)) return candidate
  }
}

/** Rock Ridge's entries of a record: rights and, unless it stands for itself or its parent, the real name. */
function rockRidge(node: IsoNode, as: '.' | '..' | 'itself'): Uint8Array {
  const links = node.children ? 2 + node.children.filter(({ children }) => children).length : 1
  const rights = [node.children ? MODE_DIRECTORY : MODE_FILE, links, 0, 0].map((value) => bothEndian(value, 4))
  const posix = Buffer.concat([Buffer.from('PX'), Uint8Array.of(36, 1), ...rights])
  if (as === '.' && !node.parent) return Buffer.concat([SHARING_PROTOCOL, posix, Buffer.from('ER'), Uint8Array.of(8 + ROCK_RIDGE.length, 1, ROCK_RIDGE.length, 0, 0, 1), Buffer.from(ROCK_RIDGE)])
  if (as !== 'itself') return posix
  const name = Buffer.from(node.name)
  return Buffer.concat([posix, Buffer.from('NM'), Uint8Array.of(5 + name.length, 1, 0), name])
}

function makeView(parts: Pick<IsoView, 'descriptorType' | 'escapes' | 'label' | 'text'> & { name(node: IsoNode): Uint8Array; identifier(node: IsoNode): Uint8Array; extras(node: IsoNode, as: '.' | '..' | 'itself'): Uint8Array }): IsoView {
  // By name, then extension, as if the shorter one were filled up with the lowest character (ECMA-119, 9.3).
  const byName = (a: IsoNode, b: IsoNode): number => Buffer.compare(parts.name(a), parts.name(b))
  const record: IsoView['record'] = (node, as, places) => {
    if (!node) throw new RangeError('A tree has a root.')
    const identifier = as === '.' ? Uint8Array.of(0) : as === '..' ? Uint8Array.of(1) : parts.identifier(node)
    const extras = parts.extras(node, as)
    const start = (33 + identifier.length + 1) & ~1
    const length = (start + extras.length + 1) & ~1
    const place = places.get(node)
    const writer = new Writer(length).u8(0, length).set(2, bothEndian(place?.sector ?? 0, 4)).set(10, bothEndian(place?.bytes ?? 0, 4)).set(18, DATE_OF_RECORD)
    writer.u8(25, node.children ? FLAG_DIRECTORY : 0).set(28, bothEndian(1, 2)).u8(32, identifier.length)
    return writer.set(33, identifier).set(start, extras).bytes
  }
  return {
    ...parts,
    record,
    directory(directory, places) {
      const records = [record(directory, '.', places), record(directory.parent ?? directory, '..', places), ...(directory.children ?? []).toSorted(byName).map((child) => record(child, 'itself', places))]
      let end = 0
      const placed = records.map((bytes) => {
        // A record does not cross the end of a sector.
        const at = (end % CD) + bytes.length > CD ? Math.ceil(end / CD) * CD : end
        end = at + bytes.length
        return { at, bytes }
      })
      const writer = new Writer(Math.ceil(end / CD) * CD)
      for (const { at, bytes } of placed) writer.set(at, bytes)
      return writer.bytes
    },
    order(directories) {
      let level = directories.filter(({ parent }) => !parent)
      const ordered: IsoNode[] = []
      while (level.length > 0) {
        ordered.push(...level)
        level = level.flatMap((directory) => (directory.children ?? []).filter(({ children }) => children).toSorted(byName))
      }
      return ordered
    },
  }
}

function utf16(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16()
}

/** ISO 9660's own names, Rock Ridge beside them. */
export const PRIMARY: IsoView = makeView({
  descriptorType: 1,
  escapes: '',
  label: (label) => label.toUpperCase().replace(/[^A-Z0-9_]/g, '_'),
  text: (value, length) => Buffer.from(value.padEnd(length), 'latin1'),
  name: ({ plainName: name }) => {
    const [base = '', extension = ''] = name.split('.')
    return Buffer.from(base.padEnd(32) + extension, 'latin1')
  },
  identifier: (node) => Buffer.from(node.children ? node.plainName : `${node.plainName};1`, 'latin1'),
  extras: rockRidge,
})

/** Joliet: names in UCS-2, big endian; without version, as mkisofs and so the CDs of 25 years have them. */
export const JOLIET: IsoView = makeView({
  descriptorType: 2,
  escapes: '%/E',
  label: (label) => label,
  text(value, length) {
    const bytes = new Uint8Array(length)
    bytes.set(utf16(value.padEnd(length >> 1)))
    return bytes
  },
  name: (node) => utf16(node.name),
  identifier: (node) => utf16(node.name),
  extras: () => new Uint8Array(),
})

function refused(path: string, reason: string, where: string): ImageError {
  return new ImageError({
    what: `"${path}" cannot be a path on a CD: ${reason}.`,
    where,
    why: 'Operating systems would not find it.',
    next: 'Choose a shorter path for the file on the volume.',
  })
}
