/**
 * Motorola MC146818A real-time clock with 128 bytes of CMOS RAM (data sheet MC146818A/D), IRQ 8, at ports 70h/71h as in
 * the PC/AT. The date runs on virtual time from a given start, so that a run can be repeated.
 */
import type { Clock, Timer } from '../machine/clock'
import { TICKS_PER_MICROSECOND, TICKS_PER_SECOND } from '../machine/clock'
import type { Device, DeviceFacts, Line, PortRange } from './device'
import { bitsFact, fact, hex8 } from './facts'
import { FLOATING } from './device'
import { type ClockForm, type ClockTime, dateOf, decodeHours, decodeNumber, encodeHours, encodeNumber, later, SECONDS_PER_DAY, timeFrom, timeOfDay } from './rtc-calendar'
import type { StateFields } from '../state/fields'

export const CMOS = {
  seconds: 0x00, secondsAlarm: 0x01, minutes: 0x02, minutesAlarm: 0x03, hours: 0x04, hoursAlarm: 0x05, weekday: 0x06, day: 0x07, month: 0x08,
  year: 0x09, statusA: 0x0a, statusB: 0x0b, statusC: 0x0c, statusD: 0x0d, shutdown: 0x0f, floppies: 0x10, disks: 0x12, equipment: 0x14,
  baseMemory: 0x15, extendedMemory: 0x17, checksum: 0x2e, extendedMemoryFound: 0x30, century: 0x32, memoryAbove16M: 0x34,
} as const

/** Shutdown code of a board that has woken from sleep state S3: not one of the PC/AT's, but QEMU's. */
export const WOKEN = 0xfe

const B_SET = 0x80
const B_PERIODIC = 0x40
const B_ALARM = 0x20
const B_UPDATE_ENDED = 0x10
const B_SQUARE_WAVE = 0x08
const B_BINARY = 0x04
const B_24_HOURS = 0x02
const B_ENABLES = B_PERIODIC | B_ALARM | B_UPDATE_ENDED
const C_REQUEST = 0x80
const A_UPDATE_IN_PROGRESS = 0x80
const A_DIVIDER = 0x70
const A_RATE = 0x0f
/** The divider counts with this and lower settings, each for a crystal of its own; higher ones hold it or are for tests. */
const DIVIDER_32_KHZ = 0x20
const DIVIDER_RESET = 0x60
const D_POWER_GOOD = 0x80
/** The update-in-progress bit comes 244 µs before an update, and stays for the 1984 µs that it takes with a crystal of 32.768 kHz (table 6). What was updated is seen after that. */
const UPDATE_TICKS = (244 + 1984) * TICKS_PER_MICROSECOND
const OSCILLATOR_HERTZ = 32_768
/** An alarm register from C0h on matches everything. */
const ALARM_ANY = 0xc0

export class RtcMc146818 implements Device {
  readonly name = 'MC146818A clock and CMOS RAM'
  readonly ports: readonly PortRange[]
  /** The clock's bytes are those of tick `#seen`. */
  readonly ram = new Uint8Array(128)
  readonly #clock: Clock
  readonly #irq8: Line
  readonly #timer: Timer
  #index = 0
  /** The tick up to which clock and flags have been brought. */
  #seen = 0
  /** Updates end at ticks that have this remainder within a second: when the divider began to count. */
  #phase = 0

  /** `startMs`: the date at power-on, in milliseconds since 1970-01-01 UTC (whole seconds count). */
  constructor(clock: Clock, irq8: Line, startMs: number) {
    this.#clock = clock
    this.#irq8 = irq8
    this.ram[CMOS.statusA] = 0x26
    this.ram[CMOS.statusB] = B_24_HOURS
    this.#time = timeFrom(new Date(startMs))
    this.#timer = clock.timer(() => {
      this.#catchUp()
      this.#schedule()
    })
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

  /** A machine reset stops the interrupts and the square wave; date and RAM live on the battery. */
  reset(): void {
    this.#catchUp()
    this.#index = 0
    this.ram[CMOS.statusB] = this.#byte(CMOS.statusB) & ~(B_ENABLES | B_SQUARE_WAVE)
    this.ram[CMOS.statusC] = 0
    this.#updateRequest()
    this.#schedule()
  }

  exchange(state: StateFields): void {
    state.array('ram', this.ram)
    this.#index = state.int('index', this.#index, 0x7f)
    this.#seen = state.int('seen', this.#seen)
    this.#phase = state.int('phase', this.#phase, TICKS_PER_SECOND - 1)
  }

  describe(): DeviceFacts {
    const word = (index: number): number => this.#byte(index) | (this.#byte(index + 1) << 8)
    const ticks = this.#periodTicks
    const alarm = [CMOS.hoursAlarm, CMOS.minutesAlarm, CMOS.secondsAlarm].map((index) => (this.#byte(index) >= ALARM_ANY ? '**' : hex8(this.#byte(index)).slice(2)))
    return [
      {
        title: 'Clock',
        facts: [
          fact('date', this.date.toISOString().replace('T', ' ').slice(0, 19), this.#updates ? 'runs' : this.#byte(CMOS.statusB) & B_SET ? 'stands (SET)' : 'stands (divider)'),
          fact('alarm', alarm.join(':')),
          fact('periodic rate', ticks === undefined ? 'off' : `${(TICKS_PER_SECOND / ticks).toFixed(2)} Hz`),
          bitsFact('register B', this.#byte(CMOS.statusB), ['daylight saving', '24 hours', 'binary', 'square wave', 'update interrupt', 'alarm interrupt', 'periodic interrupt', 'set']),
          bitsFact('register C', this.#byte(CMOS.statusC), [undefined, undefined, undefined, undefined, 'update', 'alarm', 'periodic', 'interrupt request']),
          fact('selected register', this.#index),
        ],
      },
      {
        title: 'CMOS RAM',
        facts: [
          fact('base memory', `${word(CMOS.baseMemory)} KiB`),
          fact('extended memory', `${word(CMOS.extendedMemory)} KiB`),
          fact('memory above 16 MiB', `${word(CMOS.memoryAbove16M) * 64} KiB`),
          fact('shutdown code', this.#byte(CMOS.shutdown)),
          fact('diskette drives', this.#byte(CMOS.floppies)),
          fact('hard disks', this.#byte(CMOS.disks)),
        ],
      },
    ]
  }

  /** The date shown by the clock. */
  get date(): Date {
    const time = later(this.#time, this.#updatesSince(this.#clock.now()))
    return new Date(dateOf(time).getTime() + timeOfDay(time) * 1000)
  }

  #byte(index: number): number {
    return this.ram[index] ?? 0
  }

  get #form(): ClockForm {
    const b = this.#byte(CMOS.statusB)
    return { binary: (b & B_BINARY) !== 0, hours24: (b & B_24_HOURS) !== 0 }
  }

  /** What the clock's bytes say. */
  get #time(): ClockTime {
    const form = this.#form
    const at = (index: number): number => decodeNumber(this.#byte(index), form)
    return {
      seconds: at(CMOS.seconds), minutes: at(CMOS.minutes), hours: decodeHours(this.#byte(CMOS.hours), form),
      weekday: at(CMOS.weekday), day: at(CMOS.day), month: at(CMOS.month), year: at(CMOS.year), century: at(CMOS.century),
    }
  }

  set #time(time: ClockTime) {
    const form = this.#form
    for (const name of ['seconds', 'minutes', 'weekday', 'day', 'month', 'year', 'century'] as const) this.ram[CMOS[name]] = encodeNumber(time[name], form)
    this.ram[CMOS.hours] = encodeHours(time.hours, form)
  }

  /** Whether the divider counts. */
  get #counts(): boolean {
    return (this.#byte(CMOS.statusA) & A_DIVIDER) <= DIVIDER_32_KHZ
  }

  /** Whether the time goes on. */
  get #updates(): boolean {
    return this.#counts && !(this.#byte(CMOS.statusB) & B_SET)
  }

  /** Ends of updates after `#seen`, up to tick `now`. */
  #updatesSince(now: number): number {
    const before = (tick: number): number => Math.floor((tick - this.#phase) / TICKS_PER_SECOND)
    return this.#updates ? before(now) - before(this.#seen) : 0
  }

  get #untilUpdate(): number {
    return TICKS_PER_SECOND - ((this.#clock.now() - this.#phase + TICKS_PER_SECOND) % TICKS_PER_SECOND)
  }

  /** Period of the periodic interrupt in ticks (not whole), by rate selection bits 3–0 of register A (table 5). */
  get #periodTicks(): number | undefined {
    const rate = this.#byte(CMOS.statusA) & A_RATE
    if (rate === 0 || !this.#counts) return undefined
    // Rates 1 and 2 repeat 8 and 9 with a 32,768 Hz time base.
    const shift = rate <= 2 ? rate + 6 : rate - 1
    return (TICKS_PER_SECOND * 2 ** shift) / OSCILLATOR_HERTZ
  }

  /** Brings clock and flags to the present: flags are set whether or not their interrupts are enabled. */
  #catchUp(): void {
    const now = this.#clock.now()
    const period = this.#periodTicks
    let flags = 0
    if (period !== undefined) {
      const before = (tick: number): number => Math.floor((tick - this.#phase) / period)
      if (before(now) > before(this.#seen)) flags |= B_PERIODIC
    }
    const updates = this.#updatesSince(now)
    if (updates > 0) {
      const time = this.#time
      flags |= B_UPDATE_ENDED
      if (this.#alarmWithin(timeOfDay(time), updates)) flags |= B_ALARM
      this.#time = later(time, updates)
    }
    this.#seen = now
    if (flags === 0) return
    this.ram[CMOS.statusC] = this.#byte(CMOS.statusC) | flags
    this.#updateRequest()
  }

  /** Whether one of so many seconds after a time of the day is that of the alarm. */
  #alarmWithin(start: number, seconds: number): boolean {
    const form = this.#form
    const is = (register: number, encoded: number): boolean => this.#byte(register) >= ALARM_ANY || this.#byte(register) === encoded
    for (let second = 1; second <= Math.min(seconds, SECONDS_PER_DAY); second++) {
      const time = (start + second) % SECONDS_PER_DAY
      if (
        is(CMOS.secondsAlarm, encodeNumber(time % 60, form)) &&
        is(CMOS.minutesAlarm, encodeNumber(Math.floor(time / 60) % 60, form)) &&
        is(CMOS.hoursAlarm, encodeHours(Math.floor(time / 3600), form))
      ) return true
    }
    return false
  }

  /** The interrupt request is there while a flag of register C and its enable bit in B are. */
  #updateRequest(): void {
    const flags = this.#byte(CMOS.statusC) & ~C_REQUEST
    const requests = (flags & this.#byte(CMOS.statusB) & B_ENABLES) !== 0
    this.ram[CMOS.statusC] = flags | (requests ? C_REQUEST : 0)
    this.#irq8(requests)
  }

  /** Looks again when the next flag comes whose interrupt is enabled. */
  #schedule(): void {
    const now = this.#clock.now()
    const b = this.#byte(CMOS.statusB)
    const period = b & B_PERIODIC ? this.#periodTicks : undefined
    const periodic = period === undefined ? Infinity : Math.ceil(this.#phase + (Math.floor((now - this.#phase) / period) + 1) * period)
    const update = b & (B_ALARM | B_UPDATE_ENDED) && this.#updates ? now + this.#untilUpdate : Infinity
    const next = Math.min(periodic, update)
    if (next === Infinity) this.#timer.cancel()
    else this.#timer.set(next)
  }

  #read(index: number): number {
    this.#catchUp()
    switch (index) {
      case CMOS.statusA:
        return this.#byte(index) | (this.#updates && this.#untilUpdate <= UPDATE_TICKS ? A_UPDATE_IN_PROGRESS : 0)
      case CMOS.statusC: {
        const flags = this.#byte(index)
        this.ram[index] = 0
        this.#updateRequest()
        return flags
      }
      case CMOS.statusD:
        return D_POWER_GOOD
      default:
        return this.#byte(index)
    }
  }

  #write(index: number, value: number): void {
    this.#catchUp()
    if (index === CMOS.statusA) this.#writeA(value & ~A_UPDATE_IN_PROGRESS)
    else if (index === CMOS.statusB) this.#writeB(value)
    else if (index !== CMOS.statusC && index !== CMOS.statusD) this.ram[index] = value
  }

  /** The first update after a reset of the divider comes half a second later. */
  #writeA(value: number): void {
    const wasReset = (this.#byte(CMOS.statusA) & DIVIDER_RESET) === DIVIDER_RESET
    this.ram[CMOS.statusA] = value
    if (wasReset && this.#counts) this.#phase = (this.#clock.now() + TICKS_PER_SECOND / 2) % TICKS_PER_SECOND
    this.#schedule()
  }

  /** SET also takes back the update interrupt's enable bit. A clock that runs on is shown in the new form; one that stands is the program's to set, in the form that it says last. */
  #writeB(value: number): void {
    const time = this.#time
    const before = this.#byte(CMOS.statusB)
    this.ram[CMOS.statusB] = value & B_SET ? value & ~B_UPDATE_ENDED : value
    if ((before ^ value) & (B_BINARY | B_24_HOURS) && !((before | value) & B_SET)) this.#time = time
    this.#updateRequest()
    this.#schedule()
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
