import { EventClock } from '../machine/clock'
import type { Device } from './device'

/** A clock for tests that goes only when told to. */
export class TestClock extends EventClock {
  #tick: { now: number }

  constructor() {
    const tick = { now: 0 }
    super(
      () => tick.now,
      () => undefined,
    )
    this.#tick = tick
  }

  /** Lets time pass, event by event. */
  advance(ticks: number): void {
    const end = this.#tick.now + ticks
    while (this.nextDue <= end) {
      this.#tick.now = Math.max(this.#tick.now, this.nextDue)
      this.runDue()
    }
    this.#tick.now = end
  }
}

/** Reads and writes a device's ports as the bus would. */
export function portsOf(device: Device): { in: (port: number) => number; out: (port: number, ...values: number[]) => void } {
  const range = (port: number): Device['ports'][number] => {
    const found = device.ports.find(({ first, last }) => port >= first && port <= last)
    if (!found) throw new RangeError(`${device.name} has no port 0x${port.toString(16)}.`)
    return found
  }
  return {
    in: (port) => range(port).read(port),
    out: (port, ...values) => values.forEach((value) => range(port).write(port, value)),
  }
}

/** Remembers the level of a line and counts its rises. */
export function probe(): { line: (level: boolean) => void; level: () => boolean; rises: () => number } {
  let now = false
  let count = 0
  return {
    line: (level) => {
      if (level && !now) count++
      now = level
    },
    level: () => now,
    rises: () => count,
  }
}
