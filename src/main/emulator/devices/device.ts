/** What every chip of the PC offers to the I/O bus, and the wires between chips. */
import type { Stateful } from '../state/fields'

/** Accesses of one width, by their first port. */
export interface WidePorts {
  read(port: number): number
  write(port: number, value: number): void
}

/** A device's range of byte-wide I/O ports. Wider accesses reach it byte by byte, low port first. */
export interface PortRange {
  /** First and last port, inclusive. */
  readonly first: number
  readonly last: number
  read(port: number): number
  write(port: number, value: number): void
  /** Accesses of 16 bits that begin in the range, where they are more than two of 8 bits. */
  readonly words?: WidePorts
  /** The same for 32 bits; the value is unsigned. */
  readonly dwords?: WidePorts
}

/** Registers in memory, or at ports. Offsets count from the region's start; values are unsigned; an access does not cross the region's end. */
export interface MemoryDevice {
  read(offset: number, size: 1 | 2 | 4): number
  write(offset: number, size: 1 | 2 | 4, value: number): void
}

export interface DeviceFact {
  readonly name: string
  readonly value: string
  readonly meaning?: string
}

/** Facts in groups, such as one for each of two chips. */
export type DeviceFacts = readonly { readonly title: string; readonly facts: readonly DeviceFact[] }[]

export interface Device extends Stateful {
  readonly name: string
  readonly ports: readonly PortRange[]
  /** Back to the state after power-on or a reset of the whole machine. */
  reset(): void
  /** Its state for a person. Looking changes nothing. */
  describe?(): DeviceFacts
}

/** A wire that carries a level, such as an interrupt request line. */
export type Line = (level: boolean) => void

/** What a port reads as when nothing answers. */
export const FLOATING = 0xff
