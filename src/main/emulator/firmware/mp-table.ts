/** MP configuration table (Intel MultiProcessor Specification 1.4, chapter 4), for systems that do not read ACPI's tables. */
import { IO_APIC_BASE } from '../devices/io-apic'
import { APIC_BASE } from '../devices/local-apic-registers'
import { pirqOf } from '../devices/piix3-isa'
import { TableBytes } from './table-bytes'

export interface MpParts {
  readonly processors: number
  /** CPUID leaf 1: EAX and EDX. */
  readonly signature: number
  readonly features: number
  readonly ioApicId: number
  /** Input of the I/O APIC for PIRQA. */
  readonly firstPirqInput: number
  /** ISA line of the system control interrupt. */
  readonly sci: number
}

const [PCI_BUS, ISA_BUS] = [0, 1] as const
const Entry = { processor: 0, bus: 1, ioApic: 2, interrupt: 3, local: 4 } as const
/** What a request is delivered as. */
const Kind = { vectored: 0, nmi: 1, external: 3 } as const
/** Polarity and trigger mode: as the bus has it; active high, level. */
const [CONFORMS, HIGH_LEVEL] = [0x0, 0xd] as const
const TIMER_INPUT = 2
const ALL_APICS = 0xff
const HEADER_BYTES = 44
const SPECIFICATION = 4
const LOCAL_APIC_VERSION = 0x14
const IO_APIC_VERSION = 0x11
const PCI_DEVICES = 31
const PINS = 4

const bytes32 = (value: number): number[] => [...new Uint8Array(Uint32Array.of(value).buffer)]
const busName = (name: string): number[] => [...Buffer.from(name.padEnd(6), 'latin1')]

function entries({ processors, signature, features, ioApicId, firstPirqInput, sci }: MpParts): number[][] {
  const interrupt = (kind: number, flags: number, bus: number, source: number, input: number): number[] => [Entry.interrupt, kind, flags, 0, bus, source, ioApicId, input]
  const isa = Array.from({ length: 16 }, (_, irq) => irq).filter((irq) => irq !== TIMER_INPUT)
  const pci = Array.from({ length: PCI_DEVICES * PINS }, (_, index) => ({ device: 1 + Math.floor(index / PINS), pin: index % PINS }))
  return [
    ...Array.from({ length: processors }, (_, id) => [Entry.processor, id, LOCAL_APIC_VERSION, id === 0 ? 3 : 1, ...bytes32(signature), ...bytes32(features), 0, 0, 0, 0, 0, 0, 0, 0]),
    [Entry.bus, PCI_BUS, ...busName('PCI')],
    [Entry.bus, ISA_BUS, ...busName('ISA')],
    [Entry.ioApic, ioApicId, IO_APIC_VERSION, 1, ...bytes32(IO_APIC_BASE)],
    interrupt(Kind.external, CONFORMS, ISA_BUS, 0, 0),
    ...isa.map((irq) => interrupt(Kind.vectored, irq === sci ? HIGH_LEVEL : CONFORMS, ISA_BUS, irq, irq === 0 ? TIMER_INPUT : irq)),
    ...pci.map(({ device, pin }) => interrupt(Kind.vectored, CONFORMS, PCI_BUS, (device << 2) | pin, firstPirqInput + pirqOf(device, pin + 1))),
    [Entry.local, Kind.external, 0, 0, ISA_BUS, 0, 0, 0],
    [Entry.local, Kind.nmi, 0, 0, ISA_BUS, 0, ALL_APICS, 1],
  ]
}

/** The floating pointer structure, 16 bytes, and behind it the configuration table. @param at physical address, a multiple of 16 */
export function buildMpTable(parts: MpParts, at: number): Uint8Array {
  const list = entries(parts)
  const body = list.flat()
  const table = new TableBytes(HEADER_BYTES + body.length)
  table.text(0, 'PCMP').u16(4, table.bytes.length).u8(6, SPECIFICATION).text(8, 'BOOTLAB ').text(16, 'PC          ').u16(34, list.length).u32(36, APIC_BASE)
  table.u8(HEADER_BYTES, ...body).checksum(7)
  // Virtual wire mode, no default configuration.
  const pointer = new TableBytes(16).text(0, '_MP_').u32(4, at + 16).u8(8, 1, SPECIFICATION).checksum(10)
  return Uint8Array.from([...pointer.bytes, ...table.bytes])
}
