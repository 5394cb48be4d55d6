/** BIOS calls and port accesses as data. Nothing is noted while nobody listens; each who does has a ring of entries of the own. */
import type { BiosCall, LogEntry, LogFilter, PortEntry } from '../../../../shared/debug'
import type { PortAccess } from '../../cpu/observer'
import { FIRMWARE_PORT } from '../../firmware/rom'
import type { Machine } from '../../machine/machine'
import { hex } from '../registers'

/** Entries kept for one who listens, until they are taken; older ones are dropped. */
const MOST_ENTRIES = 4096

class Log {
  readonly filter: LogFilter
  readonly #whole: boolean
  #entries: LogEntry[] = []
  #lost = 0

  constructor(filter: LogFilter, whole: boolean) {
    this.filter = filter
    this.#whole = whole
  }

  bios(call: BiosCall): void {
    const { bios } = this.filter
    if (bios && (bios.vectors === undefined || bios.vectors.includes(call.vector))) this.#add(call)
  }

  port(access: PortEntry): void {
    const { ports } = this.filter
    if (!ports || (ports.ranges !== undefined && !ports.ranges.some(({ first, last }) => access.port <= last && access.port + access.bytes > first))) return
    this.#add(access)
  }

  /** The oldest entries, and how many were dropped before them. */
  take(most: number): { entries: LogEntry[]; lost: number } {
    const taken = { entries: this.#entries.splice(0, most), lost: this.#lost }
    this.#lost = 0
    return taken
  }

  /** Nothing may be dropped, and much is kept already. */
  get isFull(): boolean {
    return this.#whole && this.#entries.length >= MOST_ENTRIES
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0 && this.#lost === 0
  }

  #add(entry: LogEntry): void {
    this.#entries.push(entry)
    // Half of it at once: dropping one by one would move the others each time.
    if (!this.#whole && this.#entries.length > MOST_ENTRIES) this.#lost += this.#entries.splice(0, MOST_ENTRIES / 2).length
  }
}

export class Logs {
  readonly #machine: Machine
  readonly #byId = new Map<number, Log>()

  constructor(machine: Machine) {
    this.#machine = machine
  }

  /** @param whole nothing is dropped: whoever runs the guest looks at `areFull` */
  set(id: number, filter: LogFilter, whole = false): void {
    this.#byId.set(id, new Log(filter, whole))
    this.#listen()
  }

  end(id: number): void {
    this.#byId.delete(id)
    this.#listen()
  }

  /** The guest should wait until entries were taken. */
  get areFull(): boolean {
    for (const log of this.#byId.values()) if (log.isFull) return true
    return false
  }

  get ids(): number[] {
    return [...this.#byId].filter(([, log]) => !log.isEmpty).map(([id]) => id)
  }

  take(id: number, most: number): { entries: LogEntry[]; lost: number } {
    return this.#byId.get(id)?.take(most) ?? { entries: [], lost: 0 }
  }

  #listen(): void {
    const logs = [...this.#byId.values()]
    const { firmware, control } = this.#machine
    firmware.onServed = logs.some(({ filter }) => filter.bios) ? (call) => logs.forEach((log) => log.bios(call)) : undefined
    control.onPort = logs.some(({ filter }) => filter.ports) ? (access) => this.#port(logs, access) : undefined
  }

  #port(logs: readonly Log[], { direction, port, bytes, value }: PortAccess): void {
    // By it the ROM calls the services, which are told as BIOS calls; a PC has none.
    if (port === FIRMWARE_PORT) return
    const { cpu, bus } = this.#machine
    const device = bus.ownerOf(port)
    const entry: PortEntry = { kind: 'port', instructions: cpu.now(), direction, port, bytes, value, by: hex(cpu.codeAddress), ...(device === undefined ? {} : { device }) }
    for (const log of logs) log.port(entry)
  }
}
