/** Resource descriptors of `_CRS`, `_PRS` and `_SRS` (Advanced Configuration and Power Interface Specification 6.5, 6.4). */
import { type Aml, buffer, little } from './aml'

type Descriptor = readonly number[]

/** Ports that are decoded with 16 bits, at a fixed place. */
export const ports = (first: number, count: number): Descriptor => [0x47, 1, ...little(first, 2), ...little(first, 2), 1, count]
/** An ISA interrupt: edge, high, exclusive. */
export const isaIrq = (irq: number): Descriptor => [0x22, ...little(1 << irq, 2)]
export const dma = (channel: number): Descriptor => [0x2a, 1 << channel, 0]
/** Memory at a fixed place that can be read and written, or only read. */
export const fixedMemory = (first: number, bytes: number, writable: boolean): Descriptor => [0x86, 9, 0, writable ? 1 : 0, ...little(first, 4), ...little(bytes, 4)]
/** Offset of the (first) interrupt number in `pciInterrupts`. */
export const INTERRUPT_AT = 5
/** Interrupts that are level-triggered, active low and shared: one of them. */
export const pciInterrupts = (irqs: readonly number[]): Descriptor => [0x89, ...little(2 + 4 * irqs.length, 2), 0x0d, irqs.length, ...irqs.flatMap((irq) => little(irq, 4))]

/** Ranges that a bus hands on to what is behind it; both ends are fixed. */
const Range = { memory: 0, io: 1, bus: 2 } as const
const BOTH_ENDS_FIXED = 0x0c
function range(kind: keyof typeof Range, bytes: 2 | 4, typeFlags: number, first: number, last: number): Descriptor {
  const values = [0, first, last, 0, last - first + 1]
  return [bytes === 2 ? 0x88 : 0x87, ...little(3 + 5 * bytes, 2), Range[kind], BOTH_ENDS_FIXED, typeFlags, ...values.flatMap((value) => little(value, bytes))]
}
export const busNumbers = (first: number, last: number): Descriptor => range('bus', 2, 0, first, last)
/** All ports of the range, not only those that ISA cards use. */
export const portRange = (first: number, last: number): Descriptor => range('io', 2, 3, first, last)
export const memoryRange = (first: number, last: number, cacheable: boolean): Descriptor => range('memory', 4, cacheable ? 3 : 1, first, last)

/** The descriptors as a buffer, with the tag that ends them; its checksum of 0 says that there is none. */
export const template = (...descriptors: Descriptor[]): Aml => buffer([...descriptors.flat(), 0x79, 0])
