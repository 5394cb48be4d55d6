/**
 * The PC's physical memory:
 *
 *   00000–9FFFF    RAM
 *   A0000–BFFFF    as the VGA's registers say: in text mode B8000–BFFFF, plain RAM; in graphics modes mostly A0000–AFFFF
 *   C0000–EFFFF    no option ROM
 *   F0000–FFFFF    BIOS ROM, also seen at FFFF0000–FFFFFFFF, where the processor starts
 *   100000–…       RAM up to the configured size
 *   FD000000–…     linear framebuffer: all of the video memory, plain RAM, where QEMU's standard VGA has it under SeaBIOS
 *   elsewhere      registers of devices, where they are mapped
 *
 * ROM and text memory live in the RAM block at their own addresses; video memory is a block of its own.
 */
import type { PhysicalMemory } from '../cpu/ports'
import { TEXT_MEMORY, TEXT_MEMORY_BYTES } from '../devices/vga-memory'
import { VgaWindows, type VgaWindow } from './vga-windows'

const PAGE = 0x1000
const MIB = 0x100000
export const LOW_RAM_END = 0xa0000
export const FRAMEBUFFER = 0xfd000000
export const VIDEO_MEMORY_BYTES = 16 << 20
export const ROM_START = 0xf0000
export const ROM_BYTES = 0x10000
const HIGH_ROM_START = 0x1_0000_0000 - ROM_BYTES
const UNMAPPED = 0xff

export const MIN_MEMORY_BYTES = MIB
export const MAX_MEMORY_BYTES = 2048 * MIB

/** Video memory in the computer's one memory. */
export interface VideoBlock {
  readonly base: number
  readonly bytes: number
}

/** Registers in memory. Offsets count from the region's start; values are unsigned; an access does not cross the region's end. */
export interface MemoryDevice {
  read(offset: number, size: 1 | 2 | 4): number
  write(offset: number, size: 1 | 2 | 4, value: number): void
}

interface MappedDevice {
  readonly first: number
  readonly last: number
  readonly device: MemoryDevice
}

export class MemoryMap implements PhysicalMemory {
  /** Bytes of RAM, of which A0000–FFFFF cannot be used. */
  readonly bytes: number
  readonly #ramBase: number
  readonly #u8: Uint8Array
  readonly #video: VideoBlock
  readonly #windows: VgaWindows
  #mapped: readonly MappedDevice[] = []

  /** `ramBase`: offset of physical address 0 in `memory`. Throws a RangeError for a size that is no multiple of 4 KiB or out of bounds. */
  constructor(memory: WebAssembly.Memory, ramBase: number, bytes: number, video: VideoBlock = { base: 0, bytes: 0 }) {
    if (!Number.isInteger(bytes) || bytes < MIN_MEMORY_BYTES || bytes > MAX_MEMORY_BYTES || bytes % PAGE !== 0) {
      throw new RangeError(`A PC with ${bytes} bytes of memory cannot be built: choose 1 MiB to 2048 MiB in whole pages of 4 KiB.`)
    }
    this.bytes = bytes
    this.#ramBase = ramBase
    this.#u8 = new Uint8Array(memory.buffer)
    this.#video = video
    this.#windows = new VgaWindows([{ first: TEXT_MEMORY, bytes: TEXT_MEMORY_BYTES, memory: this.textBase }])
  }

  /** Who asks must have translations forgotten: the processor keeps those of plain memory. */
  setWindows(windows: readonly VgaWindow[]): void {
    this.#windows.set(windows)
  }

  /** Has a device answer from `first` on, where no plain memory is. Throws a RangeError where another one is. The return value takes it out again. */
  mapDevice(first: number, bytes: number, device: MemoryDevice): () => void {
    const entry = { first, last: first + bytes - 1, device }
    const other = this.#mapped.find((one) => one.first <= entry.last && first <= one.last)
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

  /** Host address of the video memory. */
  get videoBase(): number {
    return this.#video.base
  }

  /** All of the video memory, in place. */
  get videoMemory(): Uint8Array {
    return this.#u8.subarray(this.#video.base, this.#video.base + this.#video.bytes)
  }

  installRom(rom: Uint8Array): void {
    if (rom.length !== ROM_BYTES) throw new RangeError(`The BIOS ROM has ${ROM_BYTES} bytes, not ${rom.length}.`)
    this.#u8.set(rom, this.#ramBase + ROM_START)
  }

  readableFrame(physical: number): number {
    if (physical < LOW_RAM_END) return this.#ramBase + physical
    if (physical >= ROM_START && physical < this.bytes) return this.#ramBase + physical
    const video = this.#videoFrame(physical)
    if (video !== 0) return video
    if (physical >= HIGH_ROM_START && physical < HIGH_ROM_START + ROM_BYTES) return this.#ramBase + ROM_START + (physical - HIGH_ROM_START)
    return 0
  }

  writableFrame(physical: number): number {
    if (physical < LOW_RAM_END) return this.#ramBase + physical
    if (physical >= MIB && physical < this.bytes) return this.#ramBase + physical
    return this.#videoFrame(physical)
  }

  #videoFrame(physical: number): number {
    if (physical >= FRAMEBUFFER && physical < FRAMEBUFFER + this.#video.bytes) return this.#video.base + physical - FRAMEBUFFER
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
