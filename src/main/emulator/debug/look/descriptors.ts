/** GDT, LDT and IDT as tables (Intel SDM vol. 3A, 3.5, 6.10, 6.14; 20.1.4 for real mode). */
import type { DescriptorTable, DescriptorView } from '../../../../shared/debug'
import type { Cpu } from '../../cpu/cpu'
import { ATTRIBUTE, LDTR } from '../../cpu/state/bits'
import { GDTR, IDTR } from '../../cpu/state/layout'
import { Descriptor, SystemType } from '../../cpu/system/descriptors'
import { vectorName } from '../../../../shared/vectors'
import { hex } from '../registers'
import { segmentFlags, segmentKind, systemKind } from './descriptor-text'
import type { MemoryReader } from './memory'

/** A selector has 13 bits of index. */
const MOST_DESCRIPTORS = 8192
const VECTORS = 256
/** Of the table registers after a reset (Intel SDM vol. 3A, table 10-1). */
const RESET_LIMIT = 0xffff
const SELECTOR_LOCAL = 4
const SELECTOR_INDEX = 0xfffc
/** Of a gate's second doubleword: index into the interrupt stack table. */
const IST = 7
const NAMED_VECTORS = 32
const GATES: ReadonlySet<number> = new Set([SystemType.callGate16, SystemType.taskGate, SystemType.interruptGate16, SystemType.trapGate16, SystemType.callGate32, SystemType.interruptGate32, SystemType.trapGate32])
/** Gates whose offset has 16 bits. */
const SMALL_GATES: ReadonlySet<number> = new Set([SystemType.callGate16, SystemType.taskGate, SystemType.interruptGate16, SystemType.trapGate16])
/** What an IDT may hold; in long mode only the last two. */
const IDT_GATES: ReadonlySet<number> = new Set([SystemType.taskGate, SystemType.interruptGate16, SystemType.trapGate16, SystemType.interruptGate32, SystemType.trapGate32])

type Table = DescriptorTable['table']

export function descriptorTable(cpu: Cpu, reader: MemoryReader, table: Table): DescriptorTable {
  const { state } = cpu
  const isLdt = table === 'ldt'
  const { base, limit } = isLdt ? { base: state.base(LDTR), limit: state.limit(LDTR) } : state.table(table === 'gdt' ? GDTR : IDTR)
  const found = { table, base: hex(base), limit, entryBytes: 8, count: 0, entries: [] }
  if (isLdt && (!state.protectedMode || (state.attributes(LDTR) & ATTRIBUTE.present) === 0 || (state.selector(LDTR) & 0xfffc) === 0)) {
    return { ...found, note: 'No LDT is loaded (LLDT).' }
  }
  if (table === 'gdt' && !state.protectedMode && base === 0n && limit === RESET_LIMIT) return { ...found, note: 'No GDT is loaded yet (LGDT). Real mode needs none.' }
  if (table === 'idt' && !state.protectedMode) return realVectors(reader, found, base, limit)
  const entryBytes = table === 'idt' && state.longMode ? 16 : 8
  const room = Math.floor((limit + 1) / entryBytes)
  const count = Math.min(room, table === 'idt' ? VECTORS : MOST_DESCRIPTORS)
  const bytes = reader.read(base, count * entryBytes)
  const entries: DescriptorView[] = []
  for (let index = 0; (index + 1) * entryBytes <= bytes.length; index++) {
    const wide = table === 'idt' ? entryBytes === 16 : state.longMode && isWideSystem(bytes, index)
    const raw = bytes.subarray(index * entryBytes, index * entryBytes + (wide ? 16 : 8))
    if (raw.some((byte) => byte !== 0)) entries.push(describe(table, index, base + BigInt(index * entryBytes), raw, state.longMode))
    // A system descriptor of long mode takes two places.
    if (wide && entryBytes === 8) index++
  }
  return { ...found, entryBytes, count, entries, ...noteOf(table, room, count, bytes.length < count * entryBytes ? hex(base + BigInt(bytes.length)) : undefined) }
}

function noteOf(table: Table, room: number, count: number, unmapped: string | undefined): { note?: string } {
  if (unmapped !== undefined) return { note: `From ${unmapped} on the table is not mapped.` }
  if (room > count) return { note: `The limit has room for ${room} entries; ${count} can be used.` }
  return table === 'idt' && count < NAMED_VECTORS ? { note: `The limit ends before vector ${count}: the exceptions from there on cannot be delivered.` } : {}
}

/** Real mode: offset and segment of each vector. */
function realVectors(reader: MemoryReader, found: Omit<DescriptorTable, 'note'>, base: bigint, limit: number): DescriptorTable {
  const count = Math.min(VECTORS, Math.floor((limit + 1) / 4))
  const bytes = reader.read(base, count * 4)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const entries = Array.from({ length: Math.floor(bytes.length / 4) }, (_, index): DescriptorView => {
    const [offset, selector] = [view.getUint16(index * 4, true), view.getUint16(index * 4 + 2, true)]
    return { index, address: hex(base + BigInt(index * 4)), raw: hex(view.getUint32(index * 4, true)), kind: 'real-mode vector', present: true, dpl: 0, target: { selector, offset: hex(offset) }, flags: [] }
  })
  return { ...found, entryBytes: 4, count, entries: entries.filter(({ raw }) => raw !== '0x0') }
}

function isWideSystem(bytes: Uint8Array, index: number): boolean {
  const type = bytes[index * 8 + 5] ?? 0
  const kind = type & ATTRIBUTE.typeMask
  return (type & ATTRIBUTE.segment) === 0 && (kind === SystemType.ldt || kind === SystemType.tss32Available || kind === SystemType.tss32Busy || kind === SystemType.callGate32)
}

function describe(table: Table, index: number, address: bigint, raw: Uint8Array, long: boolean): DescriptorView {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength)
  const wide = raw.length === 16
  const descriptor = new Descriptor(address, view.getUint32(0, true), view.getUint32(4, true), wide ? view.getUint32(8, true) : 0, wide ? view.getUint32(12, true) : 0)
  const { attributes, type, isSegment, present, dpl } = descriptor
  const gate = !isSegment && GATES.has(type)
  const common = { index, address: hex(address), raw: hex(raw.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)), present, dpl }
  const selector = table === 'idt' ? {} : { selector: index * 8 + (table === 'ldt' ? SELECTOR_LOCAL : 0) }
  const problem = problemOf(table, index, descriptor, long)
  const rest = { ...selector, flags: segmentFlags(attributes, long), ...(problem === undefined ? {} : { problem }) }
  if (table !== 'idt' && !gate) return { ...common, ...rest, kind: segmentKind(attributes, long), base: hex(descriptor.base), limit: hex(descriptor.limit) }
  const ist = wide && table === 'idt' ? descriptor.high & IST : 0
  const offset = SMALL_GATES.has(type) ? descriptor.gateOffset & 0xffffn : descriptor.gateOffset
  return { ...common, ...rest, kind: systemKind(type, long), flags: [], target: { selector: descriptor.gateSelector, offset: hex(offset), ...(ist === 0 ? {} : { ist }) } }
}

/** What would go wrong when the entry is used. */
function problemOf(table: Table, index: number, { isSegment, isCode, type, present, long: is64Bit, big, gateSelector }: Descriptor, long: boolean): string | undefined {
  if (table === 'gdt' && index === 0) return 'Entry 0 is never used: its selector means "no segment".'
  if (table === 'idt') {
    const usable = !isSegment && IDT_GATES.has(type) && (!long || type >= SystemType.interruptGate32)
    if (!usable) return `This is no gate for an IDT${long ? ' of long mode' : ''}: ${vectorName(index)} would end in #GP.`
    if (present && (gateSelector & SELECTOR_INDEX) === 0) return 'The gate is present, but its selector is null.'
    return undefined
  }
  if (isCode && long && is64Bit && big) return 'L and D are both set, which is reserved in long mode.'
  return present && !isSegment && systemKind(type, long) === 'reserved' ? `Type ${type} is reserved${long ? ' in long mode' : ''}.` : undefined
}
