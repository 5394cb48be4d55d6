/** The PC: processor, memory, chips and BIOS on one virtual clock. */
import { createHash } from 'node:crypto'
import type { DeviceView } from '../../../shared/debug'
import { LabError } from '../../../shared/failure'
import { type BootMedium, MOST_CPUS, type OutputPort, type Screen, type TextScreen, type DriveBus, OPTIONAL_DEVICES, type OptionalDevice } from '../../../shared/machine-schemas'
import type { BootPause } from '../../../shared/run-state'
import { Cpu, type CpuOptions } from '../cpu/cpu'
import { SharedParts } from '../cpu/shared-parts'
import type { BackendFactory } from '../cpu/semantics/backend'
import { memoryLayout } from '../cpu/state/layout'
import { CPU_MODELS, type CpuModelName, DEFAULT_MODEL } from '../cpu/system/models'
import { RunControl } from '../debug/control/run-control'
import { type BootMarks, Timeline } from '../debug/control/timeline'
import { PageTables } from '../debug/look/page-tables'
import { cpuMode } from '../debug/registers'
import { AcpiPm } from '../devices/acpi-pm'
import { PAM_REGISTERS } from '../devices/i440fx'
import { slotNumber } from '../devices/pci-bus'
import { BiosDebugPort } from '../devices/bios-debug-port'
import { BANK_BYTES, BochsVbe, type VbeBank } from '../devices/bochs-vbe'
import { DebugPorts } from '../devices/debug-ports'
import type { CfiFlash } from '../devices/cfi-flash'
import type { Device } from '../devices/device'
import { DmaPair } from '../devices/dma8237'
import { Fdc82077 } from '../devices/fdc82077'
import { FwCfg } from '../devices/fw-cfg'
import { Hpet, HPET_BASE, HPET_BYTES } from '../devices/hpet'
import { Kbc8042 } from '../devices/kbc8042'
import type { ApicProcessor } from '../devices/local-apic'
import type { PicPair } from '../devices/pic8259'
import { Pit8254 } from '../devices/pit8254'
import { CMOS, configureCmos, RtcMc146818, WOKEN } from '../devices/rtc-mc146818'
import { Vga } from '../devices/vga'
import { TEXT_MEMORY_BYTES } from '../devices/vga-memory'
import { Firmware } from '../firmware/firmware'
import { ROM_BYTES } from '../firmware/rom'
import type { Quirks } from '../firmware/quirks'
import { PhysicalBusMemory } from './bus-memory'
import type { NetworkOptions } from '../net/user-network'
import type { BootChoice } from './boot-order'
import { EventClock } from './clock'
import { Connectors } from './connectors'
import { Drives, type ExtraDrive } from './drives'
import { floppyDrive } from './floppy-drive'
import { GraphicsCapture } from './graphics-screen'
import { GuestMemory } from './guest-memory'
import { ideDrives } from './ide-drives'
import type { ImageContent } from './image-content'
import { Interrupts } from './interrupts'
import { IoBus } from './io-bus'
import { MemoryMap, VIDEO_MEMORY_BYTES } from './memory-map'
import { IDE_IRQS, PciBoard, POWER_FUNCTION } from './pci'
import { PAUSE_TICKS, Processors } from './processors'
import { configureFirmware, configureRomCmos, romImage, romProblem, type Roms, variableStore } from './roms'
import { hashOfParts, loadState, type MachineParts, named, saveState } from './saved-state'
import type { MachineDescription } from '../state/description'
import type { Stateful, StateFields } from '../state/fields'
import { storageControllers } from './storage'
import { TimerPolling } from './timer-polling'
import { VgaCapture, textOf } from './vga-screen'
import { VGA_START, type VgaWindow } from './vga-windows'

export type BackendName = 'interp' | 'oracle' | 'block'

export interface MachineOptions {
  /** Disk image; it is never written to, unless it is a file that is written through. */
  image: Uint8Array | ImageContent
  /** What the image is put in as; default: what it looks like. */
  medium?: BootMedium | undefined
  /** What the drive of the image is connected to; default: IDE. */
  bus?: DriveBus | undefined
  /** What is in further drives; as little written to. */
  drives?: readonly ExtraDrive[] | undefined
  memoryBytes: number
  /** A factory: a backend with options of its own, for tests and tools. */
  backend: BackendName | BackendFactory
  /** Which processor; default: all that the emulator knows. */
  model?: CpuModelName | undefined
  /** How many of them, 1 to `MOST_CPUS`; default: 1. */
  processors?: number | undefined
  /** Date of the real-time clock at power-on, in milliseconds since 1970 (UTC). */
  startDate: number
  /** What a guest's reset does: start the PC anew (default), or end the run. */
  onReset?: 'restart' | 'end' | undefined
  /** A real BIOS in the place of the lab's own. */
  roms?: Roms | undefined
  /** Which drives the BIOS tries first, and whether it offers a menu. */
  boot?: BootChoice | undefined
  /** Devices that the PC does not have. */
  without?: readonly OptionalDevice[] | undefined
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
const HOST_BRIDGE = slotNumber(0, 0)
/** Longest slice handed to the processor at once; its counter is a signed 32-bit number. */
const MAX_SLICE = 1 << 30

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

export class Machine {
  readonly processors: Processors
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
  /** Flash memory with the variables of UEFI firmware. */
  readonly variables: CfiFlash | undefined
  /** Breakpoints, steps, pauses. */
  readonly control: RunControl
  readonly timeline: Timeline
  readonly #devices: readonly Device[]
  readonly #options: Pick<MachineOptions, 'memoryBytes' | 'roms' | 'network' | 'without' | 'quirks'>
  /** SHA-256 of the BIOS ROM as it was at power-on: our own puts tables there later. */
  readonly #biosSum: string
  #outcome: Outcome | undefined
  #resetRequested: ResetSource | undefined
  readonly #endsOnReset: boolean
  /** The gate, once shut, does not open again. */
  readonly #polling: TimerPolling
  #a20Stuck = false
  #built = false

  /** Throws a RangeError for an empty image, or a memory size or number of processors that a PC cannot have. */
  constructor(options: MachineOptions) {
    const { roms, processors: cpus = 1, model = DEFAULT_MODEL.name } = options
    if (!Number.isInteger(cpus) || cpus < 1 || cpus > MOST_CPUS) throw new RangeError(`A machine has 1 to ${MOST_CPUS} processors, not ${cpus}.`)
    if (cpus > 1 && !CPU_MODELS[model].has('apic')) throw new RangeError(`${CPU_MODELS[model].title} has no local APIC: it cannot be one of ${cpus} processors.`)
    this.#options = { memoryBytes: options.memoryBytes, roms, network: options.network, without: options.without, quirks: options.quirks }
    const without = new Set(options.without)
    const problem = roms && romProblem(roms)
    if (problem !== undefined) throw new RangeError(problem)
    const rom = roms && romImage(roms)
    const romBytes = rom?.length ?? ROM_BYTES
    this.drives = new Drives(options.image, options.medium, options.drives, options.bus)
    const { ramBase, videoBase, romBase, areas, wasmPages } = memoryLayout(options.memoryBytes, VIDEO_MEMORY_BYTES, romBytes, cpus)
    const memory = new WebAssembly.Memory({ initial: wasmPages, maximum: wasmPages })
    this.memoryMap = new MemoryMap(memory, ramBase, options.memoryBytes, { base: videoBase, bytes: VIDEO_MEMORY_BYTES }, { base: romBase, bytes: romBytes })
    const attention = (): void => {
      if (this.#built) this.cpu.attention()
    }
    this.clock = new EventClock(() => this.now, attention)
    this.interrupts = new Interrupts({
      clock: this.clock,
      model: CPU_MODELS[model],
      memoryMap: this.memoryMap,
      attention,
      processors: areas.map((_, number) => this.#apicProcessor(number)),
    })
    this.pic = this.interrupts.pic
    this.processors = this.#makeProcessors({ memory, ports: this.bus, backend: options.backend, model }, areas)
    this.control = new RunControl(this.processors, this.memoryMap)
    const { clock, pic } = this
    this.#endsOnReset = options.onReset === 'end'
    const resetMachine = (by: ResetSource) => (): void => {
      this.#resetRequested = by
      attention()
    }
    const skipTo = (tick: number): void => {
      // Time that others use passes by itself.
      if (this.processors.isAlone) this.#skipTo(Math.min(tick, this.clock.nextDue))
      attention()
    }
    const powerOff = (): void => {
      this.#outcome = { reason: 'power-off' }
      attention()
    }
    this.#polling = new TimerPolling({ now: () => this.now, instructions: () => this.instructions, skipTo })
    this.hpet = new Hpet({ clock, irq0: pic.line(IRQ.timer), irq8: pic.line(IRQ.clock), input: (index, level) => this.interrupts.ioApic?.setInput(index, level) })
    if (!without.has('hpet')) this.memoryMap.mapDevice(HPET_BASE, HPET_BYTES, this.hpet)
    this.acpi = new AcpiPm({
      clock,
      sci: pic.line(IRQ.acpi),
      powerOff,
      sleep: attention,
      timerRead: () => this.#polling.read(),
      map: (first, count, block) => (this.bus.isFree(first, count) ? this.bus.map(first, count, block) : undefined),
    })
    this.pit = new Pit8254(clock, this.hpet.timerLine, (hertz) => !without.has('speaker') && options.onTone?.(hertz, clock.now()))
    this.kbc = new Kbc8042({
      clock,
      irq1: pic.line(IRQ.keyboard),
      irq12: pic.line(IRQ.mouse),
      a20: (level) => {
        if (!level && options.quirks?.a20Stuck === true) this.#a20Stuck = true
        for (const cpu of this.processors.all) cpu.setA20(this.#a20)
      },
      hasMouse: !without.has('mouse'),
      resetMachine: resetMachine('chipset'),
      keyPressed: () => this.acpi.keyPressed(),
    })
    const clockLine = (level: boolean): void => {
      this.hpet.clockLine(level)
      this.acpi.clockLine(level)
    }
    this.rtc = new RtcMc146818(clock, clockLine, options.startDate)
    configureCmos(this.rtc.ram, options.memoryBytes, this.drives.floppy?.driveType, this.drives.hardDisks)
    this.connectors = new Connectors(clock, (irq) => pic.line(irq), (port, byte) => {
      this.#sent(port.toUpperCase(), port === 'com1' ? options.onSerial : (sent) => options.onOutput?.(port, sent), byte)
    }, without)
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
      storage: storageControllers(this.drives, { clock, memory: busMemory }),
      busMemory,
      memoryMapChanged: () => this.#memoryMapChanged(),
      resetMachine: resetMachine('chipset'),
      network: without.has('network') ? undefined : (options.network ?? {}),
      vgaRom: roms?.vga,
    })
    this.memory = new GuestMemory(
      this.memoryMap,
      () => this.#a20,
      (host, bytes) => this.cpu.codeChanged(host, bytes),
    )
    this.timeline = new Timeline({
      processors: this.processors,
      control: this.control,
      medium: this.drives.boot.medium,
      now: () => this.now,
      read32: (physical) => this.memoryMap.read32(physical),
    }, options.marks, options.pauseAt)
    this.firmware = new Firmware(this.cpu.state, {
      memory: this.memory,
      memoryBytes: options.memoryBytes,
      model: this.cpu.model,
      processors: cpus,
      ports: this.bus,
      pic,
      localApic: this.interrupts.local,
      pci: this.pci.bus,
      hasHpet: !without.has('hpet'),
      keyboard: this.kbc,
      rtc: this.rtc,
      vga: this.vga,
      drives: this.drives,
      boot: options.boot ?? {},
      now: () => this.now,
      instructions: () => this.instructions,
      skipTo,
      resetMachine: resetMachine('bios'),
      installRom: (bytes) => this.memoryMap.installRom(bytes),
      translate: (linear) => new PageTables(this.cpu, this.memoryMap).translate(BigInt(linear)),
      powerOff,
      shown: () => this.timeline.output('BIOS'),
      bootEntered: (linear) => this.timeline.bootSector(linear),
    }, options.quirks)
    this.hasRealBios = roms !== undefined
    const bios = rom ?? this.firmware.rom.bytes
    this.#biosSum = sha256(bios)
    this.memoryMap.installRom(bios)
    this.variables = roms && variableStore(roms, this.memoryMap, { codeChanged: (host, bytes) => this.cpu.codeChanged(host, bytes), memoryMapChanged: () => this.#memoryMapChanged() })
    this.dma = new DmaPair(busMemory)
    this.fdc = new Fdc82077({ clock, irq: pic.line(IRQ.floppy), dma: this.dma, drive: floppyDrive(this.drives) })
    const debug = new DebugPorts((byte) => this.#sent('port 0xe9', options.onDebugConsole, byte), (value) => {
      this.#outcome = { reason: 'debug-exit', value }
      attention()
    })
    const fwCfg = roms && new FwCfg({ memory: busMemory, ramBytes: options.memoryBytes, processors: cpus })
    this.#devices = [...this.interrupts.devices, ...(without.has('hpet') ? [] : [this.hpet]), this.acpi, this.pit, this.kbc, this.rtc, ...this.connectors.devices, this.vga, this.vbe, debug, this.pci.bus, this.pci.isa, this.pci.ide, ...(this.pci.networkCard ? [this.pci.networkCard] : []), ...this.pci.storage, this.dma, this.fdc, ...(fwCfg ? [fwCfg, new BiosDebugPort(options.onDebugConsole)] : [this.firmware]), ...(this.variables ? [this.variables] : [])]
    for (const device of this.#devices) this.bus.attach(device)
    if (fwCfg) {
      // What a real BIOS finds on this board and our own has no need of.
      configureRomCmos(this.rtc.ram, this.drives, options.boot ?? {}, cpus)
      configureFirmware(fwCfg, { memoryBytes: options.memoryBytes, drives: this.drives, boot: options.boot ?? {}, model: this.cpu.model, processors: cpus, present: { hasMouse: this.kbc.hasMouse, hasHpet: !without.has('hpet') }, romBytes, ports: this.bus, pci: this.pci.bus })
    }
    this.clock.seal()
    this.#built = true
    this.reset()
  }

  /** Present tick of virtual time: instructions plus the ticks that passed while the processor was halted. */
  get now(): number {
    return this.#built ? this.processors.now : 0
  }

  /** Instructions that all processors have executed. */
  get instructions(): number {
    return this.processors.instructions
  }

  /** Ticks in which no processor executed anything. */
  get idle(): number {
    return this.now - this.instructions
  }

  /** The processor whose state is in place: the one that executes, or stopped, or is looked at. */
  get cpu(): Cpu {
    return this.processors.current
  }

  get outcome(): Outcome | undefined {
    return this.#outcome
  }

  /** Nothing is executed until an interrupt comes, or the machine sleeps. */
  get halted(): boolean {
    return this.acpi.asleep || this.processors.halted
  }

  get cpuMode(): 'real' | 'protected' | 'long' {
    return cpuMode(this.cpu.state)
  }

  /** The reset button: processor and chips start anew; memory, clock and disk keep what they hold. */
  reset(): void {
    this.#outcome = undefined
    this.#resetBoard()
    this.timeline.begin()
    // Our own says where it enters what it has loaded.
    if (this.hasRealBios) this.timeline.bootSector(BOOT_ADDRESS)
  }

  #resetBoard(): void {
    this.#resetRequested = undefined
    this.#a20Stuck = false
    for (const device of this.#devices) device.reset()
    this.processors.reset()
    for (const cpu of this.processors.all) cpu.setA20(this.#a20)
    this.control.reset()
  }

  /** Out of S3, as QEMU's board does it: the shutdown code tells the BIOS not to boot, and a BIOS in shadow RAM is still there. */
  #wakeUp(): void {
    const { bus } = this.pci
    const shadows = PAM_REGISTERS.map((at) => [at, bus.readConfig(HOST_BRIDGE, at, 1)] as const)
    this.rtc.ram[CMOS.shutdown] = WOKEN
    this.acpi.wake(() => this.#resetBoard())
    for (const [at, value] of shadows) bus.writeConfig(HOST_BRIDGE, at, 1, value)
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
      if (this.acpi.wakes) this.#wakeUp()
      const left = Math.min(end, this.clock.nextDue) - this.now
      if (!this.acpi.asleep && this.processors.choose()) this.#execute(left, enough)
      else this.#wait(left)
      if (enough?.() === true) break
    }
    return this.#outcome
  }

  #execute(instructions: number, enough: (() => boolean) | undefined): void {
    this.cpu.run(Math.min(instructions, this.processors.turnLeft, this.control.budget, MAX_SLICE), enough)
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
    this.#memoryMapChanged()
  }

  #memoryMapChanged(): void {
    for (const cpu of this.processors.all) cpu.memoryMapChanged()
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

  /** Which machine this is, for a saved state. Hashes its media. */
  get description(): MachineDescription {
    const { memoryBytes, roms, network, without = [], quirks = {} } = this.#options
    return {
      memoryBytes,
      model: this.cpu.model.name,
      processors: this.processors.all.length,
      firmware: { own: !roms, bios: this.#biosSum, vga: roms?.vga && sha256(roms.vga) },
      drives: this.drives.all.map((disk) => ({ drive: disk.drive, medium: disk.medium, bus: disk.bus, readOnly: disk.readOnly, ...disk.identify() })),
      without: OPTIONAL_DEVICES.filter((name) => without.includes(name)),
      bootFile: network?.bootFile,
      quirks: JSON.stringify(quirks),
      instructions: this.instructions,
    }
  }

  /** Everything that it holds, in the order of loading. What is not here is made anew from what is, or belongs to whoever looks on. */
  get #parts(): MachineParts {
    return {
      description: () => this.description,
      first: [
        ['time', (state) => this.processors.exchangeTime(state)],
        ['board', (state) => this.#exchangeBoard(state)],
        ...named(this.#devices),
        ['serial lines', this.connectors],
        ...(this.pci.network ? [['network', this.pci.network] as const] : []),
      ],
      blocks: this.memoryMap.blocks,
      disks: this.drives.all.map((disk) => ({ name: `disk ${disk.drive.toString(16)}`, sectorBytes: disk.sectorBytes, sectors: disk.sectors, written: disk.written, write: (lba, sector) => disk.write(lba, sector) })),
      last: [
        ['processor', (state) => this.#exchangeProcessor(state)],
        ['timer polling', this.#polling],
        ['timeline', this.timeline],
        ['clock', this.clock],
      ],
    }
  }

  #exchangeBoard(state: StateFields): void {
    this.#a20Stuck = state.flag('a20 stuck', this.#a20Stuck)
    this.#resetRequested = state.maybe('reset requested', this.#resetRequested, (fields, by) => fields.choice('by', by ?? 'chipset', ['chipset', 'bios']))
  }

  #exchangeProcessor(state: StateFields): void {
    if (state.loading) for (const cpu of this.processors.all) cpu.setA20(this.#a20)
    this.processors.exchange(state)
    if (!state.loading) return
    this.control.restored()
    if (!this.hasRealBios) this.firmware.rom.bytes.set(this.memoryMap.rom.bytes)
  }

  /**
   * All that it holds, as a file; between two runs. It goes on as if nothing had been.
   * @param host what goes with it and is no part of it
   * @throws LabError when it has ended, and for images that are written through
   */
  save(host?: Stateful): Uint8Array {
    if (this.drives.all.some(({ writesThrough }) => writesThrough)) {
      throw new LabError({ code: 'bad-input', what: 'The machine writes into the file of an image: its state cannot be saved.', why: 'What the guest writes there afterwards cannot be taken back.', next: 'Boot it without writing through.' })
    }
    if (!this.#outcome && !this.cpu.shutdown) return saveState(this.#parts, host)
    throw new LabError({ code: 'ended', what: 'The machine has come to its end: there is no state to go on from.', next: 'Save the state earlier.' })
  }

  /**
   * Takes over a state that was saved from a machine built with the same options. This one must not have run; when it throws, it must not be used.
   * @throws StateError
   */
  load(saved: Uint8Array, host?: Stateful): void {
    loadState(saved, this.#parts, host)
  }

  /** SHA-256 over all that a saved state would have, in hex. */
  stateHash(): string {
    return hashOfParts(this.#parts)
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
    return this.processors.all.some(({ interruptsEnabled }) => interruptsEnabled)
  }

  /** Whether some source that is alive can still interrupt: a running timer, or a person at keyboard and serial line. */
  #canWakeLater(): boolean {
    if (this.acpi.asleep) return true
    if (!this.#interruptsEnabled) return false
    const { interrupts: pic } = this
    if (pic.timerArmed) return true
    if (pic.isUnmasked(IRQ.keyboard) || pic.isUnmasked(IRQ.com1) || pic.isUnmasked(IRQ.com2) || (this.kbc.mouse.listened && pic.isUnmasked(IRQ.mouse))) return true
    if (pic.isUnmasked(IRQ.floppy) && this.fdc.busy) return true
    if (IDE_IRQS.some((irq, channel) => pic.isUnmasked(irq) && this.pci.ide.isBusy(channel))) return true
    if (this.pci.networkCard?.busy === true || this.pci.storage.some(({ busy }) => busy)) return true
    return this.clock.nextDue !== Infinity && (pic.isUnmasked(IRQ.timer) || pic.isUnmasked(IRQ.clock) || pic.isUnmasked(IRQ.acpi) || this.hpet.armedInputs.some((input) => pic.ioApic?.isUnmasked(input)))
  }

  #makeProcessors(options: Omit<CpuOptions, 'physical' | 'interrupts'>, areas: readonly number[]): Processors {
    const parts = areas.length === 1 ? undefined : new SharedParts(options.memory, areas)
    const make = (number: number): Cpu => {
      const { interrupts } = this
      return new Cpu({
        ...options,
        physical: interrupts.memories[number] ?? this.memoryMap,
        interrupts: interrupts.controller(number),
        apic: interrupts.locals[number],
        of: parts && { parts, number, hadItsTurn: () => this.#pause() },
      })
    }
    const all: [Cpu, ...Cpu[]] = [make(0)]
    for (let number = 1; number < areas.length; number++) {
      all.at(-1)?.park()
      all.push(make(number))
    }
    return new Processors(all)
  }

  /** PAUSE of a processor while others could go on. So time passes, too, where all do nothing but wait. */
  #pause(): void {
    this.processors.endTurn()
    this.#skipTo(Math.min(this.now + PAUSE_TICKS, this.clock.nextDue))
  }

  /** What a local APIC does to its processor, once there is one. */
  #apicProcessor(number: number): ApicProcessor {
    /** To be told to the processor; it may not be its turn. */
    const event = (tell: (cpu: Cpu) => void): void => {
      const cpu = this.#built ? this.processors.all[number] : undefined
      if (!cpu) return
      tell(cpu)
      this.processors.came(cpu)
    }
    const cpu = (): Cpu | undefined => (this.#built ? this.processors.all[number] : undefined)
    return {
      requested: () => event(() => undefined),
      taskPriorityChanged: (cr8) => cpu()?.setTaskPriority(cr8),
      moved: () => cpu()?.memoryMapChanged(),
      nmi: () => event((target) => target.nmi()),
      // The processor and its local APIC start anew, all else stays.
      init: () => event((target) => {
        this.interrupts.locals[number]?.init()
        target.init()
      }),
      startUp: (page) => event((target) => target.startUp(page)),
      tickOfTimestamp: (value) => cpu()?.tickOfTimestamp(value) ?? Infinity,
    }
  }

  #skipTo(tick: number): void {
    if (tick > this.now) this.cpu.idle += tick - this.now
  }
}
