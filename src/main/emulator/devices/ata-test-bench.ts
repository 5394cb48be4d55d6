import type { AtaDrive } from './ata-drive'
import { PciConfig } from './pci-config'
import type { PciBar } from './pci-function'
import { Piix3Ide } from './piix3-ide'
import { probe, TestClock } from './test-clock'

const RAM_BYTES = 1 << 20
export const BUSY = 0x80
export const REQUEST = 0x08

/** An IDE controller for tests, with drives on its primary channel, and the software that drives it. */
export class IdeBench {
  readonly clock = new TestClock()
  readonly ram = new Uint8Array(RAM_BYTES)
  readonly ide: Piix3Ide
  readonly irq = probe()
  readonly config: PciConfig
  readonly #busMaster: PciBar

  constructor(first: AtaDrive | undefined, second?: AtaDrive) {
    const memory = { read: (at: number, bytes: number) => this.ram.slice(at, at + bytes), write: (at: number, bytes: Uint8Array) => this.ram.set(bytes, at) }
    this.ide = new Piix3Ide({ clock: this.clock, memory, irqs: [this.irq.line, () => undefined], drives: [[first, second], [undefined, undefined]] })
    this.config = new PciConfig(this.ide)
    const [bar] = this.ide.bars
    if (!bar) throw new Error('There is no bus master.')
    this.#busMaster = bar
    this.ide.reset()
  }

  #range(port: number) {
    const range = this.ide.ports.find(({ first, last }) => port >= first && port <= last)
    if (!range) throw new RangeError(`No port 0x${port.toString(16)}.`)
    return range
  }

  in(port: number): number {
    return this.#range(port).read(port)
  }

  out(port: number, value: number): void {
    this.#range(port).write(port, value)
  }

  inWord(): number {
    return this.#range(0x1f0).words?.read(0x1f0) ?? 0
  }

  outWord(value: number): void {
    this.#range(0x1f0).words?.write(0x1f0, value)
  }

  /** Features, count, three address registers, device; then the command. Time passes until the drive is ready. */
  command(code: number, { features = 0, count = 0, low = 0, mid = 0, high = 0, device = 0xe0 } = {}): number {
    this.out(0x1f6, device)
    for (const [index, value] of [features, count, low, mid, high].entries()) this.out(0x1f1 + index, value)
    this.out(0x1f7, code)
    return this.wait()
  }

  /** @returns the alternate status, which leaves the interrupt alone */
  wait(): number {
    for (let i = 0; i < 1000 && this.in(0x3f6) & BUSY; i++) this.clock.advance(10_000)
    return this.in(0x3f6)
  }

  /** Reads words while data are requested. */
  readAll(): Uint8Array {
    const bytes: number[] = []
    while (this.wait() & REQUEST) {
      const word = this.inWord()
      bytes.push(word & 0xff, word >> 8)
    }
    return Uint8Array.from(bytes)
  }

  /** Sends a packet of 12 bytes. */
  packet(bytes: readonly number[], { limit = 0xfffe, dma = false } = {}): number {
    this.command(0xa0, { features: dma ? 1 : 0, mid: limit & 0xff, high: limit >> 8, device: 0xa0 })
    for (let i = 0; i < 12; i += 2) this.outWord((bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8))
    return this.wait()
  }

  /** Writes a table of regions at `table` and starts the bus master. */
  startDma(toMemory: boolean, table: number, regions: readonly (readonly [address: number, bytes: number])[]): void {
    const view = new DataView(this.ram.buffer)
    regions.forEach(([address, bytes], i) => {
      view.setUint32(table + i * 8, address, true)
      view.setUint32(table + i * 8 + 4, (bytes & 0xffff) + (i === regions.length - 1 ? 0x8000_0000 : 0), true)
    })
    this.busMaster(4, table, 4)
    this.busMaster(0, (toMemory ? 8 : 0) | 1)
  }

  busMaster(offset: number, value: number, size: 1 | 2 | 4 = 1): void {
    if ('device' in this.#busMaster) this.#busMaster.device.write(offset, size, value)
  }

  get busMasterStatus(): number {
    return 'device' in this.#busMaster ? this.#busMaster.device.read(2, 1) : 0
  }

  /** Bit 2 of the command register. */
  allowBusMaster(): void {
    this.config.write(4, 2, 4)
    this.ide.configured(this.config)
  }
}

/** Text of IDENTIFY data. */
export const identifyText = (bytes: Uint8Array, word: number, words: number): string =>
  Array.from({ length: words }, (_, i) => String.fromCharCode(bytes[(word + i) * 2 + 1] ?? 0, bytes[(word + i) * 2] ?? 0)).join('').trimEnd()
