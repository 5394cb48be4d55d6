/** Physical memory as one processor sees it: its local APIC answers in one page, wherever IA32_APIC_BASE has it, before all that lies there. */
import type { PhysicalMemory, PlainMemory } from '../cpu/ports'
import type { LocalApic } from '../devices/local-apic'
import { APIC_BYTES } from '../devices/local-apic-registers'

const PAGE_BYTES = 0x1000

export class ProcessorMemory implements PhysicalMemory {
  readonly #memory: PhysicalMemory
  readonly #apic: LocalApic
  /** First address of the APIC's page; undefined: it is not in memory. */
  #page: number | undefined
  #plain: PlainMemory | undefined

  constructor(memory: PhysicalMemory, apic: LocalApic) {
    this.#memory = memory
    this.#apic = apic
    this.moved()
  }

  /** The APIC's page may be elsewhere. The processor must forget its translations. */
  moved(): void {
    this.#page = this.#apic.address
    const plain = this.#memory.plain
    this.#plain = plain !== undefined && (this.#page === undefined || this.#page >= plain.pages * PAGE_BYTES) ? plain : undefined
  }

  /** None where the APIC lies in it. */
  get plain(): PlainMemory | undefined {
    return this.#plain
  }

  readableFrame(physical: number): number {
    return physical === this.#page ? 0 : this.#memory.readableFrame(physical)
  }

  writableFrame(physical: number): number {
    return physical === this.#page ? 0 : this.#memory.writableFrame(physical)
  }

  /** Offset in the APIC's page, or undefined. */
  #offset(physical: number): number | undefined {
    const page = this.#page
    return page !== undefined && physical >= page && physical < page + APIC_BYTES ? physical - page : undefined
  }

  #read(physical: number, size: 1 | 2 | 4): number | undefined {
    const offset = this.#offset(physical)
    return offset === undefined ? undefined : this.#apic.read(offset, size)
  }

  #write(physical: number, size: 1 | 2 | 4, value: number): boolean {
    const offset = this.#offset(physical)
    if (offset !== undefined) this.#apic.write(offset, size, value)
    return offset !== undefined
  }

  read8(physical: number): number {
    return this.#read(physical, 1) ?? this.#memory.read8(physical)
  }

  write8(physical: number, value: number): void {
    if (!this.#write(physical, 1, value)) this.#memory.write8(physical, value)
  }

  read16(physical: number): number {
    return this.#read(physical, 2) ?? this.#memory.read16(physical)
  }

  write16(physical: number, value: number): void {
    if (!this.#write(physical, 2, value)) this.#memory.write16(physical, value)
  }

  read32(physical: number): number {
    return this.#read(physical, 4) ?? this.#memory.read32(physical)
  }

  write32(physical: number, value: number): void {
    if (!this.#write(physical, 4, value)) this.#memory.write32(physical, value)
  }
}
