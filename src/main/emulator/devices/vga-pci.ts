/**
 * The PCI function of QEMU's standard VGA (docs/specs/standard-vga.rst): BAR 0 is the linear framebuffer, BAR 2 has the registers of VGA and
 * DISPI interface in memory (EDID from 0 on, VGA ports 3C0h–3DFh from 400h on, DISPI registers from 500h on), and its BIOS is the expansion ROM.
 */
import { DISPI_DATA_PORT, DISPI_INDEX_PORT } from './bochs-vbe'
import { FLOATING, type MemoryDevice } from './device'
import type { PciBar, PciFunction } from './pci-function'

const REGISTER_BYTES = 0x1000
const VGA_REGISTERS = { first: 0x400, last: 0x41f, port: 0x3c0 } as const
const DISPI_REGISTERS = { first: 0x500, last: 0x515 } as const
const SMALLEST_ROM = 0x800

export interface VgaPciWiring {
  readonly videoBytes: number
  /** The framebuffer begins at `base`, or is not to be seen. */
  readonly framebuffer: (base: number | undefined) => void
  /** Ports of VGA and DISPI interface. */
  readonly ports: { read(port: number, size: 1 | 2 | 4): number; write(port: number, size: 1 | 2 | 4, value: number): void }
  readonly rom: Uint8Array | undefined
}

export class VgaPci implements PciFunction {
  readonly name = 'standard VGA'
  readonly identity = { vendor: 0x1234, device: 0x1111, revision: 2, classCode: 0x030000, subsystemVendor: 0x1af4, subsystem: 0x1100 } as const
  readonly bars: readonly PciBar[]

  constructor({ videoBytes, framebuffer, ports, rom }: VgaPciWiring) {
    this.bars = [
      { index: 0, kind: 'prefetchable', bytes: videoBytes, moved: framebuffer },
      { index: 2, kind: 'memory', bytes: REGISTER_BYTES, device: registersInMemory(ports) },
      ...(rom ? [{ index: 'rom', kind: 'memory', bytes: romBytes(rom), device: romInMemory(rom) } as const] : []),
    ]
  }
}

/** An expansion ROM takes a power of two. */
function romBytes(rom: Uint8Array): number {
  let bytes = SMALLEST_ROM
  while (bytes < rom.length) bytes *= 2
  return bytes
}

const romInMemory = (rom: Uint8Array): MemoryDevice => ({
  read: (offset, size) => {
    let value = 0
    for (let i = 0; i < size; i++) value += (rom[offset + i] ?? FLOATING) * 2 ** (8 * i)
    return value
  },
  write: () => undefined,
})

function registersInMemory(ports: VgaPciWiring['ports']): MemoryDevice {
  const read8 = (offset: number): number => {
    if (offset >= VGA_REGISTERS.first && offset <= VGA_REGISTERS.last) return ports.read(VGA_REGISTERS.port + offset - VGA_REGISTERS.first, 1)
    return offset < VGA_REGISTERS.first ? 0 : FLOATING
  }
  const isDispi = (offset: number): boolean => offset >= DISPI_REGISTERS.first && offset < DISPI_REGISTERS.last && offset % 2 === 0
  const select = (offset: number): void => ports.write(DISPI_INDEX_PORT, 2, (offset - DISPI_REGISTERS.first) / 2)
  return {
    read(offset, size) {
      if (size === 2 && isDispi(offset)) {
        select(offset)
        return ports.read(DISPI_DATA_PORT, 2)
      }
      let value = 0
      for (let i = 0; i < size; i++) value += read8(offset + i) * 2 ** (8 * i)
      return value
    },
    write(offset, size, value) {
      if (size === 2 && isDispi(offset)) {
        select(offset)
        ports.write(DISPI_DATA_PORT, 2, value)
        return
      }
      for (let i = 0; i < size; i++) {
        const at = offset + i
        if (at >= VGA_REGISTERS.first && at <= VGA_REGISTERS.last) ports.write(VGA_REGISTERS.port + at - VGA_REGISTERS.first, 1, (value >>> (8 * i)) & 0xff)
      }
    },
  }
}
