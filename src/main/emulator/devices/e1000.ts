/**
 * Intel 82540EM gigabit Ethernet controller (PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's Manual, order number 317453): registers
 * in memory and by two ports, rings of descriptors, an EEPROM with the address, a PHY whose link is up. Interrupts come at once: the registers that delay
 * them keep what is written and do nothing. Without VLAN tags, flow control and wake-up.
 */
import { crc32 } from 'node:zlib'
import type { Clock, Timer } from '../machine/clock'
import { TICKS_PER_MICROSECOND } from '../machine/clock'
import type { Device, DeviceFacts, Line, MemoryDevice } from './device'
import { E1000Phy } from './e1000-phy'
import { ReceiveFilter } from './e1000-filter'
import { CAUSE, CAUSES, CTRL, DESCRIPTOR_BYTES, EECD, EERD, MDIC, RCTL, REG, RX, STAT, STATISTICS, STATUS, TCTL, TX, WRITABLE } from './e1000-registers'
import { TransmitAssembler } from './e1000-transmit'
import { bitsFact, fact } from './facts'
import { MicrowireEeprom } from './microwire-eeprom'
import type { PciConfig } from './pci-config'
import type { PciBar, PciFunction } from './pci-function'
import type { BusMemory } from './bus-memory'
import type { StateFields } from '../state/fields'

const REGISTER_BYTES = 0x20000
const IO_BYTES = 64
const IDENTITY = { vendor: 0x8086, device: 0x100e, revision: 3, classCode: 0x020000, subsystemVendor: 0x1af4, subsystem: 0x1100, interruptPin: 1 } as const

const EEPROM_SUM = 0xbaba
const EEPROM_SUM_WORD = 0x3f
/** Packet buffer for received frames: 48 KiB of 64, as after reset (13.4.3). */
const BUFFER_BYTES = 48 * 1024
const PBA_RESET = 0x10_0030
const FCS_BYTES = 4
/** One byte at 1000 Mb/s takes 8 ns; preamble, FCS and the gap count as 24 bytes. */
const TICKS_PER_BYTE = 0.8
const GAP_BYTES = 24
/** Descriptors that are worked on at once; the rest a moment later, so that no write of the guest's takes long. */
const MOST_AT_ONCE = 64
/** From the write of a tail pointer to the frame. */
const FETCH_TICKS = TICKS_PER_MICROSECOND

/** Registers that a saved state has at most. */
const MOST_REGISTERS = 4096

export interface E1000Wiring {
  readonly clock: Clock
  readonly memory: BusMemory
  /** Six bytes. */
  readonly mac: Uint8Array
  /** A frame goes out on the cable, without FCS. */
  readonly send: (frame: Uint8Array) => void
}

export class E1000 implements PciFunction, Device {
  readonly name = '82540EM network card'
  readonly ports = []
  readonly identity = IDENTITY
  readonly bars: readonly PciBar[]
  /** The interrupt pin, once the card is in its slot. */
  interrupt: Line = () => undefined
  readonly #wiring: E1000Wiring
  readonly #eeprom: MicrowireEeprom
  readonly #phy = new E1000Phy()
  readonly #filter: ReceiveFilter
  readonly #assembler: TransmitAssembler
  readonly #receiving: Timer
  readonly #sending: Timer
  readonly #registers = new Map<number, number>()
  readonly #statistics = new Map<number, number>()
  readonly #special: ReadonlyMap<number, { read?: () => number; write?: (value: number) => void }>
  #isMaster = false
  #causes = 0
  #mask = 0
  #ioAddress = 0
  #eecd = 0
  #mdic = 0
  #eerd = 0
  /** Frames that wait for descriptors, with what they are in the buffer. */
  #buffer: Uint8Array[] = []
  #buffered = 0

  constructor(wiring: E1000Wiring) {
    this.#wiring = wiring
    const eeprom = eepromWords(wiring.mac)
    this.#eeprom = new MicrowireEeprom(eeprom)
    this.#filter = new ReceiveFilter()
    this.#assembler = new TransmitAssembler((address, bytes) => this.#fetch(address, 0, bytes))
    this.#receiving = wiring.clock.timer(() => this.#deliver())
    this.#sending = wiring.clock.timer(() => this.#transmit())
    const registers: MemoryDevice = { read: (offset, size) => narrowed(this.#read(offset & ~3), offset, size), write: (offset, size, value) => size === 4 && this.#write(offset, value) }
    const io: MemoryDevice = { read: (offset, size) => narrowed(this.#readIo(offset & ~3), offset, size), write: (offset, size, value) => size === 4 && this.#writeIo(offset, value) }
    this.bars = [
      { index: 0, kind: 'memory', bytes: REGISTER_BYTES, device: registers },
      { index: 1, kind: 'io', bytes: IO_BYTES, device: io },
    ]
    this.#special = this.#specialRegisters()
    this.#resetChip()
  }

  /** Power-on, or the reset of the PCI bus. */
  reset(): void {
    this.#isMaster = false
    this.#ioAddress = 0
    this.#resetChip()
  }

  exchange(state: StateFields): void {
    state.part('eeprom', this.#eeprom)
    state.part('phy', this.#phy)
    state.part('filter', this.#filter)
    state.part('assembler', this.#assembler)
    state.map('registers', this.#registers, MOST_REGISTERS)
    state.map('statistics', this.#statistics, MOST_REGISTERS)
    this.#isMaster = state.flag('master', this.#isMaster)
    this.#causes = state.dword('causes', this.#causes)
    this.#mask = state.dword('mask', this.#mask)
    this.#ioAddress = state.dword('i/o address', this.#ioAddress)
    this.#eecd = state.dword('eecd', this.#eecd)
    this.#mdic = state.dword('mdic', this.#mdic)
    this.#eerd = state.dword('eerd', this.#eerd)
    this.#buffer = state.list('buffer', this.#buffer, BUFFER_BYTES, (fields, frame) => fields.bytes('frame', frame ?? new Uint8Array(), BUFFER_BYTES))
    this.#buffered = this.#buffer.reduce((sum, { length }) => sum + length, 0)
  }

  configured(config: PciConfig): void {
    this.#isMaster = config.isMaster
    this.#armTransmit()
    this.#armReceive()
  }

  /** Frames are on their way: it will interrupt, if it may. */
  get busy(): boolean {
    return this.#receiving.due !== Infinity || this.#sending.due !== Infinity
  }

  describe(): DeviceFacts {
    const ring = (base: number, length: number, head: number, tail: number): string => `0x${this.#get(base).toString(16)}, ${this.#get(length) / DESCRIPTOR_BYTES} descriptors, head ${this.#get(head)}, tail ${this.#get(tail)}`
    const mac = [...this.#wiring.mac].map((byte) => byte.toString(16).padStart(2, '0')).join(':')
    return [
      {
        title: 'Ethernet',
        facts: [
          fact('address', mac, 'link up, 1000 Mb/s'),
          fact('receiver', (this.#get(REG.rctl) & RCTL.enabled) !== 0, ring(REG.rdbal, REG.rdlen, REG.rdh, REG.rdt)),
          fact('transmitter', (this.#get(REG.tctl) & TCTL.enabled) !== 0, ring(REG.tdbal, REG.tdlen, REG.tdh, REG.tdt)),
          bitsFact('interrupt causes', this.#causes, CAUSE_NAMES),
          bitsFact('interrupt mask', this.#mask, CAUSE_NAMES),
          fact('frames received', `${this.#statistics.get(STAT.totalReceived) ?? 0}`, `${this.#buffer.length} wait for descriptors, ${this.#statistics.get(STAT.missed) ?? 0} were lost`),
          fact('frames sent', `${this.#statistics.get(STAT.totalSent) ?? 0}`),
        ],
      },
    ]
  }

  /** A frame comes in from the cable, without FCS. */
  receive(frame: Uint8Array): void {
    const control = this.#get(REG.rctl)
    if (!(control & RCTL.enabled) || !this.#filter.accepts(frame, control)) return
    if (this.#buffered + frame.length > BUFFER_BYTES) {
      this.#count(STAT.missed)
      this.#raise(CAUSE.overrun)
      return
    }
    this.#buffer.push(frame)
    this.#buffered += frame.length
    this.#armReceive()
  }

  #resetChip(): void {
    this.#registers.clear()
    this.#statistics.clear()
    this.#phy.reset()
    this.#assembler.reset()
    this.#filter.reset(this.#wiring.mac)
    this.#registers.set(REG.ctrl, CTRL.fullDuplex)
    this.#registers.set(REG.pba, PBA_RESET & 0x7f)
    this.#registers.set(REG.ledctl, 0x0706_8302 & 0xcfcf_cfcf)
    this.#causes = this.#mask = this.#mdic = this.#eerd = 0
    this.#eecd = 0
    this.#eeprom.drive(false, false, false)
    this.#buffer = []
    this.#buffered = 0
    this.#receiving.cancel()
    this.#sending.cancel()
    this.#update()
  }

  // --- registers ----------------------------------------------------------------------------------------------------------

  #get(register: number): number {
    return this.#registers.get(register) ?? 0
  }

  #read(offset: number): number {
    const special = this.#special.get(offset)
    if (special) return (special.read?.() ?? 0) >>> 0
    if (offset >= STATISTICS.first && offset <= STATISTICS.last) return this.#takeStatistic(offset)
    return this.#filter.read(offset) ?? this.#get(offset)
  }

  #write(offset: number, value: number): void {
    const special = this.#special.get(offset)
    if (special) {
      special.write?.(value)
      return
    }
    if (this.#filter.write(offset, value)) return
    const writable = WRITABLE.get(offset)
    if (writable !== undefined) this.#registers.set(offset, (value & writable) >>> 0)
    if (offset === REG.tdt || offset === REG.tctl) this.#armTransmit()
    else if (offset === REG.rdt || offset === REG.rctl) this.#armReceive()
  }

  #specialRegisters(): Map<number, { read?: () => number; write?: (value: number) => void }> {
    return new Map([
      [REG.ctrl, { read: () => this.#get(REG.ctrl), write: (value: number) => this.#control(value) }],
      [REG.status, { read: () => STATUS.fullDuplex | STATUS.linkUp | STATUS.gigabit | STATUS.detected }],
      [REG.eecd, { read: () => this.#readEecd(), write: (value: number) => this.#writeEecd(value) }],
      [REG.eerd, { read: () => this.#eerd, write: (value: number) => this.#readEeprom(value) }],
      [REG.mdic, { read: () => this.#mdic, write: (value: number) => this.#mdio(value) }],
      [REG.icr, { read: () => this.#takeCauses(), write: (value: number) => this.#clear(value) }],
      [REG.ics, { write: (value: number) => this.#raise(value & CAUSES) }],
      [REG.ims, { read: () => this.#mask, write: (value: number) => this.#setMask(this.#mask | (value & CAUSES)) }],
      [REG.imc, { write: (value: number) => this.#setMask(this.#mask & ~value) }],
    ])
  }

  /** BAR 1: the register's offset at the first port, its value four ports on (13.2). */
  #readIo(offset: number): number {
    if (offset === 0) return this.#ioAddress
    return offset === 4 && this.#ioAddress < REGISTER_BYTES ? this.#read(this.#ioAddress & ~3) : 0xffff_ffff
  }

  #writeIo(offset: number, value: number): void {
    if (offset === 0) this.#ioAddress = value
    else if (offset === 4 && this.#ioAddress < REGISTER_BYTES && this.#ioAddress % 4 === 0) this.#write(this.#ioAddress, value)
  }

  #control(value: number): void {
    if (value & CTRL.reset) {
      this.#resetChip()
      return
    }
    if ((value & CTRL.phyReset) !== 0) this.#phy.reset()
    this.#registers.set(REG.ctrl, (value & (WRITABLE.get(REG.ctrl) ?? 0) & ~CTRL.phyReset) >>> 0)
  }

  #readEecd(): number {
    return this.#eecd | EECD.present | (this.#eecd & EECD.request ? EECD.grant : 0) | (this.#eeprom.output ? EECD.dataOut : 0)
  }

  #writeEecd(value: number): void {
    this.#eecd = value & (EECD.clock | EECD.select | EECD.dataIn | EECD.flashWrite | EECD.request)
    this.#eeprom.drive((value & EECD.select) !== 0, (value & EECD.clock) !== 0, (value & EECD.dataIn) !== 0)
  }

  #readEeprom(value: number): void {
    const address = (value >>> 8) & 0xff
    if (value & EERD.start) this.#eerd = (this.#eeprom.word(address) * 0x10000 + (address << 8)) | EERD.done
  }

  #mdio(value: number): void {
    const operation = (value >>> 26) & 3
    const register = (value >>> 16) & 0x1f
    const isPhy = ((value >>> 21) & 0x1f) === 1
    this.#mdic = (value & ~MDIC.error) | MDIC.ready
    if (!isPhy) this.#mdic |= MDIC.error
    else if (operation === MDIC.read) this.#mdic = (this.#mdic & ~0xffff) | this.#phy.read(register)
    else if (operation === MDIC.write) this.#phy.write(register, value & 0xffff)
    if (value & MDIC.interrupt) this.#raise(CAUSE.mdio)
  }

  // --- interrupts ---------------------------------------------------------------------------------------------------------

  #raise(causes: number): void {
    this.#causes |= causes
    this.#update()
  }

  #clear(causes: number): void {
    this.#causes &= ~causes
    this.#update()
  }

  #takeCauses(): number {
    const causes = this.#causes
    this.#clear(CAUSES)
    return causes
  }

  #setMask(mask: number): void {
    this.#mask = mask
    this.#update()
  }

  #update(): void {
    this.interrupt((this.#causes & this.#mask) !== 0)
  }

  // --- rings --------------------------------------------------------------------------------------------------------------

  #takeStatistic(offset: number): number {
    const value = this.#statistics.get(offset) ?? 0
    this.#statistics.delete(offset)
    return value
  }

  #count(register: number, by = 1): void {
    const value = (this.#statistics.get(register) ?? 0) + by
    this.#statistics.set(register, value % 2 ** 32)
    // Octets have a second half.
    if (value >= 2 ** 32) this.#statistics.set(register + 4, (this.#statistics.get(register + 4) ?? 0) + 1)
  }

  /** Address of a ring's descriptor; undefined: beyond what a PC's memory can be. */
  #descriptorAt(low: number, high: number, index: number): number | undefined {
    return this.#get(high) === 0 ? this.#get(low) + index * DESCRIPTOR_BYTES : undefined
  }

  #fetch(descriptor: DataView, at: number, bytes: number): Uint8Array {
    const high = descriptor.getUint32(at + 4, true)
    return high === 0 ? this.#wiring.memory.read(descriptor.getUint32(at, true), bytes) : new Uint8Array(bytes).fill(0xff)
  }

  #readDescriptor(address: number): DataView {
    const bytes = this.#wiring.memory.read(address, DESCRIPTOR_BYTES)
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  #armTransmit(): void {
    if (this.#sending.due === Infinity && this.#isMaster && this.#get(REG.tctl) & TCTL.enabled && this.#hasMore(REG.tdlen, REG.tdh, REG.tdt)) this.#sending.set(this.#wiring.clock.now() + FETCH_TICKS)
  }

  #hasMore(length: number, head: number, tail: number): boolean {
    const count = this.#get(length) / DESCRIPTOR_BYTES
    return this.#get(head) < count && this.#get(tail) < count && this.#get(head) !== this.#get(tail)
  }

  #transmit(): void {
    if (!this.#isMaster || !(this.#get(REG.tctl) & TCTL.enabled)) return
    let sent = 0
    for (let i = 0; i < MOST_AT_ONCE && this.#hasMore(REG.tdlen, REG.tdh, REG.tdt); i++) {
      const head = this.#get(REG.tdh)
      const address = this.#descriptorAt(REG.tdbal, REG.tdbah, head)
      if (address === undefined) return
      const descriptor = this.#readDescriptor(address)
      const { frames, reports } = this.#assembler.take(descriptor)
      for (const frame of frames) sent += this.#emit(frame)
      if (reports) {
        this.#wiring.memory.write(address + 12, Uint8Array.of(descriptor.getUint8(12) | TX.done))
        this.#causes |= CAUSE.sent
      }
      this.#registers.set(REG.tdh, (head + 1) % (this.#get(REG.tdlen) / DESCRIPTOR_BYTES))
    }
    if (this.#hasMore(REG.tdlen, REG.tdh, REG.tdt)) this.#sending.set(this.#wiring.clock.now() + FETCH_TICKS + Math.ceil(sent * TICKS_PER_BYTE))
    else this.#causes |= CAUSE.queueEmpty
    this.#update()
  }

  /** @returns bytes on the wire */
  #emit(frame: Uint8Array): number {
    this.#count(STAT.totalSent)
    this.#count(STAT.goodSent)
    this.#count(STAT.totalBytesSent, frame.length + FCS_BYTES)
    this.#count(STAT.bytesSent, frame.length + FCS_BYTES)
    if (this.#get(REG.rctl) & RCTL.loopback) this.receive(frame)
    else this.#wiring.send(frame)
    return frame.length + GAP_BYTES
  }

  #armReceive(): void {
    const [frame] = this.#buffer
    if (!frame || this.#receiving.due !== Infinity || !this.#isMaster || this.#room < this.#descriptorsFor(frame)) return
    this.#receiving.set(this.#wiring.clock.now() + Math.ceil((frame.length + GAP_BYTES) * TICKS_PER_BYTE))
  }

  /** Free descriptors of the receive ring. */
  get #room(): number {
    const count = this.#get(REG.rdlen) / DESCRIPTOR_BYTES
    const [head, tail] = [this.#get(REG.rdh), this.#get(REG.rdt)]
    return head < count && tail < count ? (tail - head + count) % count : 0
  }

  /** Bytes of one buffer: BSIZE and BSEX. */
  get #bufferBytes(): number {
    const control = this.#get(REG.rctl)
    const size = (control >>> 16) & 3
    const bytes = 2048 >> size
    return control & RCTL.sizeExtension && size !== 0 ? bytes * 16 : bytes
  }

  get #fcsBytes(): number {
    return this.#get(REG.rctl) & RCTL.stripCrc ? 0 : FCS_BYTES
  }

  #descriptorsFor(frame: Uint8Array): number {
    return Math.ceil((frame.length + this.#fcsBytes) / this.#bufferBytes)
  }

  #deliver(): void {
    const [frame] = this.#buffer
    if (!frame || !this.#isMaster || !(this.#get(REG.rctl) & RCTL.enabled) || this.#room < this.#descriptorsFor(frame)) return
    this.#buffer.shift()
    this.#buffered -= frame.length
    this.#store(this.#fcsBytes === 0 ? frame : withFcs(frame))
    this.#count(STAT.totalReceived)
    this.#count(STAT.goodReceived)
    this.#count(STAT.totalBytesReceived, frame.length + FCS_BYTES)
    this.#count(STAT.bytesReceived, frame.length + FCS_BYTES)
    const threshold = (this.#get(REG.rdlen) / DESCRIPTOR_BYTES) >> (1 + ((this.#get(REG.rctl) >>> 8) & 3))
    this.#raise(CAUSE.received | (this.#room <= threshold ? CAUSE.fewDescriptors : 0))
    this.#armReceive()
  }

  #store(bytes: Uint8Array): void {
    const size = this.#bufferBytes
    for (let at = 0; at < bytes.length; at += size) {
      const head = this.#get(REG.rdh)
      const address = this.#descriptorAt(REG.rdbal, REG.rdbah, head)
      if (address === undefined) return
      const descriptor = this.#readDescriptor(address)
      const part = bytes.subarray(at, at + size)
      if (descriptor.getUint32(4, true) === 0) this.#wiring.memory.write(descriptor.getUint32(0, true), part)
      const result = new Uint8Array(8)
      result.set([part.length & 0xff, part.length >> 8, 0, 0, RX.done | RX.ignoreChecksum | (at + size >= bytes.length ? RX.endOfPacket : 0)])
      this.#wiring.memory.write(address + 8, result)
      this.#registers.set(REG.rdh, (head + 1) % (this.#get(REG.rdlen) / DESCRIPTOR_BYTES))
    }
  }
}

const CAUSE_NAMES = ['sent', 'queue empty', 'link changed', 'sequence error', 'few descriptors', undefined, 'overrun', 'received', undefined, 'PHY access'] as const

const narrowed = (value: number, offset: number, size: 1 | 2 | 4): number => (size === 4 ? value >>> 0 : (value >>> (8 * (offset & 3))) & (size === 1 ? 0xff : 0xffff))

/** The frame with its frame check sequence: the CRC of IEEE 802.3, lowest byte first. */
function withFcs(frame: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(frame.length + FCS_BYTES)
  bytes.set(frame)
  new DataView(bytes.buffer).setUint32(frame.length, crc32(frame), true)
  return bytes
}

/** What the EEPROM holds (5.6): address, signature, identities, and a last word that makes the sum right. */
function eepromWords(mac: Uint8Array): number[] {
  const words = Array.from({ length: EEPROM_SUM_WORD + 1 }, () => 0)
  for (let i = 0; i < 3; i++) words[i] = (mac[2 * i] ?? 0) | ((mac[2 * i + 1] ?? 0) << 8)
  words[0x0a] = 0x4003
  words[0x0b] = IDENTITY.subsystem
  words[0x0c] = IDENTITY.subsystemVendor
  words[0x0d] = IDENTITY.device
  words[0x0e] = IDENTITY.vendor
  words[EEPROM_SUM_WORD] = (EEPROM_SUM - words.reduce((sum, word) => sum + word, 0)) & 0xffff
  return words
}
