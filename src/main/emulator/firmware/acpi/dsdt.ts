/** The differentiated system description table's definition block: what software cannot find out by itself about the board. */
import { PM_BLOCK_BYTES, SOFT_OFF, SUSPEND_TO_RAM } from '../../devices/acpi-pm'
import { HPET_BASE, HPET_BYTES } from '../../devices/hpet'
import { ELCR_PORT, PIRQ_ROUTES, pirqOf } from '../../devices/piix3-isa'
import { type Aml, and, arg0, byteFields, device, dwordField, eisaId, ifThen, integer, method, name, nameString, or, packageOf, pciRegion, returnOf, scope, store, string } from './aml'
import { busNumbers, dma, fixedMemory, INTERRUPT_AT, isaIrq, memoryRange, pciInterrupts, portRange, ports, template } from './resources'

export interface DsdtParts {
  /** First port of the power management block. */
  readonly pmBase: number
  /** First input of the I/O APIC for PIRQA; undefined: there is no I/O APIC. */
  readonly firstPirqInput: number | undefined
  readonly processors: number
  /** Whether a device is at a port. */
  readonly hasPort: (port: number) => boolean
  /** Default: it has. */
  readonly hasMouse?: boolean
  readonly hasHpet?: boolean
}

const PIRQS = ['A', 'B', 'C', 'D'] as const
/** Lines that a PCI interrupt can be led to. */
const LINK_CHOICES = [5, 10, 11]
const ROUTE_OFF = 0x80
const DISABLED = 0x09
const ENABLED = 0x0b
/** Memory for PCI: above the largest RAM, below the I/O APIC. */
const PCI_MEMORY = [0x8000_0000, 0xfebf_ffff] as const
const LAST_DEVICE = 31
const ALL_FUNCTIONS = 0xffff

/** Devices of the ISA bus: identifier, what they take, and a port by which to know that they are there. */
const ISA_DEVICES = [
  { path: 'PIC', id: 'PNP0000', uses: [ports(0x20, 2), ports(0xa0, 2), isaIrq(2)], at: 0x20 },
  { path: 'DMAC', id: 'PNP0200', uses: [ports(0x00, 16), ports(0x81, 15), ports(0xc0, 32), dma(4)], at: 0x08 },
  { path: 'TMR', id: 'PNP0100', uses: [ports(0x40, 4), isaIrq(0)], at: 0x40 },
  { path: 'RTC', id: 'PNP0B00', uses: [ports(0x70, 2), isaIrq(8)], at: 0x70 },
  { path: 'SPKR', id: 'PNP0800', uses: [ports(0x61, 1)], at: 0x61 },
  { path: 'KBD', id: 'PNP0303', uses: [ports(0x60, 1), ports(0x64, 1), isaIrq(1)], at: 0x60 },
  { path: 'MOU', id: 'PNP0F13', uses: [isaIrq(12)], at: 0x60 },
  { path: 'FDC0', id: 'PNP0700', uses: [ports(0x3f2, 4), ports(0x3f7, 1), isaIrq(6), dma(2)], at: 0x3f5 },
  { path: 'LPT1', id: 'PNP0400', uses: [ports(0x378, 8), isaIrq(7)], at: 0x378 },
  { path: 'COM1', id: 'PNP0501', uses: [ports(0x3f8, 8), isaIrq(4)], at: 0x3f8 },
  { path: 'COM2', id: 'PNP0501', uses: [ports(0x2f8, 8), isaIrq(3)], at: 0x2f8 },
  { path: 'COM3', id: 'PNP0501', uses: [ports(0x3e8, 8), isaIrq(4)], at: 0x3e8 },
  { path: 'COM4', id: 'PNP0501', uses: [ports(0x2e8, 8), isaIrq(3)], at: 0x2e8 },
] as const

const route = (pirq: string): Aml => nameString(`\\_SB.PCI0.ISA.PRQ${pirq}`)

/** An interrupt link: which line the ISA bridge leads a PIRQ to. */
function link(pirq: string, index: number): Aml {
  return device(
    `LNK${pirq}`,
    name('_HID', eisaId('PNP0C0F')),
    name('_UID', integer(index + 1)),
    name('_PRS', template(pciInterrupts(LINK_CHOICES))),
    method('_STA', 0, false, ifThen(and(route(pirq), integer(ROUTE_OFF)), returnOf(integer(DISABLED))), returnOf(integer(ENABLED))),
    method('_DIS', 0, false, or(route(pirq), integer(ROUTE_OFF), route(pirq))),
    name('BUF', template(pciInterrupts([0]))),
    method('_CRS', 0, true, dwordField(nameString('BUF'), INTERRUPT_AT, 'IRQ'), and(route(pirq), integer(15), nameString('IRQ')), returnOf(nameString('BUF'))),
    method('_SRS', 1, true, dwordField(arg0, INTERRUPT_AT, 'IRQ'), store(nameString('IRQ'), route(pirq))),
  )
}

/** The routing table: which interrupt each pin of each device is. */
function routing(source: (pirq: number) => readonly [Aml, Aml]): Aml {
  const devices = Array.from({ length: LAST_DEVICE }, (_, index) => index + 1)
  const sources = PIRQS.map((_, pirq) => source(pirq))
  const entries = devices.flatMap((slot) => PIRQS.map((_, pin) => packageOf([integer(slot * 2 ** 16 + ALL_FUNCTIONS), integer(pin), ...(sources[pirqOf(slot, pin + 1)] ?? [])])))
  return packageOf(entries)
}

function pciRoot({ firstPirqInput, hasPort, hasMouse }: DsdtParts): Aml {
  const byLink = routing((pirq) => [nameString(`\\_SB.LNK${PIRQS[pirq] ?? ''}`), integer(0)])
  const byInput = firstPirqInput === undefined ? [] : ifThen(nameString('\\PICF'), returnOf(routing((pirq) => [integer(0), integer(firstPirqInput + pirq)])))
  return device(
    'PCI0',
    name('_HID', eisaId('PNP0A03')),
    name('_UID', integer(0)),
    name('_CRS', template(
      busNumbers(0, 0xff), ports(0xcf8, 8), portRange(0, 0xcf7), portRange(0xd00, 0xffff), memoryRange(0xa_0000, 0xb_ffff, true), memoryRange(...PCI_MEMORY, false),
    )),
    method('_PRT', 0, false, byInput, returnOf(byLink)),
    device(
      'ISA',
      name('_ADR', integer(0x1_0000)),
      pciRegion('P40C', PIRQ_ROUTES, PIRQS.length),
      byteFields('P40C', PIRQS.map((pirq) => `PRQ${pirq}`)),
      ...ISA_DEVICES.filter(({ at, path }) => hasPort(at) && (path !== 'MOU' || hasMouse !== false)).map(({ path, id, uses }) => device(path, name('_HID', eisaId(id)), ...uid(path), name('_CRS', template(...uses)))),
    ),
  )
}

/** Devices with the same identifier have numbers. */
function uid(path: string): Aml[] {
  const number = /\d$/.exec(path)
  return number ? [name('_UID', integer(Number(number[0])))] : []
}

/** The block made last, and what of: hardly two machines differ, and each boot would take milliseconds to make it. */
let last: { readonly key: string; readonly block: Uint8Array } | undefined

/** In place: whoever needs it copies it. */
export function definitionBlock(parts: DsdtParts): Uint8Array {
  const { hasPort, ...numbers } = parts
  const key = JSON.stringify([numbers, ISA_DEVICES.map(({ at }) => hasPort(at))])
  if (last?.key !== key) last = { key, block: assemble(parts) }
  return last.block
}

function assemble(parts: DsdtParts): Uint8Array {
  const processors = Array.from({ length: parts.processors }, (_, index) => device(`CP0${index.toString(16).toUpperCase()}`, name('_HID', string('ACPI0007')), name('_UID', integer(index))))
  const motherboard = device(
    'MBRD', name('_HID', eisaId('PNP0C02')), name('_UID', integer(0)), name('_CRS', template(ports(parts.pmBase, PM_BLOCK_BYTES), ports(0xb2, 2), ports(ELCR_PORT, 2))),
  )
  const hpet = device('HPET', name('_HID', eisaId('PNP0103')), name('_UID', integer(0)), name('_CRS', template(fixedMemory(HPET_BASE, HPET_BYTES, false))))
  return Uint8Array.from([
    // SLP_TYPa and SLP_TYPb of suspend to RAM and of soft off.
    ...name('\\_S3', packageOf([SUSPEND_TO_RAM, SUSPEND_TO_RAM, 0, 0].map(integer))),
    ...name('\\_S5', packageOf([SOFT_OFF, SOFT_OFF, 0, 0].map(integer))),
    ...name('\\PICF', integer(0)),
    ...method('\\_PIC', 1, false, store(arg0, nameString('\\PICF'))),
    ...scope('\\_SB', pciRoot(parts), ...PIRQS.map(link), motherboard, ...(parts.hasHpet === false ? [] : [hpet]), ...processors),
  ])
}
