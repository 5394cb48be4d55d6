/** How requests come to the processor: 8259A pair, I/O APIC, local APIC and what connects them. A processor that is too old for a local APIC has the 8259A alone. */
import type { InterruptController, PhysicalMemory } from '../cpu/ports'
import type { CpuModel } from '../cpu/system/models'
import { ApicBus } from '../devices/apic-bus'
import type { Device } from '../devices/device'
import { Imcr } from '../devices/imcr'
import { FIRST_ROUTE } from '../devices/hpet'
import { IO_APIC_BASE, IO_APIC_BYTES, IoApic, type Polarity } from '../devices/io-apic'
import { LocalApic, type ApicProcessor } from '../devices/local-apic'
import { PicPair } from '../devices/pic8259'
import type { Clock } from './clock'
import type { MemoryMap } from './memory-map'
import { ProcessorMemory } from './processor-memory'

/** First identifier after those of the processors. */
export const IO_APIC_ID = 8
/** The timer's request comes to the I/O APIC at input 2, where the 8259A has its cascade; input 0 is the INTR of the pair. */
const TIMER_INPUT = 2
const EXTERNAL_INPUT = 0
/** PCI interrupts PIRQA to PIRQD come in at 16 to 19. */
export const FIRST_PIRQ_INPUT = 16

/** Input of the I/O APIC that an ISA request line goes to. */
export const inputOf = (irq: number): number => (irq === 0 ? TIMER_INPUT : irq)

/** ISA's requests are high, PCI's low; the HPET's specification says nothing of polarity, and systems differ in what they program for it. */
const wireOf = (input: number): Polarity => (input < FIRST_PIRQ_INPUT ? 'high' : input < FIRST_ROUTE ? 'low' : 'either')

export interface InterruptParts {
  readonly clock: Clock
  readonly model: CpuModel
  readonly memoryMap: MemoryMap
  /** The machine ought to look at its processor: a request may have come. */
  readonly attention: () => void
  /** Their ends of the local APICs, in the order of their identifiers; the first one boots. */
  readonly processors: readonly ApicProcessor[]
}

export class Interrupts {
  readonly pic: PicPair
  /** One of each processor; none where the processor is too old. */
  readonly locals: readonly LocalApic[]
  readonly ioApic: IoApic | undefined
  /** What each processor sees of the memory. */
  readonly memories: readonly PhysicalMemory[]
  readonly devices: readonly Device[]

  constructor({ clock, model, memoryMap, attention, processors }: InterruptParts) {
    if (!model.has('apic')) {
      this.pic = new PicPair(attention)
      this.locals = []
      this.memories = [memoryMap]
      this.devices = [this.pic]
      return
    }
    const bus = new ApicBus()
    const imcr = new Imcr()
    const ioApic = new IoApic(bus, IO_APIC_ID, wireOf)
    memoryMap.mapDevice(IO_APIC_BASE, IO_APIC_BYTES, ioApic)
    const requested = (): void => {
      // INTR is a pulse for each request.
      ioApic.setInput(EXTERNAL_INPUT, false)
      ioApic.setInput(EXTERNAL_INPUT, true)
      for (const local of this.locals) local.externalRequested()
      attention()
    }
    this.pic = new PicPair(requested, (irq, level) => ioApic.setInput(inputOf(irq), level))
    const memories: ProcessorMemory[] = []
    this.locals = processors.map((processor, id) => {
      const local = new LocalApic({
        id,
        bootstrap: id === 0,
        hasX2Apic: model.has('x2apic'),
        clock,
        bus,
        external: this.pic,
        bypassed: () => imcr.bypassesApic,
        processor: {
          ...processor,
          moved: () => {
            memories[id]?.moved()
            processor.moved()
          },
        },
      })
      memories.push(new ProcessorMemory(memoryMap, local))
      bus.attach(local)
      return local
    })
    this.ioApic = ioApic
    this.memories = memories
    this.devices = [this.pic, imcr, ...this.locals, ioApic]
  }

  /** That of the processor that boots. */
  get local(): LocalApic | undefined {
    return this.locals[0]
  }

  /** A processor's end. */
  controller(processor: number): InterruptController {
    return this.locals[processor] ?? this.pic
  }

  /** PIRQA to PIRQD (0 to 3). */
  setPirq(index: number, level: boolean): void {
    this.ioApic?.setInput(FIRST_PIRQ_INPUT + index, level)
  }

  /** Whether requests of an ISA line, 0–15, can reach a processor. */
  isUnmasked(irq: number): boolean {
    if (this.pic.isUnmasked(irq) && (this.locals.length === 0 || this.locals.some(({ externalPasses }) => externalPasses))) return true
    return this.ioApic?.isUnmasked(inputOf(irq)) ?? false
  }

  /** A timer of the local APIC is going to interrupt. */
  get timerArmed(): boolean {
    return this.locals.some(({ timer }) => timer.armed)
  }
}
