/** Where functions and variables are declared. Source: DWARF 5, 7.5 "Format of Debugging Information"; versions 2 to 5. */
import type { Cursor } from './cursor'
import type { DebugSections } from './sections'

const SECTION = '.debug_info'
const TAG = { COMPILE_UNIT: 0x11, PARTIAL_UNIT: 0x3c, SUBPROGRAM: 0x2e, VARIABLE: 0x34 } as const
const AT = { LOCATION: 0x02, STMT_LIST: 0x10, LOW_PC: 0x11, COMP_DIR: 0x1b, ABSTRACT_ORIGIN: 0x31, DECL_FILE: 0x3a, DECL_LINE: 0x3b, SPECIFICATION: 0x47, STR_OFFSETS_BASE: 0x72, ADDR_BASE: 0x73 } as const
const OP = { ADDR: 0x03, ADDRX: 0xa1 } as const
/** Unit types with more header than others (7.5.1). */
const UNIT = { TYPE: 2, SKELETON: 4, SPLIT_COMPILE: 5, SPLIT_TYPE: 6 } as const

export interface Declaration {
  kind: 'function' | 'variable'
  address: bigint
  /** Index into the files of the unit's line program. */
  file: number
  line: number
}

export interface Unit {
  /** Where its line program begins. */
  lineProgram: number | undefined
  folder: string | undefined
  declarations: Declaration[]
}

/** What attributes hold, as far as it is of use here. */
type Value =
  | { kind: 'number'; value: number }
  | { kind: 'address'; value: bigint }
  | { kind: 'address index'; value: number }
  | { kind: 'reference'; value: number }
  | { kind: 'text'; at: number; section: string }
  | { kind: 'text index'; value: number }
  | { kind: 'bytes'; at: number; end: number }

interface UnitContext {
  sections: DebugSections
  /** Where the unit begins in the section. */
  start: number
  version: number
  wide: boolean
  addressBytes: number
}

type Form = (cursor: Cursor, unit: UnitContext) => Value | undefined

const number = (read: (cursor: Cursor) => number): Form => (cursor) => ({ kind: 'number', value: read(cursor) })
const reference = (read: (cursor: Cursor) => number): Form => (cursor, { start }) => ({ kind: 'reference', value: start + read(cursor) })
const addressIndex = (read: (cursor: Cursor) => number): Form => (cursor) => ({ kind: 'address index', value: read(cursor) })
const textIndex = (read: (cursor: Cursor) => number): Form => (cursor) => ({ kind: 'text index', value: read(cursor) })
const block = (length: (cursor: Cursor) => number): Form => (cursor) => {
  const bytes = length(cursor)
  const at = cursor.at
  cursor.skip(bytes)
  return { kind: 'bytes', at, end: at + bytes }
}
const textOf = (section: string): Form => (cursor, { wide }) => ({ kind: 'text', at: cursor.offset(wide), section })
const nothing = (bytes: number): Form => (cursor) => {
  cursor.skip(bytes)
  return undefined
}
const offset: Form = (cursor, { wide }) => ({ kind: 'number', value: cursor.offset(wide) })
const u8 = (cursor: Cursor): number => cursor.u8()
const u16 = (cursor: Cursor): number => cursor.u16()
const u24 = (cursor: Cursor): number => cursor.u24()
const u32 = (cursor: Cursor): number => cursor.u32()
const u64 = (cursor: Cursor): number => Number(cursor.u64())
const uleb = (cursor: Cursor): number => cursor.uleb()

/** 7.5.6, table 7.6; from 0x1f01 GNU extensions. */
const FORMS: Readonly<Record<number, Form>> = {
  0x01: (cursor, { addressBytes }) => ({ kind: 'address', value: cursor.address(addressBytes) }),
  0x03: block(u16), 0x04: block(u32), 0x09: block(uleb), 0x0a: block(u8), 0x18: block(uleb),
  0x05: number(u16), 0x06: number(u32), 0x07: number(u64), 0x0b: number(u8), 0x0d: number((cursor) => cursor.sleb()), 0x0f: number(uleb),
  0x08: (cursor) => {
    const at = cursor.at
    cursor.text()
    return { kind: 'text', at, section: SECTION }
  },
  0x0e: textOf('.debug_str'), 0x1f: textOf('.debug_line_str'),
  0x0c: nothing(1), 0x19: nothing(0), 0x1c: nothing(4), 0x1e: nothing(16), 0x20: nothing(8), 0x24: nothing(8),
  // In version 2 an address, later an offset of the section.
  0x10: (cursor, { version, addressBytes, wide }) => ({ kind: 'reference', value: version === 2 ? Number(cursor.address(addressBytes)) : cursor.offset(wide) }),
  0x11: reference(u8), 0x12: reference(u16), 0x13: reference(u32), 0x14: reference(u64), 0x15: reference(uleb),
  0x17: offset, 0x1d: offset, 0x1f20: offset, 0x1f21: offset,
  0x1a: textIndex(uleb), 0x25: textIndex(u8), 0x26: textIndex(u16), 0x27: textIndex(u24), 0x28: textIndex(u32), 0x1f02: textIndex(uleb),
  0x1b: addressIndex(uleb), 0x29: addressIndex(u8), 0x2a: addressIndex(u16), 0x2b: addressIndex(u24), 0x2c: addressIndex(u32), 0x1f01: addressIndex(uleb),
  0x22: number(uleb), 0x23: number(uleb),
}
const INDIRECT = 0x16
const IMPLICIT_CONST = 0x21

interface Abbreviation {
  tag: number
  attributes: { name: number; form: number; constant: number }[]
}

/**
 * All units with what they declare at an address.
 * @throws ImageError when a section is damaged
 */
export function readUnits(sections: DebugSections): Unit[] {
  if (sections.length(SECTION) === 0) return []
  const reader = new UnitReader(sections)
  const section = sections.cursor(SECTION)
  const units: Unit[] = []
  while (section.at < section.end) {
    const start = section.at
    const { bytes, wide } = section.unitLength()
    const unit = reader.read(section.upTo(bytes), start, wide)
    if (unit) units.push(unit)
  }
  return units
}

class UnitReader {
  readonly #sections: DebugSections
  readonly #abbreviations = new Map<number, Map<number, Abbreviation>>()
  /** Real files take a fraction of it. Damaged ones can read a table again and again, or attributes that take no bytes. */
  #stepsLeft: number

  constructor(sections: DebugSections) {
    this.#sections = sections
    this.#stepsLeft = 1000 + 8 * (sections.length(SECTION) + sections.length('.debug_abbrev'))
  }

  /** @returns undefined for a unit of types, or one whose content is in another file */
  read(cursor: Cursor, start: number, wide: boolean): Unit | undefined {
    const version = cursor.u16()
    if (version < 2 || version > 5) throw this.#sections.damaged(`A unit at offset ${start} of ${SECTION} has version ${version}; 2 to 5 are read.`)
    const kind = version >= 5 ? cursor.u8() : 1
    let addressBytes = version >= 5 ? cursor.u8() : 0
    const abbreviations = this.#table(cursor.offset(wide))
    if (version < 5) addressBytes = cursor.u8()
    if (kind === UNIT.TYPE || kind === UNIT.SPLIT_TYPE) return undefined
    if (kind === UNIT.SKELETON || kind === UNIT.SPLIT_COMPILE) cursor.skip(8)
    return this.#declarations(cursor, abbreviations, { sections: this.#sections, start, version, wide, addressBytes })
  }

  #declarations(cursor: Cursor, abbreviations: Map<number, Abbreviation>, context: UnitContext): Unit {
    const unit: Unit = { lineProgram: undefined, folder: undefined, declarations: [] }
    const bases = { addresses: 0, texts: 0 }
    const places = new Map<number, { file: number; line: number }>()
    const pending: { declaration: Declaration; origin: number }[] = []
    while (cursor.at < cursor.end) {
      const at = cursor.at
      const code = cursor.uleb()
      this.#step()
      if (code === 0) continue
      const abbreviation = abbreviations.get(code)
      if (!abbreviation) throw this.#sections.damaged(`An entry at offset ${at} of ${SECTION} has abbreviation ${code}, which is not defined.`)
      const values = this.#attributes(cursor, abbreviation, context)
      const numeric = (name: number): number | undefined => {
        const value = values.get(name)
        return value?.kind === 'number' ? value.value : undefined
      }
      if (abbreviation.tag === TAG.COMPILE_UNIT || abbreviation.tag === TAG.PARTIAL_UNIT) {
        unit.lineProgram = numeric(AT.STMT_LIST)
        bases.addresses = numeric(AT.ADDR_BASE) ?? 0
        bases.texts = numeric(AT.STR_OFFSETS_BASE) ?? 0
        unit.folder = this.#text(values.get(AT.COMP_DIR), context, bases.texts)
        continue
      }
      const isFunction = abbreviation.tag === TAG.SUBPROGRAM
      if (!isFunction && abbreviation.tag !== TAG.VARIABLE) continue
      const place = { file: numeric(AT.DECL_FILE) ?? 0, line: numeric(AT.DECL_LINE) ?? 0 }
      places.set(at, place)
      const address = isFunction ? this.#address(values.get(AT.LOW_PC), context, bases.addresses) : this.#located(values.get(AT.LOCATION), context, bases.addresses)
      if (address === undefined) continue
      const declaration: Declaration = { kind: isFunction ? 'function' : 'variable', address, ...place }
      unit.declarations.push(declaration)
      const origin = values.get(AT.SPECIFICATION) ?? values.get(AT.ABSTRACT_ORIGIN)
      if (place.line === 0 && origin?.kind === 'reference') pending.push({ declaration, origin: origin.value })
    }
    // What is declared in one place and defined in another: the declaration says the line.
    for (const { declaration, origin } of pending) Object.assign(declaration, places.get(origin))
    return unit
  }

  #attributes(cursor: Cursor, { attributes }: Abbreviation, context: UnitContext): Map<number, Value> {
    const values = new Map<number, Value>()
    for (const { name, form: given, constant } of attributes) {
      this.#step()
      if (given === IMPLICIT_CONST) {
        values.set(name, { kind: 'number', value: constant })
        continue
      }
      const form = given === INDIRECT ? cursor.uleb() : given
      const read = FORMS[form]
      if (read === undefined) throw this.#sections.damaged(`An entry of ${SECTION} has an attribute of form 0x${form.toString(16)}, which is unknown.`)
      const value = read(cursor, context)
      if (value) values.set(name, value)
    }
    return values
  }

  #address(value: Value | undefined, { addressBytes }: UnitContext, base: number): bigint | undefined {
    if (value?.kind === 'address') return value.value
    return value?.kind === 'address index' ? this.#sections.cursor('.debug_addr', base + value.value * addressBytes).address(addressBytes) : undefined
  }

  /** A variable at a fixed address: an expression of one operation. */
  #located(value: Value | undefined, context: UnitContext, base: number): bigint | undefined {
    if (value?.kind !== 'bytes' || value.at === value.end) return undefined
    const expression = this.#sections.cursor(SECTION, value.at)
    const operation = expression.u8()
    const rest = value.end - expression.at
    if (operation === OP.ADDR && rest === context.addressBytes) return expression.address(context.addressBytes)
    if (operation !== OP.ADDRX) return undefined
    const index = expression.uleb()
    return expression.at === value.end ? this.#address({ kind: 'address index', value: index }, context, base) : undefined
  }

  #text(value: Value | undefined, { wide }: UnitContext, base: number): string | undefined {
    if (value?.kind === 'text') return this.#sections.text(value.section, value.at)
    return value?.kind === 'text index' ? this.#sections.text('.debug_str', this.#sections.cursor('.debug_str_offsets', base + value.value * (wide ? 8 : 4)).offset(wide)) : undefined
  }

  #table(at: number): Map<number, Abbreviation> {
    const known = this.#abbreviations.get(at)
    if (known) return known
    const cursor = this.#sections.cursor('.debug_abbrev', at)
    const table = new Map<number, Abbreviation>()
    for (let code = cursor.uleb(); code !== 0; code = cursor.uleb()) {
      const abbreviation: Abbreviation = { tag: cursor.uleb(), attributes: [] }
      cursor.skip(1)
      for (;;) {
        this.#step()
        const [name, form] = [cursor.uleb(), cursor.uleb()]
        const constant = form === IMPLICIT_CONST ? cursor.sleb() : 0
        if (name === 0 && form === 0) break
        abbreviation.attributes.push({ name, form, constant })
      }
      table.set(code, abbreviation)
    }
    this.#abbreviations.set(at, table)
    return table
  }

  #step(): void {
    if (this.#stepsLeft-- <= 0) throw this.#sections.damaged('The debug information goes round in circles.')
  }
}
