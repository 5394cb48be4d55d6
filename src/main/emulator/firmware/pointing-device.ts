/**
 * INT 15h AH=C2h and IRQ 12: the pointing device (IBM Personal System/2 and Personal Computer BIOS Interface Technical Reference, "Interrupt 15h",
 * AH=C2h; commands of the mouse itself: Personal System/2 Hardware Interface Technical Reference). Its variables lie in the extended BIOS data area,
 * where programs find them.
 */
import { EBDA, POINTER } from './bda'
import type { FirmwareCall } from './call'
import type { FirmwareHost, Service } from './context'

const Status = { ok: 0, invalidFunction: 1, invalidInput: 2, interfaceError: 3, noHandler: 5 } as const
const Command = { scaling1: 0xe6, scaling2: 0xe7, resolution: 0xe8, status: 0xe9, identify: 0xf2, rate: 0xf3, enable: 0xf4, disable: 0xf5, reset: 0xff } as const
const ACK = 0xfa
/** Reports per second by BH. */
const RATES = [10, 20, 40, 60, 80, 100, 200] as const
const LAST_RESOLUTION = 3
const MOST_BYTES = 8

/** Second flag byte: a handler is there; and how long a report is, less one. */
const HAS_HANDLER = 0x80
const LENGTH = 0x07
const INDEX = 0x07

/** The controller's command byte. */
const READ_CONFIG = 0x20
const WRITE_CONFIG = 0x60
const AUX_ON = 0xa8
const AUX_OFF = 0xa7
const CONFIG_IRQ12 = 0x02
const STATUS_AUX_FULL = 0x21

/** Words that the stub has reserved on the stack: Z, Y, X and status for the handler, and its address (see `SHAPES.mouse`). */
const HANDLER_OFFSET = 8
const SLAVE_MASK = 0xa1
const MASTER_MASK = 0x21

export class PointingDevice {
  readonly #host: FirmwareHost

  constructor(host: FirmwareHost) {
    this.#host = host
  }

  /** AH=C2h. */
  readonly service = (call: FirmwareCall): void => {
    const status = (this.#functions[call.al] ?? (() => Status.invalidFunction))(call)
    call.ah = status
    call.carry = status !== Status.ok
  }

  /** IRQ 12. True: a report is whole, and the stub calls the program's handler with what lies on the stack. */
  readonly interrupt: Service = (call) => {
    const { memory, ports } = this.#host
    if ((ports.read8(0x64) & STATUS_AUX_FULL) !== STATUS_AUX_FULL) return false
    const byte = ports.read8(0x60)
    const second = memory.read8(POINTER.flags2)
    if ((second & HAS_HANDLER) === 0) return false
    const first = memory.read8(POINTER.flags1)
    const index = first & INDEX
    memory.write8(POINTER.data + index, byte)
    const last = index >= (second & LENGTH)
    memory.write8(POINTER.flags1, (first & ~INDEX) | (last ? 0 : index + 1))
    if (!last) return false
    const [status, x, y, z] = [0, 1, 2, 3].map((i) => (i <= (second & LENGTH) ? memory.read8(POINTER.data + i) : 0))
    ;[z, y, x, status].forEach((value, i) => memory.write16(call.onStack(i * 2), value ?? 0))
    memory.write32(call.onStack(HANDLER_OFFSET), memory.read32(POINTER.handler))
    return true
  }

  readonly #functions: Readonly<Record<number, (call: FirmwareCall) => number>> = {
    0x00: (call) => {
      if (call.bh > 1) return Status.invalidInput
      if ((this.#host.memory.read8(POINTER.flags2) & HAS_HANDLER) === 0) return Status.noHandler
      this.#reports(call.bh === 1)
      return this.#send(call.bh === 1 ? Command.enable : Command.disable) ? Status.ok : Status.interfaceError
    },
    0x01: (call) => this.#reset(call),
    0x02: (call) => {
      const rate = RATES[call.bh]
      if (rate === undefined) return Status.invalidInput
      return this.#send(Command.rate, rate) ? Status.ok : Status.interfaceError
    },
    0x03: (call) => {
      if (call.bh > LAST_RESOLUTION) return Status.invalidInput
      return this.#send(Command.resolution, call.bh) ? Status.ok : Status.interfaceError
    },
    0x04: (call) => {
      const answer = this.#send(Command.identify)
      if (!answer) return Status.interfaceError
      call.bh = answer[0] ?? 0
      return Status.ok
    },
    0x05: (call) => {
      if (call.bh < 1 || call.bh > MOST_BYTES) return Status.invalidInput
      const { memory } = this.#host
      memory.write8(POINTER.flags1, 0)
      memory.write8(POINTER.flags2, (memory.read8(POINTER.flags2) & ~LENGTH) | (call.bh - 1))
      return this.#reset(call)
    },
    0x06: (call) => {
      if (call.bh > 2) return Status.invalidInput
      const answer = this.#send(call.bh === 0 ? Command.status : call.bh === 1 ? Command.scaling1 : Command.scaling2)
      if (!answer) return Status.interfaceError
      if (call.bh === 0) [call.bl, call.cl, call.dl] = [answer[0] ?? 0, answer[1] ?? 0, answer[2] ?? 0]
      return Status.ok
    },
    0x07: (call) => {
      const { memory } = this.#host
      const offset = call.bx
      const segment = call.es
      memory.write16(POINTER.handler, offset)
      memory.write16(POINTER.handler + 2, segment)
      const flags = memory.read8(POINTER.flags2)
      if (offset === 0 && segment === 0) {
        if (flags & HAS_HANDLER) {
          memory.write8(POINTER.flags2, flags & ~HAS_HANDLER)
          this.#send(Command.disable)
          this.#reports(false)
        }
      } else memory.write8(POINTER.flags2, flags | HAS_HANDLER)
      return Status.ok
    },
  }

  #reset(call: FirmwareCall): number {
    const answer = this.#send(Command.reset)
    if (!answer) return Status.interfaceError
    call.bl = answer[0] ?? 0
    call.bh = answer[1] ?? 0
    return Status.ok
  }

  /** Has IRQ 12 come to the BIOS, or not. */
  #reports(on: boolean): void {
    const { ports } = this.#host
    ports.write8(0x64, on ? AUX_ON : AUX_OFF)
    ports.write8(0x64, READ_CONFIG)
    const config = ports.read8(0x60)
    ports.write8(0x64, WRITE_CONFIG)
    ports.write8(0x60, on ? config | CONFIG_IRQ12 : config & ~CONFIG_IRQ12)
    if (!on) return
    ports.write8(SLAVE_MASK, ports.read8(SLAVE_MASK) & ~0x10)
    ports.write8(MASTER_MASK, ports.read8(MASTER_MASK) & ~0x04)
  }

  /** What the mouse answers after it has acknowledged each byte; undefined: it did not. No time passes, as the line between is short. */
  #send(...bytes: readonly number[]): number[] | undefined {
    const { mouse, hasMouse } = this.#host.keyboard
    if (!hasMouse) return undefined
    let answer: number[] = []
    for (const byte of bytes) {
      mouse.receive(byte)
      answer = []
      for (let next = mouse.take(); next !== undefined && answer.length < MOST_BYTES; next = mouse.take()) answer.push(next)
      if (answer.shift() !== ACK) return undefined
    }
    return answer
  }
}

/** The EBDA's own length in KiB, and the pointing device's variables. */
export function clearPointingDevice({ memory }: Pick<FirmwareHost, 'memory'>): void {
  for (let at = POINTER.handler; at < POINTER.data + MOST_BYTES; at++) memory.write8(at, 0)
  memory.write8(EBDA, 1)
}
