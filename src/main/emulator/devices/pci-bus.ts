/**
 * PCI bus 0 and configuration mechanism 1 (PCI Local Bus Specification 2.1, 3.7.4.1): CONFIG_ADDRESS at CF8h, 32 bits only, and CONFIG_DATA at
 * CFCh–CFFh in any width. Functions answer in memory and I/O space where their base address registers say; where two would, the first one does.
 */
import type { Device, DeviceFacts, Line, MemoryDevice, PortRange } from './device'
import { fact } from './facts'
import { FLOATING } from './device'
import { PCI, PCI_COMMAND, PciConfig } from './pci-config'
import type { PciBar, PciFunction } from './pci-function'
import type { StateFields } from '../state/fields'

export const CONFIG_ADDRESS = 0xcf8
export const CONFIG_DATA = 0xcfc
const CONFIG_ENABLE = 0x8000_0000
/** Enable, bus, device and function, doubleword. */
const ADDRESS_BITS = 0x80ff_fffc
const NOTHING = 0xffff_ffff
const DEVICES = 32
const FUNCTIONS = 8

/** Where a function is: device 0–31, function 0–7. */
export const slotNumber = (device: number, fn: number): number => device * FUNCTIONS + fn

/** A function in its place on the bus. */
export interface PciSlot {
  readonly device: number
  readonly fn: number
  readonly function: PciFunction
  readonly config: PciConfig
  /** Its interrupt pin. Level-triggered: it stays up until the cause is gone. */
  readonly interrupt: Line
}

/** Where registers can be put: memory, or I/O ports. */
export interface AddressSpace {
  isFree(first: number, count: number): boolean
  /** Throws a RangeError where it is not free. The return value takes them out again. */
  map(first: number, count: number, device: MemoryDevice): () => void
}

export interface PciBusWiring {
  readonly memory: AddressSpace
  readonly ports: AddressSpace
  /** INTA# to INTD# (1 to 4) of a device goes to `level`. */
  readonly interrupt: (device: number, pin: number, level: boolean) => void
  /** A byte is written to CF9h, which the ISA bridge has inside of CONFIG_ADDRESS. */
  readonly resetControl: { read(): number; write(value: number): void }
}

interface Slot extends PciSlot {
  readonly placed: Map<PciBar, Placed>
  level: boolean
}

interface Placed {
  readonly base: number
  readonly takeOut: () => void
}

export class PciBus implements Device {
  readonly name = 'PCI bus'
  readonly ports: readonly PortRange[]
  readonly #wiring: PciBusWiring
  readonly #slots = new Map<number, Slot>()
  #address = 0

  constructor(wiring: PciBusWiring) {
    this.#wiring = wiring
    const { resetControl } = wiring
    const whole = (port: number): boolean => port === CONFIG_ADDRESS
    this.ports = [
      {
        first: CONFIG_ADDRESS,
        last: CONFIG_ADDRESS + 3,
        read: (port) => (port === CONFIG_ADDRESS + 1 ? resetControl.read() : FLOATING),
        write: (port, value) => {
          if (port === CONFIG_ADDRESS + 1) resetControl.write(value)
        },
        dwords: {
          read: (port) => (whole(port) ? this.#address : NOTHING),
          write: (port, value) => {
            if (whole(port)) this.#address = (value & ADDRESS_BITS) >>> 0
          },
        },
      },
      {
        first: CONFIG_DATA,
        last: CONFIG_DATA + 3,
        read: (port) => this.#readData(port, 1),
        write: (port, value) => this.#writeData(port, 1, value),
        words: { read: (port) => this.#readData(port, 2), write: (port, value) => this.#writeData(port, 2, value) },
        dwords: { read: (port) => this.#readData(port, 4), write: (port, value) => this.#writeData(port, 4, value) },
      },
    ]
  }

  /** Puts a function on the bus. Throws a RangeError where one is already, and for a place that there is not. */
  add(device: number, fn: number, pciFunction: PciFunction): PciSlot {
    const number = slotNumber(device, fn)
    if (device < 0 || device >= DEVICES || fn < 0 || fn >= FUNCTIONS || this.#slots.has(number)) throw new RangeError(`There is no room for ${pciFunction.name} at device ${device}, function ${fn}.`)
    const slot: Slot = {
      device, fn, function: pciFunction, config: new PciConfig(pciFunction), placed: new Map(), level: false,
      interrupt: (level) => {
        slot.level = level
        this.#signal(slot)
      },
    }
    this.#slots.set(number, slot)
    return slot
  }

  /** All functions, by device and function. */
  get slots(): readonly PciSlot[] {
    return [...this.#slots].toSorted(([a], [b]) => a - b).map(([, slot]) => slot)
  }

  /** @param number as by `slotNumber` */
  slot(number: number): PciSlot | undefined {
    return this.#slots.get(number)
  }

  reset(): void {
    this.#address = 0
    for (const slot of this.#slots.values()) {
      slot.config.reset()
      slot.level = false
    }
    this.#place()
    for (const slot of this.#slots.values()) {
      this.#signal(slot)
      slot.function.configured?.(slot.config, 0, 256)
    }
  }

  exchange(state: StateFields): void {
    this.#address = state.dword('address', this.#address)
    const places: { slot: Slot; bar: PciBar }[] = []
    for (const slot of this.#slots.values()) {
      state.part(`00:${slot.device.toString(16)}.${slot.fn}`, (fields) => {
        fields.part('registers', slot.config)
        slot.level = fields.flag('interrupt', slot.level)
        for (const bar of slot.function.bars ?? []) if (fields.flag(`bar ${bar.index}`, slot.placed.has(bar))) places.push({ slot, bar })
      })
    }
    if (state.loading) this.#restore(places, state)
  }

  /** Has functions answer where they did: not by the registers alone, for of two at the same place the first one does. */
  #restore(places: readonly { slot: Slot; bar: PciBar }[], state: StateFields): void {
    for (const { placed } of this.#slots.values()) {
      for (const { takeOut } of placed.values()) takeOut()
      placed.clear()
    }
    for (const { slot, bar } of places) {
      const base = slot.config.baseOf(bar)
      const takeOut = base === undefined ? undefined : this.#answer(bar, base)
      if (base === undefined || takeOut === undefined) throw state.wrong(`${slot.function.name} cannot be where its registers put it`)
      slot.placed.set(bar, { base, takeOut })
    }
    for (const { function: pciFunction, config } of this.#slots.values()) pciFunction.restored?.(config)
  }

  /** A configuration access of software. What is not there reads as ones. @param number as by `slotNumber` */
  readConfig(number: number, at: number, bytes: 1 | 2 | 4): number {
    return this.#slots.get(number)?.config.read(at, bytes) ?? NOTHING >>> (32 - 8 * bytes)
  }

  writeConfig(number: number, at: number, bytes: 1 | 2 | 4, value: number): void {
    const slot = this.#slots.get(number)
    if (!slot) return
    slot.config.write(at, bytes, value)
    const touches = (first: number, end: number): boolean => at < end && at + bytes > first
    if (touches(PCI.command, PCI.status)) this.#signal(slot)
    if (touches(PCI.command, PCI.status) || touches(PCI.bars, PCI.rom + 4)) this.#place()
    slot.function.configured?.(slot.config, at, bytes)
  }

  describe(): DeviceFacts {
    return this.slots.map(({ device, fn, function: { name, identity, bars = [] }, config }) => ({
      title: `00:${device.toString(16).padStart(2, '0')}.${fn} ${name}`,
      facts: [
        fact('vendor and device', [identity.vendor, identity.device].map((id) => id.toString(16).padStart(4, '0')).join(':')),
        fact('class', `0x${identity.classCode.toString(16).padStart(6, '0')}`),
        fact('command', `0x${config.command.toString(16).padStart(4, '0')}`),
        ...bars.map((bar) => {
          const base = config.baseOf(bar)
          return fact(bar.index === 'rom' ? 'expansion ROM' : `BAR ${bar.index}`, base === undefined ? 'off' : `0x${base.toString(16)}`, `${bar.bytes} bytes of ${bar.kind === 'io' ? 'ports' : 'memory'}`)
        }),
      ],
    }))
  }

  /** The function that CONFIG_ADDRESS names; undefined: none on this bus, or no configuration access. */
  get #selected(): number | undefined {
    const onThisBus = this.#address >= CONFIG_ENABLE && ((this.#address >>> 16) & 0xff) === 0
    return onThisBus ? (this.#address >>> 8) & 0xff : undefined
  }

  #readData(port: number, bytes: 1 | 2 | 4): number {
    const selected = this.#selected
    return selected === undefined ? NOTHING >>> (32 - 8 * bytes) : this.readConfig(selected, (this.#address & 0xfc) + (port & 3), bytes)
  }

  #writeData(port: number, bytes: 1 | 2 | 4, value: number): void {
    const selected = this.#selected
    if (selected !== undefined) this.writeConfig(selected, (this.#address & 0xfc) + (port & 3), bytes, value)
  }

  #signal({ device, function: { identity }, config, level }: Slot): void {
    config.interruptStatus = level
    const asserted = level && (config.command & PCI_COMMAND.interruptOff) === 0
    if (identity.interruptPin !== undefined) this.#wiring.interrupt(device, identity.interruptPin, asserted)
  }

  /** Has every function answer where its registers say: those that move are taken out first. */
  #place(): void {
    const wanted: { slot: Slot; bar: PciBar; base: number }[] = []
    for (const slot of this.#slots.values()) {
      for (const bar of slot.function.bars ?? []) {
        const base = slot.config.baseOf(bar)
        const placed = slot.placed.get(bar)
        if (placed?.base === base) continue
        placed?.takeOut()
        slot.placed.delete(bar)
        if (base !== undefined) wanted.push({ slot, bar, base })
      }
    }
    for (const { slot, bar, base } of wanted) {
      const takeOut = this.#answer(bar, base)
      if (takeOut) slot.placed.set(bar, { base, takeOut })
    }
  }

  /** Undefined: something else answers there. */
  #answer(bar: PciBar, base: number): (() => void) | undefined {
    if ('moved' in bar) {
      bar.moved(base)
      return () => bar.moved(undefined)
    }
    const space = bar.kind === 'io' ? this.#wiring.ports : this.#wiring.memory
    return space.isFree(base, bar.bytes) ? space.map(base, bar.bytes, bar.device) : undefined
  }
}
