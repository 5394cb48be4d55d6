/**
 * Motorola MC146818A real-time clock with 128 bytes of CMOS RAM (data sheet MC146818A/D), IRQ 8, at ports 70h/71h as in
 * the PC/AT. The date runs on virtual time from a given start, so that a run can be repeated.
 */
import type { Clock, Timer } from '../machine/clock'
import { TICKS_PER_MICROSECOND, TICKS_PER_SECOND } from '../machine/clock'
import type { Device, DeviceFacts, Line, PortRange } from './device'
import { bitsFact, fact, hex8 } from './facts'
import { FLOATING } from './device'
import type { StateFields } from '../state/fields'

export const CMOS = {
  seconds: 0x00, secondsAlarm: 0x01, minutes: 0x02, minutesAlarm: 0x03, hours: 0x04, hoursAlarm: 0x05, weekday: 0x06, day: 0x07, month: 0x08,
  year: 0x09, statusA: 0x0a, statusB: 0x0b, statusC: 0x0c, statusD: 0x0d, shutdown: 0x0f, floppies: 0x10, disks: 0x12, equipment: 0x14,
  baseMemory: 0x15, extendedMemory: 0x17, checksum: 0x2e, extendedMemoryFound: 0x30, century: 0x32, memoryAbove16M: 0x34,
} as const

const B_SET = 0x80
const B_PERIODIC = 0x40
const B_ALARM = 0x20
const B_UPDATE_ENDED = 0x10
const B_BINARY = 0x04
const B_24_HOURS = 0x02
const C_REQUEST = 0x80
const A_UPDATE_IN_PROGRESS = 0x80
const D_POWER_GOOD = 0x80
/** The update-in-progress bit comes this long before the update. */
const UPDATE_TICKS = 244 * TICKS_PER_MICROSECOND
const OSCILLATOR_HERTZ = 32_768
/** An alarm register from C0h on matches everything. */
const ALARM_ANY = 0xc0

/** Seconds from 1970 that a date can be away. */
const LAST_SECOND = 8.64e12

const CLOCK_REGISTERS: ReadonlySet<number> = new Set([0x00, 0x02, 0x04, 0x06, 0x07, 0x08, 0x09, CMOS.century])

export class RtcMc146818 implements Device {
  readonly name = 'MC146818A clock and CMOS RAM'
  readonly ports: readonly PortRange[]
  readonly ram = new Uint8Array(128)
  readonly #clock: Clock
  readonly #irq8: Line
  readonly #second: Timer
  readonly #periodic: Timer
  #index = 0
  /** Seconds since 1970 at tick 0 of virtual time, moved when the guest sets the clock. */
  #epoch: number
  /** Seconds since 1970 at which SET stopped the clock. */
  #stoppedAt: number | undefined
  #periodStart = 0

  /** `startMs`: the date at power-on, in milliseconds since 1970-01-01 UTC (whole seconds count). */
  constructor(clock: Clock, irq8: Line, startMs: number) {
    this.#clock = clock
    this.#irq8 = irq8
    this.#epoch = Math.floor(startMs / 1000)
    this.ram[CMOS.statusA] = 0x26
    this.ram[CMOS.statusB] = B_24_HOURS
    this.#second = clock.timer((due) => this.#secondPassed(due))
    this.#periodic = clock.timer(() => this.#period())
    this.ports = [
      {
        first: 0x70,
        last: 0x70,
        read: () => FLOATING,
        write: (_port, value) => {
          this.#index = value & 0x7f
        },
      },
      { first: 0x71, last: 0x71, read: () => this.#read(this.#index), write: (_port, value) => this.#write(this.#index, value) },
    ]
  }

  /** A machine reset stops the interrupts; date and RAM live on the battery. */
  reset(): void {
    this.#index = 0
    this.ram[CMOS.statusB] = this.#status(CMOS.statusB) & ~(B_PERIODIC | B_ALARM | B_UPDATE_ENDED)
    this.ram[CMOS.statusC] = 0
    this.#irq8(false)
    this.#schedule()
  }

  exchange(state: StateFields): void {
    state.array('ram', this.ram)
    this.#index = state.int('index', this.#index, 0x7f)
    this.#epoch = state.int('epoch', this.#epoch, LAST_SECOND, -LAST_SECOND)
    this.#stoppedAt = state.maybe('stopped at', this.#stoppedAt, (at, value) => at.int('seconds', value ?? 0, LAST_SECOND, -LAST_SECOND))
    this.#periodStart = state.int('period start', this.#periodStart)
  }

  describe(): DeviceFacts {
    const word = (index: number): number => this.#status(index) | (this.#status(index + 1) << 8)
    const ticks = this.#periodTicks()
    const alarm = [CMOS.hoursAlarm, CMOS.minutesAlarm, CMOS.secondsAlarm].map((index) => (this.#status(index) >= ALARM_ANY ? '**' : hex8(this.#status(index)).slice(2)))
    return [
      {
        title: 'Clock',
        facts: [
          fact('date', this.date.toISOString().replace('T', ' ').slice(0, 19), this.#stoppedAt === undefined ? 'runs' : 'stands (SET)'),
          fact('alarm', alarm.join(':')),
          fact('periodic rate', ticks === undefined ? 'off' : `${(TICKS_PER_SECOND / ticks).toFixed(2)} Hz`),
          bitsFact('register B', this.#status(CMOS.statusB), ['daylight saving', '24 hours', 'binary', 'square wave', 'update interrupt', 'alarm interrupt', 'periodic interrupt', 'set']),
          bitsFact('register C', this.#status(CMOS.statusC), [undefined, undefined, undefined, undefined, 'update', 'alarm', 'periodic', 'interrupt request']),
          fact('selected register', this.#index),
        ],
      },
      {
        title: 'CMOS RAM',
        facts: [
          fact('base memory', `${word(CMOS.baseMemory)} KiB`),
          fact('extended memory', `${word(CMOS.extendedMemory)} KiB`),
          fact('memory above 16 MiB', `${word(CMOS.memoryAbove16M) * 64} KiB`),
          fact('shutdown code', this.#status(CMOS.shutdown)),
          fact('diskette drives', this.#status(CMOS.floppies)),
          fact('hard disks', this.#status(CMOS.disks)),
        ],
      },
    ]
  }

  /** The date shown by the clock. */
  get date(): Date {
    return new Date((this.#stoppedAt ?? this.#secondsNow()) * 1000)
  }

  set date(date: Date) {
    const seconds = Math.floor(date.getTime() / 1000)
    if (this.#stoppedAt !== undefined) this.#stoppedAt = seconds
    else this.#epoch = seconds - Math.floor(this.#clock.now() / TICKS_PER_SECOND)
  }

  #secondsNow(): number {
    return this.#epoch + Math.floor(this.#clock.now() / TICKS_PER_SECOND)
  }

  #status(index: number): number {
    return this.ram[index] ?? 0
  }

  #read(index: number): number {
    if (CLOCK_REGISTERS.has(index)) return this.#clockRegister(index)
    switch (index) {
      case CMOS.statusA: {
        const untilUpdate = TICKS_PER_SECOND - (this.#clock.now() % TICKS_PER_SECOND)
        const updating = this.#stoppedAt === undefined && untilUpdate <= UPDATE_TICKS
        return (this.#status(index) & ~A_UPDATE_IN_PROGRESS) | (updating ? A_UPDATE_IN_PROGRESS : 0)
      }
      case CMOS.statusC: {
        const flags = this.#status(index)
        this.ram[index] = 0
        this.#irq8(false)
        return flags
      }
      case CMOS.statusD:
        return D_POWER_GOOD
      default:
        return this.#status(index)
    }
  }

  #write(index: number, value: number): void {
    if (CLOCK_REGISTERS.has(index)) {
      this.#setClockRegister(index, value)
      return
    }
    if (index === CMOS.statusC || index === CMOS.statusD) return
    if (index === CMOS.statusB) this.#setStopped((value & B_SET) !== 0)
    this.ram[index] = index === CMOS.statusA ? value & 0x7f : value
    if (index === CMOS.statusA || index === CMOS.statusB) this.#schedule()
  }

  #setStopped(stop: boolean): void {
    if (stop && this.#stoppedAt === undefined) this.#stoppedAt = this.#secondsNow()
    else if (!stop && this.#stoppedAt !== undefined) {
      const date = this.#stoppedAt
      this.#stoppedAt = undefined
      this.#epoch = date - Math.floor(this.#clock.now() / TICKS_PER_SECOND)
    }
  }

  #encode(value: number): number {
    return this.#status(CMOS.statusB) & B_BINARY ? value : Math.floor(value / 10) * 16 + (value % 10)
  }

  #decode(value: number): number {
    return this.#status(CMOS.statusB) & B_BINARY ? value : (value >> 4) * 10 + (value & 15)
  }

  #clockRegister(index: number): number {
    const date = this.date
    switch (index) {
      case CMOS.seconds:
        return this.#encode(date.getUTCSeconds())
      case CMOS.minutes:
        return this.#encode(date.getUTCMinutes())
      case CMOS.hours: {
        const hours = date.getUTCHours()
        if (this.#status(CMOS.statusB) & B_24_HOURS) return this.#encode(hours)
        return this.#encode(hours % 12 === 0 ? 12 : hours % 12) | (hours >= 12 ? 0x80 : 0)
      }
      case CMOS.weekday:
        return this.#encode(date.getUTCDay() + 1)
      case CMOS.day:
        return this.#encode(date.getUTCDate())
      case CMOS.month:
        return this.#encode(date.getUTCMonth() + 1)
      case CMOS.year:
        return this.#encode(date.getUTCFullYear() % 100)
      default:
        return this.#encode(Math.floor(date.getUTCFullYear() / 100))
    }
  }

  #setClockRegister(index: number, value: number): void {
    const date = this.date
    const number = this.#decode(value)
    switch (index) {
      case CMOS.seconds:
        date.setUTCSeconds(number)
        break
      case CMOS.minutes:
        date.setUTCMinutes(number)
        break
      case CMOS.hours:
        if (this.#status(CMOS.statusB) & B_24_HOURS) date.setUTCHours(number)
        else date.setUTCHours((this.#decode(value & 0x7f) % 12) + (value & 0x80 ? 12 : 0))
        break
      case CMOS.day:
        date.setUTCDate(number)
        break
      case CMOS.month:
        date.setUTCMonth(number - 1)
        break
      case CMOS.year:
        date.setUTCFullYear(Math.floor(date.getUTCFullYear() / 100) * 100 + number)
        break
      case CMOS.century:
        date.setUTCFullYear(number * 100 + (date.getUTCFullYear() % 100))
        break
      default:
        // The weekday follows from the date.
        return
    }
    this.date = date
  }

  #schedule(): void {
    const now = this.#clock.now()
    const b = this.#status(CMOS.statusB)
    if (b & (B_ALARM | B_UPDATE_ENDED) && !(b & B_SET)) this.#second.set((Math.floor(now / TICKS_PER_SECOND) + 1) * TICKS_PER_SECOND)
    else this.#second.cancel()
    if (b & B_PERIODIC && this.#periodTicks() !== undefined) {
      if (this.#periodic.due === Infinity) {
        this.#periodStart = now
        this.#period(true)
      }
    } else this.#periodic.cancel()
  }

  /** Period of the periodic interrupt in ticks (not whole), by rate selection bits 3–0 of register A. */
  #periodTicks(): number | undefined {
    const rate = this.#status(CMOS.statusA) & 15
    if (rate === 0) return undefined
    // Rates 1 and 2 repeat 8 and 9 with a 32,768 Hz time base.
    const shift = rate <= 2 ? rate + 6 : rate - 1
    return (TICKS_PER_SECOND * 2 ** shift) / OSCILLATOR_HERTZ
  }

  #period(first = false): void {
    const ticks = this.#periodTicks()
    if (ticks === undefined) return
    if (!first) this.#interrupt(B_PERIODIC)
    const passed = Math.floor((this.#clock.now() - this.#periodStart) / ticks)
    this.#periodic.set(Math.ceil(this.#periodStart + (passed + 1) * ticks))
  }

  #secondPassed(due: number): void {
    this.#interrupt(B_UPDATE_ENDED)
    if (this.#alarmMatches()) this.#interrupt(B_ALARM)
    this.#second.set(due + TICKS_PER_SECOND)
  }

  #alarmMatches(): boolean {
    return [CMOS.seconds, CMOS.minutes, CMOS.hours].every((register) => {
      const alarm = this.#status(register + 1)
      return alarm >= ALARM_ANY || alarm === this.#clockRegister(register)
    })
  }

  /** Sets a flag of register C; with its enable bit in B, also the interrupt request. */
  #interrupt(flag: number): void {
    let c = this.#status(CMOS.statusC) | flag
    if (c & this.#status(CMOS.statusB) & (B_PERIODIC | B_ALARM | B_UPDATE_ENDED)) c |= C_REQUEST
    this.ram[CMOS.statusC] = c
    if (c & C_REQUEST) this.#irq8(true)
  }
}

/** Fills in what a PC's setup program would: memory sizes, equipment, and the checksum over 10h–2Dh. `floppyType`: of drive A, which takes the hard disk's place. */
export function configureCmos(ram: Uint8Array, memoryBytes: number, floppyType?: number, hardDisks = 0): void {
  const kib = Math.floor(memoryBytes / 1024)
  const extended = Math.min(0xffff, Math.max(0, kib - 1024))
  const above16M = Math.min(0xffff, Math.max(0, Math.floor((kib - 16 * 1024) / 64)))
  const word = (index: number, value: number): void => {
    ram[index] = value & 0xff
    ram[index + 1] = value >> 8
  }
  ram[CMOS.floppies] = (floppyType ?? 0) << 4
  ram[CMOS.disks] = floppyType === undefined || hardDisks > 0 ? 0xf0 : 0
  // Coprocessor, 80×25 colour display, one diskette drive or none.
  ram[CMOS.equipment] = floppyType === undefined ? 0x22 : 0x23
  word(CMOS.baseMemory, 640)
  word(CMOS.extendedMemory, extended)
  word(CMOS.extendedMemoryFound, extended)
  word(CMOS.memoryAbove16M, above16M)
  let sum = 0
  for (let index = 0x10; index < CMOS.checksum; index++) sum += ram[index] ?? 0
  ram[CMOS.checksum] = (sum >> 8) & 0xff
  ram[CMOS.checksum + 1] = sum & 0xff
}
