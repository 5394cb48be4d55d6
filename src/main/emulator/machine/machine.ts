/** The PC: processor, memory, chips and BIOS on one virtual clock. */
import type { DeviceView } from '../../../shared/debug'
import type { BootMedium, OutputPort, Screen, TextScreen } from '../../../shared/machine-schemas'
import type { BootPause } from '../../../shared/run-state'
import type { BackendFactory } from '../cpu/semantics/backend'
import { Cpu } from '../cpu/cpu'
import { IF } from '../cpu/state/bits'
import { memoryLayout } from '../cpu/state/layout'
import { CPU_MODELS, type CpuModelName, DEFAULT_MODEL } from '../cpu/system/models'
import { RunControl } from '../debug/control/run-control'
import { type BootMarks, Timeline } from '../debug/control/timeline'
import { cpuMode } from '../debug/registers'
import { AcpiPm } from '../devices/acpi-pm'
import { BiosDebugPort } from '../devices/bios-debug-port'
import { BANK_BYTES, BochsVbe, type VbeBank } from '../devices/bochs-vbe'
import type { BusMemory } from '../devices/bus-memory'
import { DebugPorts } from '../devices/debug-ports'
import type { Device } from '../devices/device'
import { DmaPair } from '../devices/dma8237'
import { Fdc82077 } from '../devices/fdc82077'
import { FwCfg } from '../devices/fw-cfg'
import { Hpet, HPET_BASE, HPET_BYTES } from '../devices/hpet'
import { Kbc8042 } from '../devices/kbc8042'
import type { PicPair } from '../devices/pic8259'
import { Pit8254 } from '../devices/pit8254'
import { configureCmos, RtcMc146818 } from '../devices/rtc-mc146818'
import { Vga } from '../devices/vga'
import { TEXT_MEMORY_BYTES } from '../devices/vga-memory'
import { Firmware } from '../firmware/firmware'
import { ROM_BYTES } from '../firmware/rom'
import type { Quirks } from '../firmware/quirks'
import { PhysicalBusMemory } from './bus-memory'
import type { NetworkOptions } from '../net/user-network'
import { EventClock } from './clock'
import { Connectors } from './connectors'
import { Drives, type ExtraDrive } from './drives'
import { floppyDrive } from './floppy-drive'
import { GraphicsCapture } from './graphics-screen'
import { GuestMemory } from './guest-memory'
import { ideDrives } from './ide-drives'
import { Interrupts } from './interrupts'
import { IoBus } from './io-bus'
import { MemoryMap, VIDEO_MEMORY_BYTES } from './memory-map'
import { IDE_IRQS, PciBoard, POWER_FUNCTION } from './pci'
import { configureFirmware, configureRomCmos, romProblem, type Roms } from './roms'
import { VgaCapture, textOf } from './vga-screen'
import { VGA_START, type VgaWindow } from './vga-windows'

export type BackendName = 'interp' | 'oracle' | 'block'

export interface MachineOptions {
  /** Disk image; it is never written to. */
  image: Uint8Array
  /** What the image is put in as; default: what it looks like. */
  medium?: BootMedium | undefined
  /** What is in further drives; as little written to. */
  drives?: readonly ExtraDrive[] | undefined
  memoryBytes: number
  /** A factory: a backend with options of its own, for tests and tools. */
  backend: BackendName | BackendFactory
  /** Which processor; default: all that the emulator knows. */
  model?: CpuModelName | undefined
  /** Date of the real-time clock at power-on, in milliseconds since 1970 (UTC). */
  startDate: number
  /** What a guest's reset does: start the PC anew (default), or end the run. */
  onReset?: 'restart' | 'end' | undefined
  /** A real BIOS in the place of the lab's own. */
  roms?: Roms | undefined
  /** Faults of firmware and medium, for tests of loaders. */
  quirks?: Quirks | undefined
  /** Where the stages of the boot begin, as the image has them. */
  marks?: BootMarks | undefined
  /** Where the machine pauses by itself, the first time it comes there. */
  pauseAt?: BootPause | undefined
  /** What the network beyond the card offers; default: a gateway without files. */
  network?: NetworkOptions | undefined
  onSerial: (byte: number) => void
  onDebugConsole: (byte: number) => void
  /** COM2 to COM4, and the printer port. */
  onOutput?: ((port: Exclude<OutputPort, 'com1' | 'debug'>, byte: number) => void) | undefined
  /** The speaker's tone changes; 0 hertz is silence. */
  onTone?: ((hertz: number, tick: number) => void) | undefined
}

export type ResetSource = 'chipset' | 'bios'

/** Why a machine can go no further by itself. */
export type Outcome =
  | { reason: 'debug-exit'; value: number }
  | { reason: 'triple-fault' }
  /** The guest reset the PC, and the run was to end with that. `by`: through what. */
  | { reason: 'reset'; by: ResetSource }
  /** The guest switched the PC off. */
  | { reason: 'power-off' }
  /** HLT, and no interrupt can come: interrupts are off, or every source that is alive is masked. */
  | { reason: 'halted-forever'; interruptsEnabled: boolean }

const IRQ = { timer: 0, keyboard: 1, com2: 3, com1: 4, floppy: 6, clock: 8, acpi: 9, mouse: 12 } as const
/** Where a BIOS loads boot sectors, and begins them. */
const BOOT_ADDRESS = 0x7c00
/** Longest slice handed to the processor at once; its counter is a signed 32-bit number. */
const MAX_SLICE = 1 << 30

export class Machine {
  readonly cpu: Cpu
  readonly clock: EventClock
  readonly memoryMap: MemoryMap
  readonly memory: GuestMemory
  readonly bus = new IoBus()
  readonly interrupts: Interrupts
  readonly pic: PicPair
  readonly hpet: Hpet
  readonly acpi: AcpiPm
  readonly pit: Pit8254
  readonly kbc: Kbc8042
  readonly rtc: RtcMc146818
  readonly connectors: Connectors
  readonly vga: Vga
  readonly vbe: BochsVbe
  readonly #capture: GraphicsCapture
  readonly #vgaCapture: VgaCapture
  /** What VBE has at A0000h, while it has. */
  #bank: VbeBank | undefined
  readonly pci: PciBoard
  readonly dma: DmaPair
  readonly fdc: Fdc82077
  readonly drives: Drives
  /** The lab's own BIOS, which does nothing where there is a real one. */
  readonly firmware: Firmware
  readonly hasRealBios: boolean
  /** Breakpoints, steps, pauses. */
  readonly control: RunControl
  readonly timeline: Timeline
  readonly #devices: readonly Device[]
  #outcome: Outcome | undefined
  #resetRequested: ResetSource | undefined
  readonly #endsOnReset: boolean
  /** The gate, once shut, does not open again. */
  #a20Stuck = false
  #built = false

  /** Throws a RangeError for an empty image or a memory size that a PC cannot have. */
  constructor(options: MachineOptions) {
    const { roms } = options
    const problem = roms && romProblem(roms)
    if (problem !== undefined) throw new RangeError(problem)
    const romBytes = roms?.bios.length ?? ROM_BYTES
    this.drives = new Drives(options.image, options.medium, options.drives)
    const { ramBase, videoBase, romBase, wasmPages } = memoryLayout(options.memoryBytes, VIDEO_MEMORY_BYTES, romBytes)
    const memory = new WebAssembly.Memory({ initial: wasmPages, maximum: wasmPages })
    this.memoryMap = new MemoryMap(memory, ramBase, options.memoryBytes, { base: videoBase, bytes: VIDEO_MEMORY_BYTES }, { base: romBase, bytes: romBytes })
    const attention = (): void => {
      if (this.#built) this.cpu.attention()
    }
    this.clock = new EventClock(() => this.now, attention)
    const { model = DEFAULT_MODEL.name } = options
    this.interrupts = new Interrupts({
      clock: this.clock,
      model: CPU_MODELS[model],
      memoryMap: this.memoryMap,
      attention,
      processor: {
        requested: () => this.#processor?.endSlice(),
        taskPriorityChanged: (cr8) => this.#processor?.state.setControl(8, BigInt(cr8)),
        moved: () => this.#processor?.memoryMapChanged(),
        nmi: () => this.#processor?.nmi(),
        init: () => this.#init(),
        tickOfTimestamp: (value) => this.#processor?.tickOfTimestamp(value) ?? Infinity,
      },
    })
    this.pic = this.interrupts.pic
    this.cpu = new Cpu({ memory, physical: this.interrupts.memory, ports: this.bus, interrupts: this.interrupts.controller, apic: this.interrupts.local, backend: options.backend, model })
    this.control = new RunControl(this.cpu, this.memoryMap)
    const { clock, pic } = this
    this.#endsOnReset = options.onReset === 'end'
    const resetMachine = (by: ResetSource) => (): void => {
      this.#resetRequested = by
      attention()
    }
    const powerOff = (): void => {
      this.#outcome = { reason: 'power-off' }
      attention()
    }
    this.hpet = new Hpet({ clock, irq0: pic.line(IRQ.timer), irq8: pic.line(IRQ.clock), input: (index, level) => this.interrupts.ioApic?.setInput(index, level) })
    this.memoryMap.mapDevice(HPET_BASE, HPET_BYTES, this.hpet)
    this.acpi = new AcpiPm({
      clock,
      sci: pic.line(IRQ.acpi),
      powerOff,
      map: (first, count, block) => (this.bus.isFree(first, count) ? this.bus.map(first, count, block) : undefined),
    })
    this.pit = new Pit8254(clock, this.hpet.timerLine, (hertz) => options.onTone?.(hertz, clock.now()))
    this.kbc = new Kbc8042({
      clock,
      irq1: pic.line(IRQ.keyboard),
      irq12: pic.line(IRQ.mouse),
      a20: (level) => {
        if (!level && options.quirks?.a20Stuck === true) this.#a20Stuck = true
        this.cpu.setA20(this.#a20)
      },
      resetMachine: resetMachine('chipset'),
    })
    this.rtc = new RtcMc146818(clock, this.hpet.clockLine, options.startDate)
    configureCmos(this.rtc.ram, options.memoryBytes, this.drives.floppy?.driveType, this.drives.hardDisks)
    this.connectors = new Connectors(clock, (irq) => pic.line(irq), (port, byte) => {
      this.#sent(port.toUpperCase(), port === 'com1' ? options.onSerial : (sent) => options.onOutput?.(port, sent), byte)
    })
    const { videoMemory } = this.memoryMap
    this.vga = new Vga({
      clock,
      memory: videoMemory,
      text: this.memoryMap.textMemory,
      wideDac: () => this.vbe.wideDac,
      windowChanged: (textCopied) => this.#showWindows(textCopied),
    })
    this.vbe = new BochsVbe({
      memory: videoMemory,
      bankChanged: (bank) => {
        this.#bank = bank
        this.#showWindows(false)
      },
    })
    this.#capture = new GraphicsCapture(videoMemory)
    this.#vgaCapture = new VgaCapture(this.vga)
    const busMemory = new PhysicalBusMemory(this.memoryMap, (host, bytes) => this.cpu.codeChanged(host, bytes))
    this.pci = new PciBoard({
      clock,
      memory: this.memoryMap,
      ports: this.bus,
      pic,
      pirq: (index, level) => this.interrupts.setPirq(index, level),
      functions: [[POWER_FUNCTION, this.acpi]],
      ide: ideDrives(this.drives),
      busMemory,
      memoryMapChanged: () => this.cpu.memoryMapChanged(),
      resetMachine: resetMachine('chipset'),
      network: options.network ?? {},
      vgaRom: roms?.vga,
    })
    this.memory = new GuestMemory(
      this.memoryMap,
      () => this.#a20,
      (host, bytes) => this.cpu.codeChanged(host, bytes),
    )
    this.timeline = new Timeline({
      cpu: this.cpu,
      control: this.control,
      medium: this.drives.boot.medium,
      now: () => this.now,
      read32: (physical) => this.memoryMap.read32(physical),
    }, options.marks, options.pauseAt)
    this.firmware = new Firmware(this.cpu.state, {
      memory: this.memory,
      memoryBytes: options.memoryBytes,
      model: this.cpu.model,
      ports: this.bus,
      pic,
      localApic: this.interrupts.local,
      pci: this.pci.bus,
      keyboard: this.kbc,
      rtc: this.rtc,
      vga: this.vga,
      drives: this.drives,
      now: () => this.now,
      instructions: () => this.instructions,
      skipTo: (tick) => {
        this.#skipTo(Math.min(tick, this.clock.nextDue))
        attention()
      },
      resetMachine: resetMachine('bios'),
      installRom: (bytes) => this.memoryMap.installRom(bytes),
      powerOff,
      shown: () => this.timeline.output('BIOS'),
      bootEntered: (linear) => this.timeline.bootSector(linear),
    }, options.quirks)
    this.hasRealBios = roms !== undefined
    this.memoryMap.installRom(roms?.bios ?? this.firmware.rom.bytes)
    this.dma = new DmaPair(busMemory)
    this.fdc = new Fdc82077({ clock, irq: pic.line(IRQ.floppy), dma: this.dma, drive: floppyDrive(this.drives) })
    const debug = new DebugPorts((byte) => this.#sent('port 0xe9', options.onDebugConsole, byte), (value) => {
      this.#outcome = { reason: 'debug-exit', value }
      attention()
    })
    this.#devices = [...this.interrupts.devices, this.hpet, this.acpi, this.pit, this.kbc, this.rtc, ...this.connectors.devices, this.vga, this.vbe, debug, this.pci.bus, this.pci.isa, this.pci.ide, this.pci.networkCard, this.dma, this.fdc, ...(roms ? this.#forRealBios(options, busMemory) : [this.firmware])]
    for (const device of this.#devices) this.bus.attach(device)
    this.#built = true
    this.reset()
  }

  /** Present tick of virtual time: instructions plus the ticks that passed while the processor was halted. */
  get now(): number {
    return this.#built ? this.cpu.now() + this.cpu.idle : 0
  }

  get instructions(): number {
    return this.cpu.now()
  }

  get outcome(): Outcome | undefined {
    return this.#outcome
  }

  get halted(): boolean {
    return this.cpu.halted
  }

  get cpuMode(): 'real' | 'protected' | 'long' {
    return cpuMode(this.cpu.state)
  }

  /** The reset button: processor and chips start anew; memory, clock and disk keep what they hold. */
  reset(): void {
    this.#outcome = undefined
    this.#resetRequested = undefined
    this.#a20Stuck = false
    for (const device of this.#devices) device.reset()
    this.cpu.reset()
    this.cpu.setA20(this.#a20)
    this.control.reset()
    this.timeline.begin()
    // Our own says where it enters what it has loaded.
    if (this.hasRealBios) this.timeline.bootSector(BOOT_ADDRESS)
  }

  /** What a real BIOS finds on this board and our own has no need of. */
  #forRealBios({ memoryBytes, onDebugConsole }: MachineOptions, memory: BusMemory): Device[] {
    configureRomCmos(this.rtc.ram, this.drives)
    const fwCfg = new FwCfg({ memory, ramBytes: memoryBytes, processors: 1 })
    configureFirmware(fwCfg, memoryBytes, this.drives)
    return [fwCfg, new BiosDebugPort(onDebugConsole)]
  }

  /**
   * Lets `ticks` ticks of virtual time pass, or fewer when the machine comes to an end or is paused (`control`). Where a call ends makes no
   * difference to the guest.
   * @param enough asked every few milliseconds of the host's time, whatever the guest does; true: `run` returns
   */
  run(ticks: number, enough?: () => boolean): Outcome | undefined {
    const end = this.now + ticks
    while (!this.#outcome && !this.control.paused) {
      this.clock.runDue()
      if (this.now >= end) break
      const left = Math.min(end, this.clock.nextDue) - this.now
      if (this.cpu.halted && !this.#canWakeNow()) this.#wait(left)
      else this.#execute(left, enough)
      if (enough?.() === true) break
    }
    return this.#outcome
  }

  #execute(instructions: number, enough: (() => boolean) | undefined): void {
    this.cpu.run(Math.min(instructions, this.control.budget, MAX_SLICE), enough)
    this.control.executed()
    if (this.cpu.halted) this.timeline.halted()
    if (this.cpu.shutdown) this.#shutDown()
    else if (this.#resetRequested && this.#endsOnReset) this.#outcome = { reason: 'reset', by: this.#resetRequested }
    else if (this.#resetRequested) this.reset()
  }

  #shutDown(): void {
    const first = this.cpu.shutdown?.chain[0]
    if (first) this.timeline.tripleFault(first.vector)
    if (!this.control.holdsTripleFault()) this.#outcome = { reason: 'triple-fault' }
  }

  #sent(where: string, to: (byte: number) => void, byte: number): void {
    this.timeline.output(where)
    to(byte)
  }

  #wait(ticks: number): void {
    if (this.#canWakeLater()) this.#skipTo(this.now + ticks)
    else this.#outcome = { reason: 'halted-forever', interruptsEnabled: this.#interruptsEnabled }
  }

  /** Has the right parts of the video memory, in the right way, seen at A0000h–BFFFFh. */
  #showWindows(textCopied: boolean): void {
    const { videoBase, textBase } = this.memoryMap
    const { kind, first, bytes } = this.vga.window
    const bank = this.#bank
    this.vga.planes.bank = bank?.planes === true ? bank.offset : 0
    const windows: VgaWindow[] = bank ? [{ first: VGA_START, bytes: BANK_BYTES, memory: bank.planes ? this.vga.planes : videoBase + bank.offset }] : []
    if (kind !== 'none' && (!bank || kind === 'text')) windows.push({ first, bytes, memory: kind === 'text' ? textBase : kind === 'bytes' ? videoBase : this.vga.planes })
    this.memoryMap.setWindows(windows)
    if (!this.#built) return
    if (textCopied) this.cpu.codeChanged(textBase, TEXT_MEMORY_BYTES)
    this.cpu.memoryMapChanged()
  }

  get screen(): Screen {
    const view = this.vbe.view
    if (!view) {
      this.#capture.forget()
      return this.#vgaCapture.take()
    }
    this.#vgaCapture.forget()
    return this.#capture.take(view, (index) => (view.bits === 4 ? this.vga.colour(index) : this.vga.colour256(index)))
  }

  /** Whether pixels are in memory, and no characters. */
  get showsGraphics(): boolean {
    return this.vbe.enabled || !this.vga.geometry.isText
  }

  /** What the chips hold, as tables for a person. */
  describeDevices(): DeviceView[] {
    return this.#devices.flatMap((device) => (device.describe ? [{ name: device.name, groups: device.describe().map(({ title, facts }) => ({ title, facts: [...facts] })) }] : []))
  }

  /** What text mode shows, or would show. */
  get textScreen(): TextScreen {
    return textOf(this.vga)
  }

  get #a20(): boolean {
    return this.kbc.a20 && !this.#a20Stuck
  }

  get #interruptsEnabled(): boolean {
    return (this.cpu.state.systemFlags & IF) !== 0
  }

  #canWakeNow(): boolean {
    return this.cpu.hasUrgentEvent || (this.#interruptsEnabled && this.interrupts.controller.pending)
  }

  /** Whether some source that is alive can still interrupt: a running timer, or a person at keyboard and serial line. */
  #canWakeLater(): boolean {
    if (!this.#interruptsEnabled) return false
    const { interrupts: pic } = this
    if (pic.timerArmed) return true
    if (pic.isUnmasked(IRQ.keyboard) || pic.isUnmasked(IRQ.com1) || pic.isUnmasked(IRQ.com2) || (this.kbc.mouse.listened && pic.isUnmasked(IRQ.mouse))) return true
    if (pic.isUnmasked(IRQ.floppy) && this.fdc.busy) return true
    if (IDE_IRQS.some((irq, channel) => pic.isUnmasked(irq) && this.pci.ide.isBusy(channel))) return true
    if (this.pci.networkCard.busy) return true
    return this.clock.nextDue !== Infinity && (pic.isUnmasked(IRQ.timer) || pic.isUnmasked(IRQ.clock) || pic.isUnmasked(IRQ.acpi) || this.hpet.armedInputs.some((input) => pic.ioApic?.isUnmasked(input)))
  }

  /** The processor, once there is one. */
  get #processor(): Cpu | undefined {
    return this.#built ? this.cpu : undefined
  }

  /** INIT: the processor and its local APIC start anew, all else stays. */
  #init(): void {
    this.interrupts.local?.init()
    this.cpu.init()
  }

  #skipTo(tick: number): void {
    if (tick > this.now) this.cpu.idle += tick - this.now
  }
}
