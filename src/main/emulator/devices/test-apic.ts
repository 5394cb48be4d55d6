/** Local APICs on a bus for tests, each with a processor that only remembers. */
import type { InterruptController } from '../cpu/ports'
import { ApicBus } from './apic-bus'
import { LocalApic } from './local-apic'
import { TestClock } from './test-clock'

/** Time-stamp counter of the tests: ten cycles a tick, from 0 at tick 0. */
const CYCLES_PER_TICK = 10

export interface ApicBench {
  readonly clock: TestClock
  readonly bus: ApicBus
  readonly apics: readonly LocalApic[]
  /** What came to each processor besides interrupts, such as `nmi` and `start 9f`. */
  readonly events: readonly string[][]
  /** CR8 of each processor, as reported. */
  readonly taskPriority: number[]
  readonly external: { pending: boolean; acknowledge(): number }
  /** PIC mode or not. */
  readonly mode: { bypassed: boolean }
}

/** @param count local APICs with identifiers from 0 on; the first one belongs to the processor that boots */
export function apicBench(count = 1, hasX2Apic = true): ApicBench {
  const clock = new TestClock()
  const bus = new ApicBus()
  const external: InterruptController & { pending: boolean } = { pending: false, acknowledge: () => 0x08 }
  const mode = { bypassed: false }
  const events = Array.from({ length: count }, (): string[] => [])
  const taskPriority = Array.from({ length: count }, () => 0)
  const apics = events.map((log, id) => {
    const apic = new LocalApic({
      id, bootstrap: id === 0, hasX2Apic, clock, bus, external, bypassed: () => mode.bypassed,
      processor: {
        requested: () => undefined,
        taskPriorityChanged: (cr8) => void (taskPriority[id] = cr8),
        moved: () => undefined,
        nmi: () => void log.push('nmi'),
        init: () => void log.push('init'),
        startUp: (page) => void log.push(`start ${page.toString(16)}`),
        tickOfTimestamp: (value) => Math.ceil(Number(value) / CYCLES_PER_TICK),
      },
    })
    bus.attach(apic)
    return apic
  })
  return { clock, bus, apics, events, taskPriority, external, mode }
}
