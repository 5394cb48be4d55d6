/** A processor with RAM, a ROM below 1 MiB and 4 GiB, and nothing else: for test programs that come as a BIOS. */
import { Cpu, type BackendName } from '../../src/main/emulator/cpu/cpu'
import type { PhysicalMemory } from '../../src/main/emulator/cpu/ports'
import type { BackendFactory } from '../../src/main/emulator/cpu/semantics/backend'
import { memoryLayout } from '../../src/main/emulator/cpu/state/layout'

const RAM_BYTES = 8 << 20
const MEBIBYTE = 0x10_0000
const FOUR_GIBIBYTES = 0x1_0000_0000
const PAGE = 4096

export type PortListener = (port: number, size: 1 | 2 | 4, value: number) => void

/** @param rom 64 or 128 KiB; it ends at 1 MiB, and again at 4 GiB, where the first instruction is */
export function bareComputer(rom: Uint8Array, backend: BackendName | BackendFactory, onWrite: PortListener): Cpu {
  const { ramBase, wasmPages } = memoryLayout(RAM_BYTES)
  const memory = new WebAssembly.Memory({ initial: wasmPages, maximum: wasmPages })
  const romAt = MEBIBYTE - rom.length
  new Uint8Array(memory.buffer).set(rom, ramBase + romAt)
  const below1MiB = (physical: number): number => (physical >= FOUR_GIBIBYTES - rom.length ? physical - FOUR_GIBIBYTES + MEBIBYTE : physical)
  const readable = (physical: number): number => {
    const low = below1MiB(physical - (physical % PAGE))
    return low < RAM_BYTES ? ramBase + low : 0
  }
  const isRom = (physical: number): boolean => below1MiB(physical) >= romAt && below1MiB(physical) < MEBIBYTE
  const ones = (bytes: number) => (): number => 2 ** (bytes * 8) - 1
  const nothing = (): void => undefined
  const bytes = new DataView(memory.buffer)
  const read = (address: number, size: 1 | 2 | 4): number => {
    const frame = readable(address)
    if (frame === 0) return ones(size)()
    const host = frame + (address % PAGE)
    return size === 1 ? bytes.getUint8(host) : size === 2 ? bytes.getUint16(host, true) : bytes.getUint32(host, true)
  }
  const physical: PhysicalMemory = {
    plain: { base: ramBase, lowPages: romAt / PAGE, pages: RAM_BYTES / PAGE },
    readableFrame: readable,
    writableFrame: (address) => (isRom(address) ? 0 : readable(address)),
    read8: (address) => read(address, 1),
    read16: (address) => read(address, 2),
    read32: (address) => read(address, 4),
    write8: nothing, write16: nothing, write32: nothing,
  }
  return new Cpu({
    memory,
    physical,
    ports: { read: (_port, size) => ones(size)(), write: onWrite },
    interrupts: { pending: false, acknowledge: () => 0xff },
    backend,
  })
}
