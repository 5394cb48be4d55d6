/** What a function of a PCI device declares: its identity, the memory and ports that it answers at, its own registers (PCI Local Bus Specification 2.1, chapter 6). */
import type { MemoryDevice } from './device'
import type { PciConfig } from './pci-config'

export interface PciIdentity {
  readonly vendor: number
  readonly device: number
  readonly revision: number
  /** Base class, subclass and programming interface, as in 010180h. */
  readonly classCode: number
  readonly subsystemVendor?: number
  readonly subsystem?: number
  /** On function 0: the device has more than one. */
  readonly multifunction?: boolean
  /** INTA# to INTD#; undefined: it does not interrupt. */
  readonly interruptPin?: 1 | 2 | 3 | 4
}

/** What answers where a base address register says: registers, or whoever maps plain memory and hears where. */
export type PciBarTarget =
  | { readonly device: MemoryDevice }
  /** `base` undefined: the function does not answer. Called only when that changes. */
  | { readonly moved: (base: number | undefined) => void }

export type PciBar = PciBarTarget & {
  /** Which base address register, 0 to 5; `rom`: that of the expansion ROM. */
  readonly index: 0 | 1 | 2 | 3 | 4 | 5 | 'rom'
  /** All of 32 bits. */
  readonly kind: 'io' | 'memory' | 'prefetchable'
  /** A power of two: 4 to 256 ports, 16 bytes of memory or more, 2 KiB of ROM or more. */
  readonly bytes: number
}

/** A register of 8, 16 or 32 bits of its own. */
export interface PciRegister {
  readonly at: number
  readonly bytes: 1 | 2 | 4
  /** At reset. */
  readonly value: number
  /** Bits that software can write. */
  readonly writable: number
}

export interface PciFunction {
  readonly name: string
  readonly identity: PciIdentity
  readonly bars?: readonly PciBar[]
  readonly registers?: readonly PciRegister[]
  /** Configuration registers were written, from offset `at` on; after a reset: all of them. */
  configured?(config: PciConfig, at: number, bytes: number): void
  /** A saved state was loaded: what follows from the configuration registers is made anew, and nothing else happens. A function that holds more is a `Device`. */
  restored?(config: PciConfig): void
}
