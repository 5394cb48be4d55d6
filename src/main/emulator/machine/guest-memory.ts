import type { MemoryMap } from './memory-map'

const PAGE = 0x1000
/** What reads where nothing answers. */
const UNMAPPED = 0xff
/** An address where nothing answers, in the place of a page that is not present. */
const NOWHERE = 0xfef0_0000
/** Address line 20, which the A20 gate can hold at 0. */
const A20_MASK = ~(1 << 20)

/**
 * Guest memory as real-mode code sees it, for firmware services: linear addresses of 32 bits without paging, through the A20 gate.
 * What is written is made known to the CPU, which may have decoded code there.
 */
export class GuestMemory {
  readonly #physical: MemoryMap
  readonly #a20: () => boolean
  readonly #written: (host: number, bytes: number) => void
  #translate: ((linear: number) => number | undefined) | undefined
  /** The page that was translated last, and where it is. */
  #page = { linear: -1, physical: 0 }

  constructor(physical: MemoryMap, a20: () => boolean, written: (host: number, bytes: number) => void) {
    this.#physical = physical
    this.#a20 = a20
    this.#written = written
  }

  /**
   * Does something for a program that runs in virtual-8086 or protected mode: its linear addresses go through its page tables. Pages that are not present read as
   * ones and take nothing.
   * @param translate physical address of a linear one; undefined: not present
   */
  throughPages<T>(translate: (linear: number) => number | undefined, work: () => T): T {
    this.#translate = translate
    this.#page = { linear: -1, physical: 0 }
    try {
      return work()
    } finally {
      this.#translate = undefined
    }
  }

  #address(linear: number): number {
    const address = linear >>> 0
    if (this.#translate) {
      const page = (address & ~(PAGE - 1)) >>> 0
      if (this.#page.linear !== page) this.#page = { linear: page, physical: this.#translate(page) ?? NOWHERE }
      return this.#page.physical + (address % PAGE)
    }
    return this.#a20() ? address : (address & A20_MASK) >>> 0
  }

  read8(linear: number): number {
    return this.#physical.read8(this.#address(linear))
  }

  read16(linear: number): number {
    return this.read8(linear) | (this.read8(linear + 1) << 8)
  }

  read32(linear: number): number {
    return (this.read16(linear) | (this.read16(linear + 2) << 16)) >>> 0
  }

  write8(linear: number, value: number): void {
    const address = this.#address(linear)
    this.#physical.write8(address, value & 0xff)
    const frame = this.#physical.writableFrame(address & ~0xfff)
    if (frame !== 0) this.#written(frame + (address & 0xfff), 1)
  }

  write16(linear: number, value: number): void {
    this.write8(linear, value)
    this.write8(linear + 1, value >> 8)
  }

  write32(linear: number, value: number): void {
    this.write16(linear, value)
    this.write16(linear + 2, value >>> 16)
  }

  /** What of so many bytes from an address on is in one piece. */
  #piece(address: number, bytes: number): number {
    return this.#translate ? Math.min(bytes, PAGE - (address % PAGE)) : bytes
  }

  readBytes(linear: number, count: number): Uint8Array {
    const result = new Uint8Array(count).fill(UNMAPPED)
    for (let done = 0; done < count; ) {
      const from = this.#address(linear + done)
      const part = this.#physical.readable(from, this.#piece(from, count - done))
      if (part) result.set(part, done)
      done += part?.length ?? PAGE - (from % PAGE)
    }
    return result
  }

  writeBytes(linear: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const to = this.#address(linear + done)
      const part = this.#physical.writable(to, this.#piece(to, bytes.length - done))
      if (part) {
        part.bytes.set(bytes.subarray(done, done + part.bytes.length))
        this.#written(part.host, part.bytes.length)
      }
      done += part?.bytes.length ?? PAGE - (to % PAGE)
    }
  }
}
