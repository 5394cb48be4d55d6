/**
 * Power management function of the Intel 82371AB (PIIX4) at device 1, function 3 (data sheet 290562, chapter 7), and what a PC's system management
 * handler does at port B2h: it hands power management over to ACPI (Advanced Configuration and Power Interface Specification 6.5, 4.8.3).
 * Here are the fixed registers: events, control with switching off and sleeping, and the 24-bit timer at 3.579545 MHz.
 */
import type { Clock, Timer } from '../machine/clock'
import { TICKS_PER_SECOND } from '../machine/clock'
import type { Device, DeviceFacts, Line, MemoryDevice, PortRange } from './device'
import { bitsFact, fact } from './facts'
import type { PciConfig } from './pci-config'
import type { PciFunction } from './pci-function'
import type { StateFields } from '../state/fields'

/** Hertz: 14.318180 MHz / 4. */
export const PM_TIMER_HERTZ = 3_579_545
export const PM_BLOCK_BYTES = 64
/** Offsets in the block of ports. */
export const Pm = { status: 0x00, enable: 0x02, control: 0x04, timer: 0x08 } as const
/** Configuration registers: base of the block, and whether it answers. */
export const PM_BASE = 0x40
/** Of the base's register. */
export const PM_BASE_BITS = 0xffc0
export const PM_MISC = 0x80
const BLOCK_ON = 1
/** SMI_CMD, and what is written to it. */
export const APM_CONTROL = 0xb2
const APM_STATUS = 0xb3
export const ACPI_ENABLE = 0xf1
export const ACPI_DISABLE = 0xf0

const TIMER_BITS = 24
/** Status and enable: the timer's highest bit has changed. */
const TIMER_EVENT = 0x0001
/** RTC_STS, RTC_EN: the clock has asked for an interrupt. */
const CLOCK_EVENT = 0x0400
/** WAK_STS: the board has woken. */
const WAKE_STATUS = 0x8000
const ENABLE_WRITABLE = 0x0521
const SCI_ENABLE = 0x0001
const BUS_MASTER_RELOAD = 0x0002
const SLEEP_TYPE = 0x1c00
const SLEEP_ENABLE = 0x2000
/** SLP_TYP of S5, soft off, and of S3, suspend to RAM: all but the memory, the clock and the keyboard loses what it holds. The chip's other states are not there. */
export const SOFT_OFF = 0
export const SUSPEND_TO_RAM = 1
const STATUS_NAMES = ['timer', undefined, undefined, undefined, undefined, 'global', undefined, undefined, 'power button', undefined, 'clock', undefined, undefined, undefined, undefined, 'woken'] as const

export interface AcpiPmWiring {
  readonly clock: Clock
  /** The system control interrupt, level-triggered. */
  readonly sci: Line
  readonly powerOff: () => void
  /** The board sleeps (S3): `asleep` says so, until somebody calls `wake`. */
  readonly sleep: () => void
  /** The guest has read the timer. */
  readonly timerRead?: () => void
  /** Puts the block at ports; the return value takes it out. Undefined: something else answers there. */
  readonly map: (first: number, count: number, block: MemoryDevice) => (() => void) | undefined
}

/** Counts of the timer at a tick, and the first tick at which it has counted so many. */
export function pmCountsAt(tick: number): number {
  const seconds = Math.floor(tick / TICKS_PER_SECOND)
  return seconds * PM_TIMER_HERTZ + Math.floor(((tick % TICKS_PER_SECOND) * PM_TIMER_HERTZ) / TICKS_PER_SECOND)
}
function tickOfCount(count: number): number {
  const seconds = Math.floor(count / PM_TIMER_HERTZ)
  return seconds * TICKS_PER_SECOND + Math.ceil(((count % PM_TIMER_HERTZ) * TICKS_PER_SECOND) / PM_TIMER_HERTZ)
}
/** How often the timer's highest bit has changed. */
const changesAt = (tick: number): number => Math.floor(pmCountsAt(tick) / 2 ** (TIMER_BITS - 1))

export class AcpiPm implements Device, PciFunction, MemoryDevice {
  readonly name = 'PIIX4 power management'
  readonly identity = { vendor: 0x8086, device: 0x7113, revision: 3, classCode: 0x068000, subsystemVendor: 0x1af4, subsystem: 0x1100 } as const
  readonly registers = [
    { at: PM_BASE, bytes: 4, value: 1, writable: PM_BASE_BITS },
    // Bit 25: system management mode needs no set-up. There is none.
    { at: 0x58, bytes: 4, value: 0x0200_0000, writable: 0 },
    { at: PM_MISC, bytes: 1, value: 0, writable: BLOCK_ON },
    // The SMBus controller's base; it does not answer.
    { at: 0x90, bytes: 4, value: 1, writable: 0xfff0 },
    { at: 0xd2, bytes: 1, value: 0, writable: 0x0f },
  ] as const
  readonly ports: readonly PortRange[]
  readonly #wiring: AcpiPmWiring
  readonly #overflow: Timer
  #placed: { base: number; takeOut: () => void } | undefined
  #enable = 0
  #control = 0
  #apmControl = 0
  #apmStatus = 0
  /** Changes of the timer's highest bit that were seen when its status was cleared. */
  #changesSeen = 0
  /** Of the clock, and that the board has woken: status bits that stay until they are cleared. */
  #events = 0
  #asleep = false
  /** A key was pressed while the board sleeps. */
  #keyPressed = false

  constructor(wiring: AcpiPmWiring) {
    this.#wiring = wiring
    this.#overflow = wiring.clock.timer(() => this.#update())
    this.ports = [
      { first: APM_CONTROL, last: APM_CONTROL, read: () => this.#apmControl, write: (_port, value) => this.#command(value) },
      { first: APM_STATUS, last: APM_STATUS, read: () => this.#apmStatus, write: (_port, value) => void (this.#apmStatus = value) },
    ]
  }

  reset(): void {
    this.#enable = this.#control = this.#apmControl = this.#apmStatus = this.#events = 0
    this.#asleep = this.#keyPressed = false
    this.#changesSeen = changesAt(this.#wiring.clock.now())
    this.#update()
  }

  exchange(state: StateFields): void {
    this.#enable = state.word('enable', this.#enable)
    this.#control = state.word('control', this.#control)
    this.#apmControl = state.byte('apm control', this.#apmControl)
    this.#apmStatus = state.byte('apm status', this.#apmStatus)
    this.#changesSeen = state.int('changes seen', this.#changesSeen)
    this.#events = state.word('events', this.#events)
    this.#asleep = state.flag('asleep', this.#asleep)
    this.#keyPressed = state.flag('key pressed', this.#keyPressed)
    const base = state.optional('base', this.#placed?.base, 0xffc0)
    if (!state.loading) return
    this.#placed?.takeOut()
    const takeOut = base === undefined ? undefined : this.#wiring.map(base, PM_BLOCK_BYTES, this)
    this.#placed = base === undefined || takeOut === undefined ? undefined : { base, takeOut }
    if (this.#placed?.base !== base) throw state.wrong('other registers are where these are to be')
  }

  describe(): DeviceFacts {
    return [
      {
        title: 'ACPI',
        facts: [
          fact('ports', this.#placed === undefined ? 'off' : `0x${this.#placed.base.toString(16)}`), bitsFact('events', this.#status, STATUS_NAMES), bitsFact('enabled events', this.#enable, STATUS_NAMES),
          fact('events interrupt (SCI_EN)', (this.#control & SCI_ENABLE) !== 0), fact('timer', `${this.#count}`), fact('asleep (S3)', this.#asleep),
        ],
      },
    ]
  }

  get asleep(): boolean {
    return this.#asleep
  }

  /** Whether something wakes the board: a key, or the clock where the system has enabled its event. */
  get wakes(): boolean {
    return this.#asleep && (this.#keyPressed || (this.#events & this.#enable) !== 0)
  }

  /** The board wakes: `reset` brings the chips out of their sleep meanwhile. What woke it is seen in the status. */
  wake(reset: () => void): void {
    const events = this.#events & CLOCK_EVENT
    reset()
    this.#events = events | WAKE_STATUS
  }

  /** The clock's interrupt line. */
  clockLine(level: boolean): void {
    if (!level) return
    this.#events |= CLOCK_EVENT
    this.#update()
  }

  keyPressed(): void {
    this.#keyPressed = this.#asleep
  }

  configured(config: PciConfig): void {
    const wanted = (config.read(PM_MISC, 1) & BLOCK_ON) !== 0 ? config.read(PM_BASE, 2) & PM_BASE_BITS : undefined
    if (wanted === this.#placed?.base) return
    this.#placed?.takeOut()
    const takeOut = wanted === undefined ? undefined : this.#wiring.map(wanted, PM_BLOCK_BYTES, this)
    this.#placed = wanted === undefined || takeOut === undefined ? undefined : { base: wanted, takeOut }
  }

  /** Registers of the block; in parts, too. Those that are not there read as 0. */
  read(offset: number, size: 1 | 2 | 4): number {
    if (offset === Pm.timer && size === 4) {
      // Before the count is taken: delays are made of this, and what passes in one is to be seen.
      this.#wiring.timerRead?.()
      return this.#count
    }
    let value = 0
    for (let i = 0; i < size; i++) value += this.#byte(offset + i) * 2 ** (8 * i)
    return value
  }

  write(offset: number, size: 1 | 2 | 4, value: number): void {
    for (let at = offset & ~1; at < offset + size; at += 2) {
      // Bytes of a 16-bit register that are not written stay as they are; of the status register they clear nothing.
      const shift = 8 * (at - offset)
      const written = shift < 0 ? (value << 8) & 0xff00 : (value >>> shift) & 0xffff
      const mask = shift < 0 ? 0xff00 : size - (at - offset) === 1 ? 0x00ff : 0xffff
      this.#writeWord(at, written & mask, mask)
    }
    this.#update()
  }

  get #count(): number {
    return pmCountsAt(this.#wiring.clock.now()) % 2 ** TIMER_BITS
  }

  get #status(): number {
    return this.#events | (changesAt(this.#wiring.clock.now()) > this.#changesSeen ? TIMER_EVENT : 0)
  }

  #byte(offset: number): number {
    return (this.#word(offset & ~1) >> (8 * (offset & 1))) & 0xff
  }

  #word(offset: number): number {
    switch (offset) {
      case Pm.status:
        return this.#status
      case Pm.enable:
        return this.#enable
      case Pm.control:
        return this.#control
      case Pm.timer:
        return this.#count & 0xffff
      case Pm.timer + 2:
        return this.#count >>> 16
      default:
        return 0
    }
  }

  #writeWord(at: number, value: number, mask: number): void {
    if (at === Pm.status) {
      this.#events &= ~value
      if (value & TIMER_EVENT) this.#changesSeen = changesAt(this.#wiring.clock.now())
    } else if (at === Pm.enable) this.#enable = ((this.#enable & ~mask) | value) & ENABLE_WRITABLE
    else if (at === Pm.control) {
      const control = (this.#control & ~mask) | value
      this.#control = control & (SCI_ENABLE | BUS_MASTER_RELOAD | SLEEP_TYPE)
      if (value & SLEEP_ENABLE) this.#sleep((control & SLEEP_TYPE) >> 10)
    }
  }

  #sleep(type: number): void {
    if (type === SOFT_OFF) this.#wiring.powerOff()
    if (type !== SUSPEND_TO_RAM) return
    this.#asleep = true
    this.#wiring.sleep()
  }

  #command(value: number): void {
    this.#apmControl = value
    if (value === ACPI_ENABLE) this.#control |= SCI_ENABLE
    else if (value === ACPI_DISABLE) this.#control &= ~SCI_ENABLE
    this.#update()
  }

  /** The interrupt's level now, and when it may change next. */
  #update(): void {
    const on = (this.#control & SCI_ENABLE) !== 0
    this.#wiring.sci(on && (this.#status & this.#enable) !== 0)
    if (on && (this.#enable & TIMER_EVENT) !== 0 && (this.#status & TIMER_EVENT) === 0) this.#overflow.set(tickOfCount((this.#changesSeen + 1) * 2 ** (TIMER_BITS - 1)))
    else this.#overflow.cancel()
  }
}
