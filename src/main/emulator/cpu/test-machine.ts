/** A computer of nothing but RAM and a CPU, for tests of the CPU. */
import { Cpu, type BackendName } from './cpu'
import { blockWith } from './jit/block'
import { TRANSLATE_EACH } from './jit/options'
import type { BackendFactory } from './semantics/backend'
import type { InterruptController, IoPorts, PhysicalMemory, PlainMemory } from './ports'
import { CS, DS, ES, SS } from './state/bits'
import { memoryLayout } from './state/layout'

/** `block` translates everything at once here. */
export const BACKENDS: readonly BackendName[] = ['oracle', 'interp', 'block']

const PAGE = 4096
const FIRST_MEBIBYTE = 0x10_0000

export interface PortWrite {
  readonly port: number
  readonly size: number
  readonly value: number
}

export class TestMachine {
  readonly cpu: Cpu
  readonly memory: WebAssembly.Memory
  readonly ramBase: number
  readonly ramBytes: number
  readonly portWrites: PortWrite[] = []
  /** Vectors waiting at the interrupt pin, first one first. */
  readonly pending: number[] = []
  /** Physical pages that are a device: reads give the low byte of the address, writes are noted here. */
  readonly deviceWrites: { address: number; size: number; value: number }[] = []
  devicePage: number | undefined

  constructor(backend: BackendName | BackendFactory, ramBytes = 0x20_0000) {
    const { ramBase, wasmPages } = memoryLayout(ramBytes)
    this.ramBase = ramBase
    this.ramBytes = ramBytes
    this.memory = new WebAssembly.Memory({ initial: wasmPages, maximum: wasmPages })
    const pending = this.pending
    const interrupts: InterruptController = {
      get pending() {
        return pending.length > 0
      },
      acknowledge: () => pending.shift() ?? 0xff,
    }
    const ports: IoPorts = {
      read: (_port, size) => (size === 4 ? 0xffff_ffff : size === 2 ? 0xffff : 0xff),
      write: (port, size, value) => {
        this.portWrites.push({ port, size, value })
      },
    }
    this.cpu = new Cpu({ memory: this.memory, physical: this.#physical(), ports, interrupts, backend: backend === 'block' ? blockWith(TRANSLATE_EACH) : backend })
  }

  /** Bytes to physical memory. */
  poke(address: number, bytes: readonly number[] | Uint8Array): void {
    this.cpu.state.u8.set(bytes, this.ramBase + address)
    this.cpu.codeChanged(this.ramBase + address, bytes.length)
  }

  poke32(address: number, ...values: readonly number[]): void {
    values.forEach((value, index) => this.cpu.state.view.setUint32(this.ramBase + address + index * 4, value, true))
  }

  poke64(address: number, ...values: readonly bigint[]): void {
    values.forEach((value, index) => this.cpu.state.view.setBigUint64(this.ramBase + address + index * 8, value, true))
  }

  peek32(address: number): number {
    return this.cpu.state.view.getUint32(this.ramBase + address, true)
  }

  peek64(address: number): bigint {
    return this.cpu.state.view.getBigUint64(this.ramBase + address, true)
  }

  peek16(address: number): number {
    return this.cpu.state.view.getUint16(this.ramBase + address, true)
  }

  /** Code at 0000:address, all segments 0, stack below the code. */
  loadReal(address: number, code: readonly number[]): void {
    const { state } = this.cpu
    this.poke(address, code)
    for (const index of [ES, CS, SS, DS]) state.setSegment(index, { selector: 0, base: 0n, limit: 0xffff, attributes: 0x93 })
    state.updateModes()
    state.setGpr(4, BigInt(address))
    state.rip = BigInt(address)
  }

  #physical(): PhysicalMemory {
    const frame = (physical: number): number => (physical < this.ramBytes && physical !== this.devicePage ? this.ramBase + physical : 0)
    const isDevice = (address: number): boolean => address - (address % PAGE) === this.devicePage
    const read = (address: number, size: number): number => {
      let value = 0
      for (let index = size - 1; index >= 0; index--) value = value * 256 + (isDevice(address) ? (address + index) & 0xff : 0xff)
      return value
    }
    const write = (address: number, size: number, value: number): void => {
      if (isDevice(address)) this.deviceWrites.push({ address, size, value })
    }
    const plain = { base: this.ramBase, lowPages: Math.min(this.ramBytes, FIRST_MEBIBYTE) / PAGE, pages: this.ramBytes / PAGE }
    const plainNow = (): PlainMemory | undefined => (this.devicePage !== undefined && this.devicePage < this.ramBytes ? undefined : plain)
    return {
      get plain() {
        return plainNow()
      },
      readableFrame: frame,
      writableFrame: frame,
      read8: (address) => read(address, 1),
      read16: (address) => read(address, 2),
      read32: (address) => read(address, 4),
      write8: (address, value) => write(address, 1, value),
      write16: (address, value) => write(address, 2, value),
      write32: (address, value) => write(address, 4, value),
    }
  }
}
