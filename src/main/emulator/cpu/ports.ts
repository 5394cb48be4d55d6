/**
 * What the CPU needs from the rest of the machine. The machine implements it; tests give small doubles.
 */

/** Where compiled code finds plain memory, for reading and writing, without asking: pages of 4 KiB from 0 to `lowPages`, and from 1 MiB to `pages`, those not included. */
export interface PlainMemory {
  /** Host address of physical address 0. */
  readonly base: number
  readonly lowPages: number
  readonly pages: number
}

/** Physical memory as the CPU sees it. Addresses are physical, after the A20 gate; 0 ≤ address < 2^52. */
export interface PhysicalMemory {
  /** Frames that are plain memory until the processor is told that the memory map changed; absent: it has to ask for each. */
  readonly plain?: PlainMemory | undefined
  /** Host address of the 4 KiB frame at `physical` (page-aligned) when it can be read as plain memory, or 0. */
  readableFrame(physical: number): number
  /** The same for writing: 0 for ROM, devices and holes. */
  writableFrame(physical: number): number
  /** Slow read of one byte (device, ROM, hole: 0xff). */
  read8(physical: number): number
  write8(physical: number, value: number): void
  /** Slow aligned reads and writes of devices; little-endian; the value is an unsigned number. */
  read16(physical: number): number
  write16(physical: number, value: number): void
  read32(physical: number): number
  write32(physical: number, value: number): void
}

/** I/O ports: 0 ≤ port < 65536; size in bytes; values unsigned. An absent device reads as all ones. */
export interface IoPorts {
  read(port: number, size: 1 | 2 | 4): number
  write(port: number, size: 1 | 2 | 4, value: number): void
}

/** The interrupt controller's end of the INTR line. */
export interface InterruptController {
  /** Whether INTR is asserted. */
  readonly pending: boolean
  /** Interrupt acknowledge cycle: the vector, 0–255. */
  acknowledge(): number
}

/** The processor's local APIC, as instructions reach it: CR8, MSRs, CPUID. A method that returns false, or undefined, means #GP(0). */
export interface ApicPort {
  /** IA32_APIC_BASE. */
  readonly base: bigint
  writeBase(value: bigint): boolean
  /** CPUID announces it: IA32_APIC_BASE has it on. */
  readonly present: boolean
  /** Identifier after reset. */
  readonly initialId: number
  /** Task priority, 0–15. The APIC reports every change of it, this one too. */
  set cr8(value: number)
  /** IA32_TSC_DEADLINE; 0: none. */
  deadline: bigint
  /** The time-stamp counter was set. */
  timestampMoved(): void
  /** x2APIC registers, 800h–8FFh. */
  readMsr(index: number): bigint | undefined
  writeMsr(index: number, value: bigint): boolean
}
