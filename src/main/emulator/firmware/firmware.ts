/** The BIOS: its ROM, and the services that the ROM's stubs call through the firmware port. */
import { CR0, CS, VM } from '../cpu/state/bits'
import type { CpuState } from '../cpu/state/cpu-state'
import type { BiosCall } from '../../../shared/debug'
import type { Device, PortRange } from '../devices/device'
import { FLOATING } from '../devices/device'
import { BDA } from './bda'
import { powerManagement } from './int15-apm'
import { PointingDevice } from './pointing-device'
import { printer } from './int17'
import { waitingEvents } from './waiting-events'
import { bootServices, MENU, powerOn } from './boot'
import { FirmwareCall } from './call'
import type { FirmwareHost, Service } from './context'
import { FAULT_VECTORS, isSoftwareInterrupt, unhandledInterrupt } from './exceptions'
import type { UnhandledException } from './exceptions'
import { videoService } from './int10'
import { diskService } from './int13'
import { serialService } from './int14'
import { systemService } from './int15'
import { KeyboardFirmware } from './keyboard'
import type { Quirks } from './quirks'
import { CallRecorder } from './call-record'
import type { Rom, StubShape } from './rom'
import { routingTable } from './pci-routing'
import { pciBios } from './pci-bios'
import { ProtectedCall } from './protected-call'
import { installProtectedRom, PROTECTED_SERVICES } from './protected-rom'
import { buildRom, FIRMWARE_PORT, PUSHED, ROM_BYTES, ROM_SEGMENT, ROUTING_TABLE_OFFSET } from './rom'
import { TextConsole } from './text-console'
import { timerInterrupt, timeService } from './time'
import type { StateFields } from '../state/fields'

interface Entry {
  shape: StubShape
  /** Interrupt vector that points to the stub. */
  vector?: number
  service: Service
}

/** Hardware requests without a handler of their own: IRQ 2–7 and 8–15. */
const OTHER_IRQ_VECTORS = [0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77] as const
/** Those of them, and of the exceptions, that have a service of their own: IRQ 0, print screen (also #BR), IRQ 8 and 12. */
const OWN_VECTORS: ReadonlySet<number> = new Set([0x05, 0x08, 0x70, 0x74])
const VIDEO = 0x10
/** Functions of INT 10h that put something on the screen. */
const SHOWS: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0c, 0x0e, 0x13])
const WAITING: ReadonlySet<StubShape> = new Set(['wait', 'poll', 'menu'])

/** Characters of a sentence in a saved state. */
const LONGEST_TEXT = 1000

export class Firmware implements Device {
  readonly name = 'BIOS'
  readonly ports: readonly PortRange[]
  readonly rom: Rom
  readonly console: TextConsole
  readonly keyboard: KeyboardFirmware
  /** The exception that stopped the machine in real mode, if one did. */
  unhandled: UnhandledException | undefined
  /** Why nothing was booted, if so. */
  gaveUp: string | undefined
  readonly #state: CpuState
  readonly #call: FirmwareCall
  readonly #entries: ReadonlyMap<string, Entry>
  readonly #recorder: CallRecorder
  readonly #shown: () => void
  readonly #host: FirmwareHost
  readonly #protectedCall: ProtectedCall
  readonly #protectedServices: Readonly<Record<'pci' | 'apm', (call: FirmwareCall) => void>>
  readonly #resets: (() => void)[] = []
  /** What services hold, by name. */
  readonly #memories = new Map<string, (state: StateFields) => void>()
  /** Hears of every service that was called and has returned; undefined: nobody listens. */
  onServed: ((call: BiosCall) => void) | undefined

  constructor(state: CpuState, machine: Omit<FirmwareHost, 'remembers'>, quirks: Quirks = {}) {
    const host: FirmwareHost = { ...machine, remembers: (name, exchange) => void this.#memories.set(name, exchange) }
    this.#state = state
    this.#call = new FirmwareCall(state, host.memory)
    this.#recorder = new CallRecorder(host.instructions)
    this.#shown = host.shown
    this.#host = host
    this.#protectedCall = new ProtectedCall(state, host.memory)
    this.console = new TextConsole(host)
    this.keyboard = new KeyboardFirmware(host)
    const apm = powerManagement(host)
    this.#protectedServices = { pci: pciBios(host.pci, host.memory), apm: apm.service }
    this.#entries = new Map(Object.entries(this.#table(host, quirks, apm)))
    const rom = buildRom([...this.#entries].map(([name, { shape }]) => [name, shape] as const), host.drives.boot.geometry.sectorsPerTrack)
    installProtectedRom(rom.bytes)
    rom.bytes.set(routingTable(host.pci), ROUTING_TABLE_OFFSET)
    this.rom = rom
    this.ports = [{ first: FIRMWARE_PORT, last: FIRMWARE_PORT, read: () => FLOATING, write: () => this.#onCall() }]
  }

  reset(): void {
    this.unhandled = undefined
    this.gaveUp = undefined
    for (const reset of this.#resets) reset()
  }

  exchange(state: StateFields): void {
    this.unhandled = state.maybe('unhandled', this.unhandled, (fields, unhandled) => ({
      vector: fields.byte('vector', unhandled?.vector ?? 0), name: fields.text('name', unhandled?.name ?? '', LONGEST_TEXT), meaning: fields.text('meaning', unhandled?.meaning ?? '', LONGEST_TEXT),
      cs: fields.word('cs', unhandled?.cs ?? 0), ip: fields.word('ip', unhandled?.ip ?? 0),
    }))
    this.gaveUp = state.maybe('gave up', this.gaveUp, (fields, why) => fields.text('why', why ?? '', LONGEST_TEXT))
    for (const [name, exchange] of this.#memories) state.part(name, exchange)
  }

  #table(host: FirmwareHost, quirks: Quirks, apm: ReturnType<typeof powerManagement>): Record<string, Entry> {
    const { console, keyboard } = this
    const vectors = new Map<number, string>()
    const parts = {
      host,
      quirks,
      console,
      keyboard,
      rom: () => this.rom,
      vectors,
      gaveUp: (why: string) => {
        this.gaveUp = why
      },
    }
    const unhandled = (vector: number): Service =>
      unhandledInterrupt(host, console, vector, (exception) => {
        this.unhandled = exception
      })
    const { bootstrap, bootFailed, menu } = bootServices(parts)
    const pointing = new PointingDevice(host)
    const events = waitingEvents(host)
    const { service: print, printScreen } = printer(host)
    this.#resets.push(apm.reset, menu.reset)
    const table: Record<string, Entry> = {
      'power-on': { shape: 'power', service: powerOn(parts) },
      timer: { shape: 'tick', vector: 0x08, service: timerInterrupt(host) },
      keyboard: { shape: 'key', vector: 0x09, service: keyboard.interrupt },
      clock: { shape: 'alarm', vector: 0x70, service: events.interrupt },
      'pointing device': { shape: 'mouse', vector: 0x74, service: pointing.interrupt },
      // Also #BR, which BOUND raises.
      'int 05h': { shape: 'fatal', vector: 0x05, service: (call) => (isSoftwareInterrupt(call, host, 0x05) ? printScreen(call) : unhandled(0x05)(call)) },
      'int 10h': { shape: 'plain', vector: 0x10, service: videoService(host, quirks, console) },
      'int 11h': { shape: 'plain', vector: 0x11, service: (call) => void (call.ax = host.memory.read16(BDA.equipment)) },
      'int 12h': { shape: 'plain', vector: 0x12, service: (call) => void (call.ax = host.memory.read16(BDA.baseMemory)) },
      'int 13h': { shape: 'plain', vector: 0x13, service: diskService(host, quirks) },
      'int 14h': { shape: 'plain', vector: 0x14, service: serialService(host) },
      'int 15h': { shape: 'poll', vector: 0x15, service: systemService(host, quirks, { pointing, events, apm: apm.service }) },
      'int 16h': { shape: 'wait', vector: 0x16, service: keyboard.service },
      'int 17h': { shape: 'plain', vector: 0x17, service: print },
      'int 18h': { shape: 'boot', vector: 0x18, service: bootFailed },
      [MENU]: { shape: 'menu', service: menu.service },
      'int 19h': { shape: 'boot', vector: 0x19, service: bootstrap },
      'int 1Ah': { shape: 'plain', vector: 0x1a, service: timeService(host, events) },
    }
    for (const vector of new Set([...FAULT_VECTORS, ...OTHER_IRQ_VECTORS])) {
      if (OWN_VECTORS.has(vector)) continue
      table[`vector ${vector}`] = { shape: 'fatal', vector, service: unhandled(vector) }
    }
    for (const [name, { vector }] of Object.entries(table)) if (vector !== undefined) vectors.set(vector, name)
    return table
  }

  /** A write to the firmware port. Only the ROM's own code is listened to: in real and virtual-8086 mode its stubs, in protected mode the entries for it. */
  #onCall(): void {
    if ((this.#state.control(0) & CR0.PE) === 0n) this.#serve()
    else this.#host.memory.throughPages(this.#host.translate, () => ((this.#state.systemFlags & VM) === 0 ? this.#serveProtected() : this.#serve()))
  }

  /** Called far from protected mode, wherever the caller has mapped the ROM. */
  #serveProtected(): void {
    const linear = Number((this.#state.base(CS) + this.#state.rip) & 0xffff_ffffn)
    const physical = this.#host.translate(linear)
    const service = physical !== undefined && physical >> 4 >= ROM_SEGMENT && physical < ROM_SEGMENT * 16 + ROM_BYTES ? PROTECTED_SERVICES.get(physical % ROM_BYTES) : undefined
    if (service === undefined) return
    this.#protectedServices[service](this.#protectedCall)
    this.#protectedCall.setStubCarry(this.#protectedCall.carry)
  }

  #serve(): void {
    const { cs, ip } = this.#call.stub
    if (Number(this.#state.base(CS)) !== ROM_SEGMENT * 16 || cs !== ROM_SEGMENT) return
    const name = this.rom.calls.get(ip)
    const entry = name === undefined ? undefined : this.#entries.get(name)
    if (!entry) return
    if (entry.vector === VIDEO && SHOWS.has(this.#call.ah)) this.#shown()
    this.#call.pushed = PUSHED[entry.shape] ?? 0
    const served = this.onServed && this.#recorder.begin(this.#call, entry.vector)
    const otherWay = entry.service(this.#call) === true
    this.#call.setStubCarry(otherWay)
    // A service that waits is called again when something came.
    if (served && !(otherWay && WAITING.has(entry.shape))) this.onServed?.(this.#recorder.finish(served, this.#call))
  }
}
