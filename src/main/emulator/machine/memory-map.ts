/**
 * The PC's physical memory:
 *
 *   00000–9FFFF    RAM
 *   A0000–BFFFF    as the VGA's registers say: in text mode B8000–BFFFF, plain RAM; in graphics modes mostly A0000–AFFFF
 *   C0000–FFFFF    as the host bridge says of every 16 KiB, reads and writes apart: RAM, or what lies behind it: the last 128 KiB of the BIOS ROM
 *                  end at FFFFF
 *   100000–…       RAM up to the configured size
 *   FD000000–…     linear framebuffer: all of the video memory, plain RAM, where firmware puts it (FRAMEBUFFER is where ours does, and SeaBIOS)
 *   …–FFFFFFFF     BIOS ROM, where the processor starts
 *   elsewhere      registers of devices, where they are mapped
 *
 * Text memory lives in the RAM block at its own address; video memory and ROM are blocks of their own.
 */
import type { PhysicalMemory, PlainMemory } from '../cpu/ports'
import { TEXT_MEMORY, TEXT_MEMORY_BYTES } from '../devices/vga-memory'
import { VgaWindows, type VgaWindow } from './vga-windows'
import type { MemoryDevice } from '../devices/device'
import type { Shadow } from '../devices/i440fx'

const PAGE = 0x1000
const MIB = 0x100000
export const LOW_RAM_END = 0xa0000
export const FRAMEBUFFER = 0xfd000000
export const VIDEO_MEMORY_BYTES = 16 << 20
/** First address of what option ROMs, or copies of ROM in RAM, can take; the host bridge switches parts of `SHADOW_PART_BYTES`. */
export const SHADOW_START = 0xc0000
export const SHADOW_PART_BYTES = 0x4000
const SHADOW_PART_SHIFT = 14
const SHADOW_PARTS = (MIB - SHADOW_START) / SHADOW_PART_BYTES
export const ROM_START = 0xf0000
/** The last part of a ROM is seen below 1 MiB, too, but no more of it than this. */
const LOW_ROM_BYTES = 0x20000
const ADDRESS_SPACE = 0x1_0000_0000
const UNMAPPED = 0xff

export const MIN_MEMORY_BYTES = MIB
export const MAX_MEMORY_BYTES = 2048 * MIB

/** A block of whole pages in the computer's one memory: video memory, ROM. */
export interface MemoryBlock {
  readonly base: number
  readonly bytes: number
}

const NO_BLOCK: MemoryBlock = { base: 0, bytes: 0 }

export type { MemoryDevice }

interface MappedDevice {
  readonly first: number
  readonly last: number
  readonly device: MemoryDevice
}

export class MemoryMap implements PhysicalMemory {
  /** Bytes of RAM, of which A0000–FFFFF cannot be used. */
  readonly bytes: number
  readonly #ramBase: number
  readonly #plain: PlainMemory
  readonly #u8: Uint8Array
  readonly #video: MemoryBlock
  readonly #rom: MemoryBlock
  readonly #shadow: Shadow[] = Array.from({ length: SHADOW_PARTS }, () => ({ read: false, write: false }))
  #framebuffer: number | undefined
  #hiddenRom: MemoryBlock | undefined
  readonly #windows: VgaWindows
  #mapped: readonly MappedDevice[] = []

  /** `ramBase`: offset of physical address 0 in `memory`. Throws a RangeError for a size that is no multiple of 4 KiB or out of bounds. */
  constructor(memory: WebAssembly.Memory, ramBase: number, bytes: number, video = NO_BLOCK, rom = NO_BLOCK) {
    if (!Number.isInteger(bytes) || bytes < MIN_MEMORY_BYTES || bytes > MAX_MEMORY_BYTES || bytes % PAGE !== 0) {
      throw new RangeError(`A PC with ${bytes} bytes of memory cannot be built: choose 1 MiB to 2048 MiB in whole pages of 4 KiB.`)
    }
    this.bytes = bytes
    this.#ramBase = ramBase
    this.#plain = { base: ramBase, lowPages: LOW_RAM_END / PAGE, pages: bytes / PAGE }
    this.#u8 = new Uint8Array(memory.buffer)
    this.#video = video
    this.#windows = new VgaWindows([{ first: TEXT_MEMORY, bytes: TEXT_MEMORY_BYTES, memory: this.textBase }])
    this.#rom = rom
  }

  /** Where the linear framebuffer begins; undefined: nowhere. Who sets it must have translations forgotten. */
  get framebuffer(): number | undefined {
    return this.#framebuffer
  }

  set framebuffer(base: number | undefined) {
    this.#framebuffer = base
  }

  /** Switches 16 KiB of C0000–FFFFF; `part` counts from C0000 on. Who asks must have translations forgotten. */
  setShadow(part: number, shadow: Shadow): void {
    if (part >= 0 && part < SHADOW_PARTS) this.#shadow[part] = shadow
  }

  /** Who asks must have translations forgotten: the processor keeps those of plain memory. */
  setWindows(windows: readonly VgaWindow[]): void {
    this.#windows.set(windows)
  }

  /** Has a device answer from `first` on, where no plain memory is. Throws a RangeError where another one is. The return value takes it out again. */
  mapDevice(first: number, bytes: number, device: MemoryDevice): () => void {
    const entry = { first, last: first + bytes - 1, device }
    const other = this.#mappedIn(first, bytes)
    if (other) throw new RangeError(`Registers at 0x${first.toString(16)} overlap those at 0x${other.first.toString(16)}.`)
    this.#mapped = [...this.#mapped, entry]
    return () => {
      this.#mapped = this.#mapped.filter((one) => one !== entry)
    }
  }

  /** Host address of the text memory, which lies in the RAM block where the PC has it. */
  get textBase(): number {
    return this.#ramBase + TEXT_MEMORY
  }

  /** All of the text memory, in place, whether it is seen or not. */
  get textMemory(): Uint8Array {
    return this.#u8.subarray(this.textBase, this.textBase + TEXT_MEMORY_BYTES)
  }

  /** Whether no registers are mapped there. */
  isFree(first: number, bytes: number): boolean {
    return this.#mappedIn(first, bytes) === undefined
  }

  #mappedIn(first: number, bytes: number): MappedDevice | undefined {
    return this.#mapped.find((one) => one.first < first + bytes && first <= one.last)
  }

  /** Host address of the video memory. */
  get videoBase(): number {
    return this.#video.base
  }

  /** All of the video memory, in place. */
  get videoMemory(): Uint8Array {
    return this.#u8.subarray(this.#video.base, this.#video.base + this.#video.bytes)
  }

  /** What a saved state has of it, in place: the firmware can write to its ROM. */
  get blocks(): readonly { readonly name: string; readonly bytes: Uint8Array }[] {
    const part = (name: string, base: number, bytes: number) => ({ name, bytes: this.#u8.subarray(base, base + bytes) })
    return [part('ram', this.#ramBase, this.bytes), part('video', this.#video.base, this.#video.bytes), part('rom', this.#rom.base, this.#rom.bytes)]
  }

  /** Throws a RangeError for one that does not fill the ROM's block. */
  installRom(rom: Uint8Array): void {
    if (rom.length !== this.#rom.bytes) throw new RangeError(`The BIOS ROM has ${this.#rom.bytes} bytes, not ${rom.length}.`)
    this.#u8.set(rom, this.#rom.base)
  }

  /** All of the ROM's block, in place, and where it begins below 4 GiB. */
  get rom(): { readonly physical: number; readonly host: number; readonly bytes: Uint8Array } {
    const { base, bytes } = this.#rom
    return { physical: ADDRESS_SPACE - bytes, host: base, bytes: this.#u8.subarray(base, base + bytes) }
  }

  /** Has a device answer instead of a part of the ROM (whole pages, by physical address): flash memory that tells of itself. Who asks must have translations forgotten. */
  hideRom(part: MemoryBlock | undefined): void {
    this.#hiddenRom = part
  }

  /** What lies between may be switched to something else. */
  get plain(): PlainMemory {
    return this.#plain
  }

  readableFrame(physical: number): number {
    if (physical < LOW_RAM_END) return this.#ramBase + physical
    if (physical >= MIB && physical < this.bytes) return this.#ramBase + physical
    if (physical >= SHADOW_START && physical < MIB) return this.#shadowAt(physical)?.read === true ? this.#ramBase + physical : this.#romFrame(MIB - physical, LOW_ROM_BYTES)
    return this.#romFrame(ADDRESS_SPACE - physical, ADDRESS_SPACE) || this.#videoFrame(physical)
  }

  writableFrame(physical: number): number {
    if (physical < LOW_RAM_END) return this.#ramBase + physical
    if (physical >= MIB && physical < this.bytes) return this.#ramBase + physical
    if (physical >= SHADOW_START && physical < MIB) return this.#shadowAt(physical)?.write === true ? this.#ramBase + physical : 0
    return physical >= ADDRESS_SPACE - this.#rom.bytes ? 0 : this.#videoFrame(physical)
  }

  #shadowAt(physical: number): Shadow | undefined {
    return this.#shadow[(physical - SHADOW_START) >>> SHADOW_PART_SHIFT]
  }

  /** The ROM so many bytes before its end, of which no more than `most` are seen. */
  #romFrame(beforeEnd: number, most: number): number {
    const { base, bytes } = this.#rom
    const hidden = this.#hiddenRom
    if (hidden && beforeEnd <= ADDRESS_SPACE - hidden.base && beforeEnd > ADDRESS_SPACE - hidden.base - hidden.bytes) return 0
    return beforeEnd > 0 && beforeEnd <= bytes && beforeEnd <= most ? base + bytes - beforeEnd : 0
  }

  #videoFrame(physical: number): number {
    const framebuffer = this.#framebuffer
    if (framebuffer !== undefined && physical >= framebuffer && physical < framebuffer + this.#video.bytes) return this.#video.base + physical - framebuffer
    return this.#windows.frame(physical)
  }

  /** Plain memory at `physical` as bytes that can be read in place, up to `count` or the end of the page. Undefined where there is none. */
  readable(physical: number, count: number): Uint8Array | undefined {
    return this.#part(this.readableFrame(physical - (physical % PAGE)), physical % PAGE, count)
  }

  /** The same for writing, and the host address it starts at. */
  writable(physical: number, count: number): { host: number; bytes: Uint8Array } | undefined {
    const frame = this.writableFrame(physical - (physical % PAGE))
    const bytes = this.#part(frame, physical % PAGE, count)
    return bytes && { host: frame + (physical % PAGE), bytes }
  }

  #part(frame: number, offset: number, count: number): Uint8Array | undefined {
    if (frame === 0) return undefined
    return this.#u8.subarray(frame + offset, frame + Math.min(offset + count, PAGE))
  }

  read8(physical: number): number {
    const frame = this.readableFrame(physical - (physical % PAGE))
    if (frame !== 0) return this.#u8[frame + (physical % PAGE)] ?? UNMAPPED
    return this.#windows.read(physical) ?? this.#readMapped(physical, 1) ?? UNMAPPED
  }

  write8(physical: number, value: number): void {
    const frame = this.writableFrame(physical - (physical % PAGE))
    if (frame !== 0) this.#u8[frame + (physical % PAGE)] = value
    else if (!this.#writeMapped(physical, 1, value)) this.#windows.write(physical, value)
  }

  read16(physical: number): number {
    return this.#readMapped(physical, 2) ?? this.read8(physical) | (this.read8(physical + 1) << 8)
  }

  write16(physical: number, value: number): void {
    if (this.#writeMapped(physical, 2, value)) return
    this.write8(physical, value & 0xff)
    this.write8(physical + 1, (value >> 8) & 0xff)
  }

  read32(physical: number): number {
    return this.#readMapped(physical, 4) ?? (this.read16(physical) | (this.read16(physical + 2) << 16)) >>> 0
  }

  write32(physical: number, value: number): void {
    if (this.#writeMapped(physical, 4, value)) return
    this.write16(physical, value & 0xffff)
    this.write16(physical + 2, value >>> 16)
  }

  /** Undefined where no device is, or only for a part of the access. */
  #readMapped(physical: number, size: 1 | 2 | 4): number | undefined {
    for (const { first, last, device } of this.#mapped) if (physical >= first && physical + size - 1 <= last) return device.read(physical - first, size)
    return undefined
  }

  #writeMapped(physical: number, size: 1 | 2 | 4, value: number): boolean {
    for (const { first, last, device } of this.#mapped) {
      if (physical < first || physical + size - 1 > last) continue
      device.write(physical - first, size, value)
      return true
    }
    return false
  }
}
