/** The machine that garbage is written to, with something in every drive, and every access to it: counted, timed, and part of one sum. */
import { createHash } from 'node:crypto'
import { CMOS } from '../../../src/main/emulator/devices/rtc-mc146818'
import type { PhysicalMemory } from '../../../src/main/emulator/cpu/ports'
import { CS } from '../../../src/main/emulator/cpu/state/bits'
import type { BackendName, MachineOptions } from '../../../src/main/emulator/machine/machine'
import { Machine } from '../../../src/main/emulator/machine/machine'
import { Random } from '../../../src/main/emulator/cpu/semantics/random'

export type Width = 1 | 2 | 4 | 8

export const MEMORY_BYTES = 8 << 20
const DISK_BYTES = 4 << 20
const FLOPPY_BYTES = 1_474_560
const PAGE = 0x1000
const FILE_BYTES = 70_000
const GUEST_AT = 0x7c00
const CODE_ATTRIBUTES = 0x93
/** The BIOS has started what is in the drive after so many ticks, or never will. */
const POST_TICKS = { step: 5_000, most: 40_000_000 } as const
/** One restart in so many is followed by a guest that keeps the machine going: every interrupt returns (EOI to both 8259A), and HLT comes now and then. */
const PEACE = 2
const PEACEFUL_GUEST = Uint8Array.of(
  0xfc, 0xfa, 0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0, 0xbc, 0x00, 0x7c, // cld; cli; ds, es and ss are 0, sp is 7C00h
  0x31, 0xff, 0xb9, 0x00, 0x01, 0xb8, 0x22, 0x7c, 0xab, 0x31, 0xc0, 0xab, 0xe2, 0xf7, // all 256 vectors to 0:7C22h
  0xfb, 0x40, 0x75, 0xfd, 0xf4, 0xeb, 0xfa, // sti; inc ax; jnz back; hlt; jmp back
  0x50, 0xb0, 0x20, 0xe6, 0x20, 0xe6, 0xa0, 0x58, 0xcf,
)
/** What takes longer is compared with processor time. */
const SUSPICIOUS_MS = 20
/** Accesses between two looks at that. */
const CPU_LOOK = 64
const FNV = 0x0100_0193

export interface BoardOptions {
  readonly seed: number
  /** What a person would boot: afterwards it must. A CD, so that no garbage reaches it. */
  readonly bootable: Uint8Array
  /** 512 bytes at 7C00h that run meanwhile. */
  readonly guest: Uint8Array
  readonly backend?: BackendName
  readonly roms?: MachineOptions['roms']
}

export interface Slow {
  readonly what: string
  readonly milliseconds: number
}

const hex = (value: number): string => `0x${value.toString(16)}`

/** The reset button. A shutdown code in CMOS RAM would have the BIOS go on with what a program has left behind, as that of a PC/AT does. */
export function pressReset(machine: Machine): void {
  machine.bus.write(0x70, 1, CMOS.shutdown)
  machine.bus.write(0x71, 1, 0)
  machine.reset()
}

/** As the processor sees it: with its local APIC. */
const memoryOf = ({ interrupts, memoryMap }: Machine): PhysicalMemory => interrupts.memories[0] ?? memoryMap

export class Board {
  readonly machine: Machine
  readonly random: Random
  /** Accesses so far. */
  accesses = 0
  /** How often the guest, or garbage, ended the run. */
  readonly ends = new Map<string, number>()
  slowest: Slow = { what: 'nothing', milliseconds: 0 }
  slowestRun: Slow = { what: 'nothing', milliseconds: 0 }
  /** The last accesses, for a report. */
  readonly #lately: string[] = []
  readonly #guest: Uint8Array
  readonly #images: readonly Uint8Array[]
  readonly #imagesBefore: string
  #sum = 0x811c_9dc5
  #runs = 0
  #processorTime = processorTime()
  /** Bytes that came out of ports. */
  written: number[] = []

  constructor({ seed, bootable, guest, backend = 'interp', roms }: BoardOptions) {
    this.random = new Random(seed + 1)
    this.#guest = guest
    const garbage = (bytes: number): Uint8Array => this.#garbage(bytes)
    const [diskette, disk, smallDisk, protectedDisk] = [garbage(FLOPPY_BYTES), garbage(DISK_BYTES), garbage(DISK_BYTES + 700), garbage(DISK_BYTES)]
    this.#images = [bootable, diskette, disk, smallDisk, protectedDisk]
    this.#imagesBefore = this.#imageSum()
    const file = garbage(FILE_BYTES)
    this.machine = new Machine({
      image: bootable, medium: 'cd', memoryBytes: MEMORY_BYTES, backend, startDate: 0, roms,
      drives: [
        { image: diskette, medium: 'floppy', readOnly: false }, { image: disk, medium: 'disk', readOnly: false },
        { image: smallDisk, medium: 'disk', readOnly: false }, { image: protectedDisk, medium: 'disk', readOnly: true },
      ],
      network: { files: { read: (path) => (path.length % 2 === 0 ? file : undefined) } },
      onSerial: (byte) => this.#told(byte), onDebugConsole: (byte) => this.written.push(byte), onOutput: (_port, byte) => this.#told(byte), onTone: (hertz) => this.#told(hertz),
    })
    this.machine.memoryMap.textMemory.set(garbage(PAGE))
    for (let at = 0x10_0000; at < MEMORY_BYTES; at += PAGE) this.machine.memory.writeBytes(at, garbage(PAGE))
    this.restart()
  }

  /** Presses the reset button, and has the guest run once the BIOS is through. */
  restart(): void {
    const { machine } = this
    pressReset(machine)
    const post = machine.now
    while (!machine.timeline.entries.some(({ step }) => step === 'boot-sector') && machine.now - post < POST_TICKS.most && !machine.run(POST_TICKS.step));
    machine.memory.writeBytes(GUEST_AT, this.random.chance(PEACE) ? PEACEFUL_GUEST : this.#guest)
    machine.cpu.state.halted = false
    machine.cpu.state.setSegment(CS, { selector: 0, base: 0n, limit: 0xffff, attributes: CODE_ATTRIBUTES })
    machine.cpu.state.rip = BigInt(GUEST_AT)
    machine.cpu.memoryMapChanged()
  }

  in(port: number, width: 1 | 2 | 4): number {
    return this.#access(`in ${hex(port)}, ${width}`, () => this.machine.bus.read(port, width))
  }

  out(port: number, width: 1 | 2 | 4, value: number): void {
    this.#access(`out ${hex(port)}, ${width}, ${hex(value)}`, () => this.machine.bus.write(port, width, value))
  }

  /** Cut into what a processor would put on the bus: aligned pieces of at most four bytes. */
  load(address: number, width: Width): number {
    const memory = memoryOf(this.machine)
    return this.#access(`load ${hex(address)}, ${width}`, () => {
      let value = 0
      for (let done = 0; done < width; ) {
        const [at, step] = [address + done, pieceAt(address + done, width - done)]
        value ^= step === 4 ? memory.read32(at) : step === 2 ? memory.read16(at) : memory.read8(at)
        done += step
      }
      return value >>> 0
    })
  }

  store(address: number, width: Width, value: number): void {
    const { machine } = this
    this.#access(`store ${hex(address)}, ${width}, ${hex(value)}`, () => {
      const memory = memoryOf(machine)
      for (let done = 0; done < width; ) {
        const [at, step] = [address + done, pieceAt(address + done, width - done)]
        const frame = memory.writableFrame(at - (at % PAGE))
        if (step === 4) memory.write32(at, value >>> 0)
        else if (step === 2) memory.write16(at, value & 0xffff)
        else memory.write8(at, value & 0xff)
        if (frame !== 0) machine.cpu.codeChanged(frame + (at % PAGE), step)
        done += step
      }
    })
  }

  /** What a guest's program puts into memory for a device to find. */
  put(address: number, bytes: Uint8Array): void {
    this.machine.memory.writeBytes(address, bytes)
  }

  /** An aligned place in memory. */
  place(): number {
    return (0x1_0000 + this.random.below(MEMORY_BYTES - 0x4_0000)) & ~0xf
  }

  /** Lets the guest run. */
  pass(ticks: number): void {
    this.#processorTime = processorTime()
    const started = performance.now()
    const outcome = this.machine.run(ticks)
    this.#took('slowestRun', `${ticks} ticks after ${this.#lately.slice(-3).join('; ')}`, performance.now() - started)
    this.#runs++
    if (!outcome) return
    this.ends.set(outcome.reason, (this.ends.get(outcome.reason) ?? 0) + 1)
    this.restart()
  }

  /** A number for all that was read and told, and what the machine holds. */
  hash(): string {
    const hash = createHash('sha256')
    hash.update(`${this.#sum} ${this.accesses} ${this.#runs} ${this.machine.now} ${this.machine.cpu.snapshotHash()}`)
    hash.update(JSON.stringify(this.machine.describeDevices()))
    return hash.digest('hex').slice(0, 16)
  }

  get imagesAreAsBefore(): boolean {
    return this.#imagesBefore === this.#imageSum()
  }

  get lately(): readonly string[] {
    return this.#lately
  }

  #access<T extends number | void>(what: string, act: () => T): T {
    if (this.accesses++ % CPU_LOOK === 0) this.#processorTime = processorTime()
    this.#lately.push(what)
    if (this.#lately.length > 64) this.#lately.splice(0, 32)
    const started = performance.now()
    const value = act()
    this.#took('slowest', what, performance.now() - started)
    if (typeof value === 'number') this.#told(value)
    return value
  }

  /** Counted as `blamed` does, the processor's time from a little before. */
  #took(which: 'slowest' | 'slowestRun', what: string, wall: number): void {
    if (wall <= this[which].milliseconds) return
    const milliseconds = wall < SUSPICIOUS_MS ? wall : Math.min(wall, processorTime() - this.#processorTime)
    if (milliseconds > this[which].milliseconds) this[which] = { what, milliseconds }
  }

  #told(value: number): void {
    this.#sum = Math.imul(this.#sum ^ value, FNV)
  }

  #garbage(bytes: number): Uint8Array {
    return new Uint8Array(Uint32Array.from({ length: Math.ceil(bytes / 4) }, () => this.random.u32()).buffer).subarray(0, bytes)
  }

  #imageSum(): string {
    const hash = createHash('sha256')
    for (const image of this.#images) hash.update(image)
    return hash.digest('hex')
  }
}

/** Milliseconds that this process used the processor. */
function processorTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function pieceAt(address: number, left: number): 1 | 2 | 4 {
  if (left >= 4 && address % 4 === 0) return 4
  return left >= 2 && address % 2 === 0 ? 2 : 1
}
