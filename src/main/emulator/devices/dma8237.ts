/**
 * Intel 8237A DMA controller (data sheet order number 231466), two of them as in the IBM PC/AT (Technical Reference, "DMA controller"): channels 0 to 3
 * move bytes, 5 to 7 words, 4 is the cascade; page registers give the address bits that the chips lack. A device moves what it has at once.
 */
import type { BusMemory } from './bus-memory'
import type { Device, DeviceFact, DeviceFacts, PortRange } from './device'
import { fact, hex8 } from './facts'
import type { StateFields } from '../state/fields'

const FIRST_CHIP = 0x00
const SECOND_CHIP = 0xc0
const PAGES = 0x81
const LAST_PAGE = 0x8f
/** Page register of every channel; that of channel 4 is for refresh. */
const PAGE_OF = [0x87, 0x83, 0x81, 0x82, 0x8f, 0x8b, 0x89, 0x8a] as const
const CASCADE = 4

const MODE = { direction: 0x0c, toMemory: 0x04, fromMemory: 0x08, automatic: 0x10, downwards: 0x20, select: 0xc0, cascade: 0xc0 } as const
const COMMAND_OFF = 0x04

/** Registers from 8 on. */
const REGISTER = { status: 8, command: 8, request: 9, mask: 10, mode: 11, clearFlipFlop: 12, temporary: 13, masterClear: 13, clearMask: 14, allMasks: 15 } as const

interface Channel {
  baseAddress: number
  baseCount: number
  address: number
  count: number
  mode: number
  masked: boolean
  requested: boolean
  ended: boolean
}

const newChannel = (): Channel => ({ baseAddress: 0, baseCount: 0, address: 0, count: 0, mode: 0, masked: true, requested: false, ended: false })

/** What came of a device's request. */
export interface DmaMoved {
  readonly bytes: number
  /** Terminal count: the channel has moved all that it was to. */
  readonly ended: boolean
}

class Dma8237 {
  readonly channels: readonly [Channel, Channel, Channel, Channel] = [newChannel(), newChannel(), newChannel(), newChannel()]
  command = 0
  #high = false

  clear(): void {
    this.command = 0
    this.#high = false
    for (const channel of this.channels) Object.assign(channel, { masked: true, requested: false, ended: false })
  }

  reset(): void {
    this.clear()
    for (const channel of this.channels) Object.assign(channel, newChannel())
  }

  exchange(state: StateFields): void {
    this.channels.forEach((channel, index) =>
      state.part(`channel ${index}`, (fields) => {
        for (const name of ['baseAddress', 'baseCount', 'address', 'count'] as const) channel[name] = fields.word(name, channel[name])
        channel.mode = fields.byte('mode', channel.mode)
        for (const name of ['masked', 'requested', 'ended'] as const) channel[name] = fields.flag(name, channel[name])
      }),
    )
    this.command = state.byte('command', this.command)
    this.#high = state.flag('high', this.#high)
  }

  #channel(index: number): Channel {
    return this.channels[index & 3] ?? this.channels[0]
  }

  read(register: number): number {
    if (register < REGISTER.status) {
      const channel = this.#channel(register >> 1)
      const value = register & 1 ? channel.count : channel.address
      const byte = this.#high ? value >> 8 : value & 0xff
      this.#high = !this.#high
      return byte
    }
    if (register !== REGISTER.status) return register === REGISTER.allMasks ? 0xf0 | this.#bits(({ masked }) => masked) : 0
    const status = this.#bits(({ ended }) => ended) | (this.#bits(({ requested }) => requested) << 4)
    for (const channel of this.channels) channel.ended = false
    return status
  }

  #bits(is: (channel: Channel) => boolean): number {
    return this.channels.reduce((bits, channel, index) => (is(channel) ? bits | (1 << index) : bits), 0)
  }

  write(register: number, value: number): void {
    if (register < REGISTER.status) this.#writeChannel(this.#channel(register >> 1), register & 1 ? 'count' : 'address', value)
    else this.#control[register]?.(value)
  }

  #writeChannel(channel: Channel, name: 'address' | 'count', byte: number): void {
    // The byte goes to the base and to the current register; the other byte of each stays.
    for (const register of [name, name === 'address' ? 'baseAddress' : 'baseCount'] as const) {
      const before = channel[register]
      channel[register] = this.#high ? (before & 0xff) | (byte << 8) : (before & 0xff00) | byte
    }
    this.#high = !this.#high
  }

  readonly #control: Readonly<Record<number, (value: number) => void>> = {
    [REGISTER.command]: (value) => void (this.command = value),
    [REGISTER.request]: (value) => void (this.#channel(value).requested = (value & 4) !== 0),
    [REGISTER.mask]: (value) => void (this.#channel(value).masked = (value & 4) !== 0),
    [REGISTER.mode]: (value) => void (this.#channel(value).mode = value & 0xfc),
    [REGISTER.clearFlipFlop]: () => void (this.#high = false),
    [REGISTER.masterClear]: () => this.clear(),
    [REGISTER.clearMask]: () => this.channels.forEach((channel) => (channel.masked = false)),
    [REGISTER.allMasks]: (value) => this.channels.forEach((channel, index) => (channel.masked = ((value >> index) & 1) === 1)),
  }

  describe(first: number, pages: (channel: number) => number): DeviceFact[] {
    return this.channels.map(({ address, count, masked, mode }, index) => {
      const kind = { 0: 'verifies', [MODE.toMemory]: 'to memory', [MODE.fromMemory]: 'from memory' }[mode & MODE.direction] ?? 'not to be used'
      return fact(`channel ${first + index}`, masked ? 'masked' : 'on', `page ${hex8(pages(first + index))}, address 0x${address.toString(16)}, count 0x${count.toString(16)}, ${kind}`)
    })
  }
}

/** Bytes that a channel moves at a time. */
const unitOf = (number: number): 1 | 2 => (number < CASCADE ? 1 : 2)

/** The last unit first; the bytes of a word stay in their order. */
function backwards(bytes: Uint8Array, unit: 1 | 2): Uint8Array {
  const turned = bytes.toReversed()
  if (unit === 2) for (let at = 0; at < turned.length; at += 2) turned.subarray(at, at + 2).reverse()
  return turned
}

export class DmaPair implements Device {
  readonly name = '8237A DMA controllers'
  readonly ports: readonly PortRange[]
  readonly #memory: BusMemory
  readonly #chips: readonly [Dma8237, Dma8237] = [new Dma8237(), new Dma8237()]
  readonly #pages = new Uint8Array(LAST_PAGE - PAGES + 1)

  constructor(memory: BusMemory) {
    this.#memory = memory
    const [first, second] = this.#chips
    this.ports = [
      { first: FIRST_CHIP, last: FIRST_CHIP + 15, read: (port) => first.read(port - FIRST_CHIP), write: (port, value) => first.write(port - FIRST_CHIP, value) },
      // The second chip's address lines are one higher.
      { first: SECOND_CHIP, last: SECOND_CHIP + 31, read: (port) => second.read((port - SECOND_CHIP) >> 1), write: (port, value) => second.write((port - SECOND_CHIP) >> 1, value) },
      { first: PAGES, last: LAST_PAGE, read: (port) => this.#pages[port - PAGES] ?? 0, write: (port, value) => void (this.#pages[port - PAGES] = value) },
    ]
  }

  reset(): void {
    for (const chip of this.#chips) chip.reset()
    this.#pages.fill(0)
  }

  exchange(state: StateFields): void {
    this.#chips.forEach((chip, index) => state.part(`chip ${index}`, chip))
    state.array('pages', this.#pages)
  }

  describe(): DeviceFacts {
    const page = (channel: number): number => this.#page(channel)
    return [{ title: 'Bytes', facts: this.#chips[0].describe(0, page) }, { title: 'Words', facts: this.#chips[1].describe(CASCADE, page) }]
  }

  #page(channel: number): number {
    return this.#pages[(PAGE_OF[channel] ?? LAST_PAGE) - PAGES] ?? 0
  }

  /** A device has bytes for memory. Fewer are taken when the channel ends, and none when it is masked or goes the other way. @param number 0–7 */
  toMemory(number: number, bytes: Uint8Array): DmaMoved {
    return this.#move(number, bytes.length, MODE.toMemory, (address, at, count, down) => {
      const part = bytes.subarray(at, at + count)
      this.#memory.write(address, down ? backwards(part, unitOf(number)) : part)
    })
  }

  /** A device wants bytes from memory, up to as many as `into` holds. @param number 0–7 */
  fromMemory(number: number, into: Uint8Array): DmaMoved {
    return this.#move(number, into.length, MODE.fromMemory, (address, at, count, down) => {
      const part = this.#memory.read(address, count)
      into.set(down ? backwards(part, unitOf(number)) : part, at)
    })
  }

  #move(number: number, wanted: number, direction: number, piece: (address: number, at: number, count: number, down: boolean) => void): DmaMoved {
    const chip = this.#chips[number < CASCADE ? 0 : 1]
    const channel = chip.channels[number & 3]
    const nothing = { bytes: 0, ended: false }
    if (!channel || number === CASCADE || channel.masked || chip.command & COMMAND_OFF || (channel.mode & MODE.select) === MODE.cascade) return nothing
    const kind = channel.mode & MODE.direction
    // A verify transfer counts, and moves nothing.
    if (kind !== direction && kind !== 0) return nothing
    const unit = unitOf(number)
    const down = (channel.mode & MODE.downwards) !== 0
    let moved = 0
    while (moved + unit <= wanted) {
      const { address } = channel
      // The page stays; the address runs round in its 64 Ki units. A count of n moves n + 1.
      const untilWrap = down ? address + 1 : 0x10000 - address
      const units = Math.min(Math.floor((wanted - moved) / unit), channel.count + 1, untilWrap)
      const lowest = down ? address - units + 1 : address
      const physical = unit === 1 ? this.#page(number) * 0x10000 + lowest : (this.#page(number) & 0xfe) * 0x10000 + lowest * 2
      if (kind !== 0) piece(physical, moved, units * unit, down)
      moved += units * unit
      channel.address = (down ? address - units : address + units) & 0xffff
      channel.count -= units
      if (channel.count >= 0) continue
      this.#end(channel)
      return { bytes: moved, ended: true }
    }
    return { bytes: moved, ended: false }
  }

  #end(channel: Channel): void {
    channel.ended = true
    channel.requested = false
    if (channel.mode & MODE.automatic) Object.assign(channel, { address: channel.baseAddress, count: channel.baseCount })
    else Object.assign(channel, { count: 0xffff, masked: true })
  }
}
