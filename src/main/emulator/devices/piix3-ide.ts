/**
 * Intel 82371SB (PIIX3), function 1: the IDE interface (data sheet 290550, 2.6 and 4.4), two channels at their traditional ports with IRQ 14 and 15, and
 * a bus master for each at BAR 4 (Programming Interface for Bus Master IDE Controller, revision 1.0).
 */
import type { Clock } from '../machine/clock'
import { AtaChannel } from './ata-channel'
import type { AtaDrive, DmaRequest } from './ata-drive'
import type { BusMemory } from './bus-memory'
import type { Device, DeviceFacts, Line, MemoryDevice, PortRange } from './device'
import type { PciConfig } from './pci-config'
import type { PciBar, PciFunction } from './pci-function'
import type { StateFields } from '../state/fields'

const CHANNELS = [
  { name: 'Primary', command: 0x1f0, control: 0x3f6 },
  { name: 'Secondary', command: 0x170, control: 0x376 },
] as const
/** IDE timing: bit 15 decodes the channel's ports. */
const TIMING = 0x40
const DECODE = 0x8000
const BUS_MASTER_BYTES = 16
const CHANNEL_BYTES = 8

const COMMAND = { start: 0x01, toMemory: 0x08 } as const
const STATUS = { active: 0x01, error: 0x02, interrupt: 0x04, drivesCan: 0x60 } as const
const DESCRIPTOR_BYTES = 8
/** A table lies within 64 KiB. */
const MOST_DESCRIPTORS = 0x10000 / DESCRIPTOR_BYTES
const LAST_DESCRIPTOR = 0x8000_0000
const LARGEST_REGION = 0x10000

/** The drives of both channels: primary master and slave, secondary master and slave. */
export type IdeDrives = readonly [readonly [AtaDrive | undefined, AtaDrive | undefined], readonly [AtaDrive | undefined, AtaDrive | undefined]]

export interface Piix3IdeWiring {
  readonly clock: Clock
  readonly memory: BusMemory
  /** IRQ 14 and 15. */
  readonly irqs: readonly [Line, Line]
  readonly drives: IdeDrives
}

export class Piix3Ide implements PciFunction, Device {
  readonly name = '82371SB (PIIX3) IDE'
  readonly identity = { vendor: 0x8086, device: 0x7010, revision: 0, classCode: 0x010180, subsystemVendor: 0x1af4, subsystem: 0x1100 } as const
  readonly bars: readonly PciBar[]
  readonly registers = [
    { at: TIMING, bytes: 2, value: DECODE, writable: 0xffff },
    { at: TIMING + 2, bytes: 2, value: DECODE, writable: 0xffff },
    { at: 0x44, bytes: 1, value: 0, writable: 0xff },
  ] as const
  readonly ports: readonly PortRange[]
  readonly channels: readonly AtaChannel[]
  readonly #masters: readonly BusMaster[]

  constructor({ clock, memory, irqs, drives }: Piix3IdeWiring) {
    const masters = irqs.map(() => new BusMaster(memory))
    this.#masters = masters
    this.channels = CHANNELS.map(
      (places, index) =>
        new AtaChannel(
          { ...places, clock, irq: irqs[index === 0 ? 0 : 1], interrupted: () => masters[index]?.interrupted(), dma: (request) => masters[index]?.ask(request) },
          drives[index === 0 ? 0 : 1],
        ),
    )
    this.ports = this.channels.flatMap(({ ports }) => ports)
    this.bars = [{ index: 4, kind: 'io', bytes: BUS_MASTER_BYTES, device: this.#busMasterRegisters() }]
  }

  reset(): void {
    for (const master of this.#masters) master.reset()
    for (const channel of this.channels) channel.reset()
  }

  exchange(state: StateFields): void {
    this.channels.forEach((channel, index) => {
      state.part(`channel ${index}`, channel)
      state.part(`bus master ${index}`, (fields) => this.#masters[index]?.exchange(fields, channel.dmaRequest))
    })
  }

  /** Whether the drives of a channel (0, 1) work on something. */
  isBusy(channel: number): boolean {
    return this.channels[channel]?.busy === true
  }

  describe(): DeviceFacts {
    return this.channels.flatMap((channel) => channel.describe())
  }

  configured(config: PciConfig): void {
    for (const master of this.#masters) master.allow(config.isMaster)
  }

  #busMasterRegisters(): MemoryDevice {
    const at = (offset: number): [BusMaster | undefined, number] => [this.#masters[Math.floor(offset / CHANNEL_BYTES)], offset % CHANNEL_BYTES]
    return {
      read: (offset, size) => {
        let value = 0
        for (let i = 0; i < size; i++) {
          const [master, register] = at(offset + i)
          value += (master?.read(register) ?? 0xff) * 2 ** (8 * i)
        }
        return value
      },
      write: (offset, size, value) => {
        for (let i = 0; i < size; i++) {
          const [master, register] = at(offset + i)
          master?.write(register, (value >>> (8 * i)) & 0xff)
        }
      },
    }
  }
}

/** The bus master of one channel. */
class BusMaster {
  readonly #memory: BusMemory
  #allowed = false
  #command = 0
  #status = 0
  #table = 0
  #request: DmaRequest | undefined

  constructor(memory: BusMemory) {
    this.#memory = memory
  }

  reset(): void {
    this.#command = this.#status = this.#table = 0
    this.#request = undefined
  }

  /** @param request what it waits to carry out, if it does */
  exchange(state: StateFields, request: DmaRequest | undefined): void {
    this.#allowed = state.flag('allowed', this.#allowed)
    this.#command = state.byte('command', this.#command)
    this.#status = state.byte('status', this.#status)
    this.#table = state.dword('table', this.#table)
    const waits = state.flag('waits', this.#request !== undefined)
    if (!state.loading) return
    if (waits && !request) throw state.wrong('no drive has asked for what it waits for')
    this.#request = waits ? request : undefined
  }

  /** Bit 2 of the command register. */
  allow(allowed: boolean): void {
    this.#allowed = allowed
    this.#run()
  }

  ask(request: DmaRequest | undefined): void {
    this.#request = request
    this.#run()
  }

  interrupted(): void {
    this.#status |= STATUS.interrupt
  }

  read(register: number): number {
    if (register === 0) return this.#command
    if (register === 2) return this.#status
    return register >= 4 ? (this.#table >>> (8 * (register - 4))) & 0xff : 0
  }

  write(register: number, value: number): void {
    if (register === 0) this.#setCommand(value)
    else if (register === 2) this.#status = (this.#status & ~(value & (STATUS.error | STATUS.interrupt) | STATUS.drivesCan)) | (value & STATUS.drivesCan)
    else if (register >= 4) {
      const shift = 8 * (register - 4)
      this.#table = ((this.#table & ~(0xff << shift)) | (value << shift)) & ~3
    }
  }

  #setCommand(value: number): void {
    const starts = (value & ~this.#command & COMMAND.start) !== 0
    this.#command = value & (COMMAND.start | COMMAND.toMemory)
    if (starts) {
      this.#status |= STATUS.active
      this.#run()
    } else if (!(value & COMMAND.start)) this.#status &= ~STATUS.active
  }

  /** Moves everything once the drive has asked and software has started it. */
  #run(): void {
    const request = this.#request
    if (!request || !this.#allowed || !(this.#status & STATUS.active)) return
    // Against the direction of the drive nothing moves; it waits, and its software gives up.
    if (request.toMemory !== ((this.#command & COMMAND.toMemory) !== 0)) return
    this.#request = undefined
    const bytes = request.toMemory ? request.source.bytes : request.bytes
    const gathered = request.toMemory ? new Uint8Array() : new Uint8Array(bytes)
    let moved = 0
    let isLast = false
    for (let index = 0; index < MOST_DESCRIPTORS && moved < bytes && !isLast; index++) {
      const descriptor = this.#memory.read((this.#table >>> 0) + index * DESCRIPTOR_BYTES, DESCRIPTOR_BYTES)
      const view = new DataView(descriptor.buffer, descriptor.byteOffset, descriptor.byteLength)
      const address = view.getUint32(0, true)
      const flags = view.getUint32(4, true)
      const count = Math.min((flags & 0xfffe) || LARGEST_REGION, bytes - moved)
      // A region that is larger than what is left leaves the master active, as the specification says.
      isLast = flags >= LAST_DESCRIPTOR
      if (isLast && count === ((flags & 0xfffe) || LARGEST_REGION)) this.#status &= ~STATUS.active
      if (request.toMemory) this.#memory.write(address & ~1, request.source.read(moved, count))
      else gathered.set(this.#memory.read((address & ~1) >>> 0, count), moved)
      moved += count
    }
    if (moved < bytes) {
      // The table was too short: the drive is left with its request.
      this.#status &= ~STATUS.active
      return
    }
    if (request.toMemory) request.done()
    else request.done(gathered)
  }
}
