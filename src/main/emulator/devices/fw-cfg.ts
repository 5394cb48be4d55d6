/**
 * QEMU's firmware configuration device (docs/specs/fw_cfg.rst): items by number and files by name, which firmware reads through a selector at 510h, byte by
 * byte at 511h, or by DMA at 514h. Nothing here can be written.
 */
import type { BusMemory } from './bus-memory'
import type { Device, DeviceFacts, PortRange } from './device'
import { fact } from './facts'
import { FLOATING } from './device'
import type { StateFields } from '../state/fields'

const SELECTOR = 0x510
const DATA = 0x511
const DMA = 0x514

export const FW_CFG = { signature: 0x00, id: 0x01, ramBytes: 0x03, processors: 0x05, bootMenu: 0x0e, mostProcessors: 0x0f, directory: 0x19, firstFile: 0x20 } as const
const TRADITIONAL = 0x01
const BY_DMA = 0x02
/** What the DMA register reads as: its presence test, "QEMU CFG", big-endian. */
const DMA_SIGNATURE = Buffer.from('QEMU CFG', 'latin1')
const CONTROL = { error: 0x01, read: 0x02, skip: 0x04, select: 0x08, write: 0x10 } as const
const DESCRIPTOR_BYTES = 16
const FILE_BYTES = 64
const NAME_BYTES = 56
/** No more zeros are delivered beyond the end of an item: a real firmware asks for what the item has. */
const MOST_BYTES = 1 << 24

const little = (value: number, bytes: number): Uint8Array => Uint8Array.from({ length: bytes }, (_, i) => Math.floor(value / 2 ** (8 * i)) & 0xff)

export interface FwCfgOptions {
  readonly memory: BusMemory
  readonly ramBytes: number
  readonly processors: number
}

export class FwCfg implements Device {
  readonly name = 'firmware configuration'
  readonly ports: readonly PortRange[]
  readonly #memory: BusMemory
  readonly #items = new Map<number, Uint8Array>()
  /** Items that are made anew whenever they are selected. */
  readonly #made = new Map<number, () => Uint8Array>()
  readonly #files: { name: string; bytes: number }[] = []
  #selected = 0
  #at = 0
  /** Address of the next DMA descriptor, upper half; the lower one starts the transfer. */
  #upper = 0

  constructor({ memory, ramBytes, processors }: FwCfgOptions) {
    this.#memory = memory
    this.#items.set(FW_CFG.signature, Buffer.from('QEMU', 'latin1'))
    this.#items.set(FW_CFG.id, little(TRADITIONAL | BY_DMA, 4))
    this.#items.set(FW_CFG.ramBytes, little(ramBytes, 8))
    this.#items.set(FW_CFG.processors, little(processors, 2))
    this.#items.set(FW_CFG.mostProcessors, little(processors, 2))
    this.#items.set(FW_CFG.bootMenu, little(0, 2))
    const none = { read: () => FLOATING, write: () => undefined }
    this.ports = [
      {
        first: SELECTOR, last: DATA,
        read: (port) => (port === DATA ? this.#next() : FLOATING),
        write: () => undefined,
        words: { read: () => 0xffff, write: (port, value) => (port === SELECTOR ? this.#select(value) : undefined) },
      },
      {
        first: DMA, last: DMA + 7, ...none,
        read: (port) => DMA_SIGNATURE[port - DMA] ?? FLOATING,
        dwords: { read: (port) => (port === DMA || port === DMA + 4 ? DMA_SIGNATURE.readUInt32LE(port - DMA) : 0xffff_ffff), write: (port, value) => this.#writeDma(port, value) },
      },
    ]
  }

  /**
   * Gives firmware a file. Throws a RangeError for a name of more than 55 characters.
   * @param make for what depends on what the firmware did before: makes it anew, as long as `bytes`, whenever it is selected
   */
  addFile(name: string, bytes: Uint8Array, make?: () => Uint8Array): void {
    if (name.length >= NAME_BYTES) throw new RangeError(`The file name "${name}" is longer than ${NAME_BYTES - 1} characters.`)
    this.#files.push({ name, bytes: bytes.length })
    const item = FW_CFG.firstFile + this.#files.length - 1
    this.#items.set(item, bytes)
    if (make) this.#made.set(item, make)
    this.#items.set(FW_CFG.directory, this.#directory())
  }

  /** Gives firmware an item of the older kind, by number. */
  setItem(number: number, bytes: Uint8Array): void {
    this.#items.set(number, bytes)
  }

  reset(): void {
    this.#selected = this.#at = this.#upper = 0
  }

  /** What it has to give was put in when the machine was built. */
  exchange(state: StateFields): void {
    this.#selected = state.word('selected', this.#selected)
    this.#at = state.int('at', this.#at)
    this.#upper = state.dword('upper', this.#upper)
  }

  describe(): DeviceFacts {
    return [{ title: 'Files', facts: this.#files.map(({ name, bytes }) => fact(name, `${bytes} bytes`)) }]
  }

  #directory(): Uint8Array {
    const bytes = new Uint8Array(4 + this.#files.length * FILE_BYTES)
    const view = new DataView(bytes.buffer)
    view.setUint32(0, this.#files.length)
    this.#files.forEach(({ name, bytes: length }, index) => {
      const at = 4 + index * FILE_BYTES
      view.setUint32(at, length)
      view.setUint16(at + 4, FW_CFG.firstFile + index)
      bytes.set(Buffer.from(name, 'latin1'), at + 8)
    })
    return bytes
  }

  #select(number: number): void {
    this.#selected = number
    this.#at = 0
    const make = this.#made.get(number)
    if (make) this.#items.set(number, make())
  }

  /** Beyond the end of an item, or where there is none, zeros follow. */
  #next(): number {
    return this.#items.get(this.#selected)?.[this.#at++] ?? 0
  }

  #writeDma(port: number, value: number): void {
    const swapped = (((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0
    if (port === DMA) this.#upper = swapped
    else if (port === DMA + 4) {
      // No memory is above 4 GiB.
      if (this.#upper === 0) this.#transfer(swapped)
      this.#upper = 0
    }
  }

  /** Carries out a descriptor: control, length, address, big-endian. The control word becomes 0, or says that it went wrong. */
  #transfer(at: number): void {
    const view = new DataView(this.#memory.read(at, DESCRIPTOR_BYTES).slice().buffer)
    const control = view.getUint32(0)
    const bytes = view.getUint32(4)
    if (control & CONTROL.select) this.#select(control >>> 16)
    const isBad = (control & CONTROL.write) !== 0 || view.getUint32(8) !== 0 || ((control & CONTROL.read) !== 0 && bytes > MOST_BYTES)
    if (!isBad && control & CONTROL.read) {
      const data = new Uint8Array(bytes)
      data.set((this.#items.get(this.#selected) ?? new Uint8Array()).subarray(this.#at, this.#at + bytes))
      this.#memory.write(view.getUint32(12), data)
    }
    if (!isBad && control & (CONTROL.read | CONTROL.skip)) this.#at += bytes
    this.#memory.write(at, Uint8Array.of(0, 0, 0, isBad ? CONTROL.error : 0))
  }
}
