/** A writer of ACPI Machine Language (Advanced Configuration and Power Interface Specification 6.5, chapter 20): as much of it as our tables need. Values are lists of bytes. */
export type Aml = readonly number[]

const EXTENDED = 0x5b
const Op = {
  zero: 0x00, one: 0x01, name: 0x08, byte: 0x0a, word: 0x0b, dword: 0x0c, string: 0x0d, qword: 0x0e, scope: 0x10, buffer: 0x11, package: 0x12, method: 0x14, dualName: 0x2e, multiName: 0x2f,
  local0: 0x60, arg0: 0x68, store: 0x70, and: 0x7b, or: 0x7d, createDwordField: 0x8a, if: 0xa0, return: 0xa4,
} as const
const ExtendedOp = { region: 0x80, field: 0x81, device: 0x82 } as const

export const little = (value: number, bytes: number): number[] => Array.from({ length: bytes }, (_, index) => Math.floor(value / 2 ** (8 * index)) % 256)
const ascii = (text: string): number[] => Array.from(text, (letter) => letter.charCodeAt(0))

/** One after the other. (`flat` takes twice as long, and this is part of every boot.) */
function joined(parts: readonly Aml[]): number[] {
  const bytes: number[] = []
  for (const part of parts) for (const byte of part) bytes.push(byte)
  return bytes
}

/** PkgLength in front of a body: it counts its own bytes too (20.2.4). */
function counted(body: Aml): Aml {
  const short = body.length + 1
  if (short < 0x40) return [short, ...body]
  const more = [1, 2, 3].find((count) => body.length + 1 + count < 2 ** (4 + 8 * count))
  if (more === undefined) throw new RangeError(`A package of ${body.length} bytes is more than AML can hold.`)
  const length = body.length + 1 + more
  return [(more << 6) | (length & 15), ...little(Math.floor(length / 16), more), ...body]
}

/** A name such as `_CRS`, `\_SB.PCI0` or `LNKA`: segments of up to four letters, of which the last ones are filled with `_`. */
export function nameString(path: string): Aml {
  const root = path.startsWith('\\')
  const segments = path.slice(root ? 1 : 0).split('.')
  const letters = ascii(segments.map((segment) => segment.padEnd(4, '_')).join(''))
  const prefix = segments.length === 1 ? [] : segments.length === 2 ? [Op.dualName] : [Op.multiName, segments.length]
  return [...(root ? [0x5c] : []), ...prefix, ...letters]
}

/** The shortest form of an integer from 0 to 2^53. */
export function integer(value: number): Aml {
  if (value <= 1) return [value === 0 ? Op.zero : Op.one]
  if (value < 0x100) return [Op.byte, value]
  if (value < 0x1_0000) return [Op.word, ...little(value, 2)]
  return value < 2 ** 32 ? [Op.dword, ...little(value, 4)] : [Op.qword, ...little(value, 8)]
}

export const string = (text: string): Aml => [Op.string, ...ascii(text), 0]
export const buffer = (bytes: readonly number[]): Aml => [Op.buffer, ...counted([...integer(bytes.length), ...bytes])]

/** Up to 255 elements. */
export function packageOf(elements: readonly Aml[]): Aml {
  if (elements.length > 0xff) throw new RangeError(`A package has up to 255 elements, not ${elements.length}.`)
  return [Op.package, ...counted([elements.length, ...joined(elements)])]
}

/** A compressed EISA identifier such as PNP0A03 (19.6.38): three letters of five bits, four hexadecimal digits, highest byte first. */
export function eisaId(id: string): Aml {
  const letter = (index: number): number => id.charCodeAt(index) - 0x40
  const packed = (letter(0) << 10) | (letter(1) << 5) | letter(2)
  const product = Number.parseInt(id.slice(3), 16)
  return [Op.dword, packed >> 8, packed & 0xff, product >> 8, product & 0xff]
}

export const name = (path: string, value: Aml): Aml => [Op.name, ...nameString(path), ...value]
export const scope = (path: string, ...body: Aml[]): Aml => [Op.scope, ...counted([...nameString(path), ...joined(body)])]
export const device = (path: string, ...body: Aml[]): Aml => [EXTENDED, ExtendedOp.device, ...counted([...nameString(path), ...joined(body)])]
/** @param serialized one caller at a time, for methods that make names */
export const method = (path: string, args: number, serialized: boolean, ...body: Aml[]): Aml => [Op.method, ...counted([...nameString(path), args | (serialized ? 8 : 0), ...joined(body)])]

const PCI_CONFIG_SPACE = 2
/** A region of a PCI function's configuration space. */
export const pciRegion = (path: string, offset: number, bytes: number): Aml => [EXTENDED, ExtendedOp.region, ...nameString(path), PCI_CONFIG_SPACE, ...integer(offset), ...integer(bytes)]
/** Fields of eight bits, one after the other: byte access, no lock, other bits are preserved. */
export const byteFields = (region: string, fields: readonly string[]): Aml => [EXTENDED, ExtendedOp.field, ...counted([...nameString(region), 1, ...fields.flatMap((field) => [...nameString(field), 8])])]

export const arg0: Aml = [Op.arg0]
export const local0: Aml = [Op.local0]
export const returnOf = (value: Aml): Aml => [Op.return, ...value]
export const store = (value: Aml, target: Aml): Aml => [Op.store, ...value, ...target]
/** The result goes to `target` too; without one it is only a value. */
export const and = (a: Aml, b: Aml, target: Aml = [0]): Aml => [Op.and, ...a, ...b, ...target]
export const or = (a: Aml, b: Aml, target: Aml = [0]): Aml => [Op.or, ...a, ...b, ...target]
export const ifThen = (condition: Aml, ...body: Aml[]): Aml => [Op.if, ...counted([...condition, ...joined(body)])]
/** A name for 32 bits of a buffer, from a byte on. */
export const dwordField = (of: Aml, at: number, path: string): Aml => [Op.createDwordField, ...of, ...integer(at), ...nameString(path)]
