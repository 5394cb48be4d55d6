/**
 * Flash memory with Intel's command set 0001h, 8 bits wide (Intel StrataFlash Memory J3, data sheet 290667, "Command Definitions"; Common Flash Interface,
 * JESD68.01, with the primary table of JEP137). It is read as plain memory until a command is written to it. Programming only clears bits; erasing a block
 * sets them. Both are done at once: the status is never busy.
 */
import type { Device, DeviceFacts, MemoryDevice } from './device'
import type { StateFields } from '../state/fields'
import { bitsFact, fact } from './facts'

export const FLASH_BLOCK_BYTES = 0x1000
const COMMAND = {
  readArray: 0xff, program: 0x40, programToo: 0x10, erase: 0x20, writeBuffer: 0xe8, confirm: 0xd0, clearStatus: 0x50, readStatus: 0x70, readId: 0x90, query: 0x98, lock: 0x60,
} as const
const STATUS = { protected: 0x02, programError: 0x10, eraseError: 0x20, ready: 0x80 } as const
const MANUFACTURER = 0x89
const DEVICE = 0x18
const BUFFER_SHIFT = 5
const BUFFER_BYTES = 1 << BUFFER_SHIFT
/** A byte says it, less one. */
const MOST_COUNT = 0x100
const QUERY_START = 0x10
const ERASED = 0xff

/** What a read answers with: the memory itself, or something about it. */
const MODES = ['array', 'status', 'id', 'query'] as const
type Mode = (typeof MODES)[number]
/** What the next write is, after a command of more than one. */
const EXPECTED = ['command', 'data', 'erase confirm', 'lock confirm', 'count', 'buffer', 'buffer confirm'] as const
type Expected = (typeof EXPECTED)[number]

export interface CfiFlashWiring {
  /** The contents, in place: whole blocks. */
  readonly memory: Uint8Array
  /** Bytes of the contents were changed. */
  readonly changed: (at: number, bytes: number) => void
  /** Whether reads go to the contents (true), or to this device. Called only when that changes. */
  readonly showArray: (shown: boolean) => void
}

export class CfiFlash implements Device, MemoryDevice {
  readonly name = 'flash memory'
  readonly ports = []
  readonly #wiring: CfiFlashWiring
  readonly #query: Uint8Array
  #mode: Mode = 'array'
  #expected: Expected = 'command'
  #status = 0
  /** The page that is written by WRITE TO BUFFER: bytes by address. */
  #buffer: { at: number; value: number }[] = []
  #count = 0
  #modified = false

  constructor(wiring: CfiFlashWiring) {
    this.#wiring = wiring
    this.#query = queryTable(wiring.memory.length)
  }

  /** Whether the contents differ, or did for a time, from those at power-on. */
  get modified(): boolean {
    return this.#modified
  }

  /** A copy of the contents. */
  get contents(): Uint8Array {
    return this.#wiring.memory.slice()
  }

  /** The contents stay. */
  reset(): void {
    this.#status = 0
    this.#expected = 'command'
    this.#show('array')
  }

  /** The contents are memory, which is saved as such. */
  exchange(state: StateFields): void {
    this.#mode = state.choice('mode', this.#mode, MODES)
    this.#expected = state.choice('expected', this.#expected, EXPECTED)
    this.#status = state.byte('status', this.#status)
    this.#buffer = state.list('buffer', this.#buffer, BUFFER_BYTES, (fields, byte) => ({ at: fields.int('at', byte?.at ?? 0, this.#wiring.memory.length - 1), value: fields.byte('value', byte?.value ?? 0) }))
    this.#count = state.int('count', this.#count, MOST_COUNT)
    this.#modified = state.flag('modified', this.#modified)
    if (state.loading && this.#mode !== 'array') this.#wiring.showArray(false)
  }

  describe(): DeviceFacts {
    const { length } = this.#wiring.memory
    return [
      {
        title: 'Flash memory',
        facts: [
          fact('size', `${length} bytes`, `${length / FLASH_BLOCK_BYTES} blocks`), fact('reads as', this.#mode), fact('next write', this.#expected),
          bitsFact('status', this.#status, [undefined, 'protected', undefined, undefined, 'program error', 'erase error', undefined, 'ready']), fact('written to', this.#modified),
        ],
      },
    ]
  }

  read(offset: number, size: 1 | 2 | 4): number {
    let value = 0
    for (let i = 0; i < size; i++) value += this.#byte(offset + i) * 2 ** (8 * i)
    return value
  }

  write(offset: number, size: 1 | 2 | 4, value: number): void {
    for (let i = 0; i < size; i++) this.#writeByte(offset + i, (value >>> (8 * i)) & 0xff)
  }

  #byte(offset: number): number {
    switch (this.#mode) {
      case 'array':
        return this.#wiring.memory[offset] ?? ERASED
      case 'status':
        return this.#status
      case 'id':
        // In every block: manufacturer, device, whether the block is locked.
        return [MANUFACTURER, DEVICE][offset % FLASH_BLOCK_BYTES] ?? 0
      case 'query':
        return this.#query[(offset & 0xff) - QUERY_START] ?? 0
    }
  }

  #writeByte(at: number, value: number): void {
    switch (this.#expected) {
      case 'command':
        this.#command(value)
        return
      case 'data':
        this.#program([{ at, value }])
        return
      case 'erase confirm':
        if (value === COMMAND.confirm) this.#erase(at)
        else this.#wrongSequence()
        return
      case 'lock confirm':
        // No block is ever locked: locking is a matter of the board's pins, and unlocking changes nothing.
        this.#expected = 'command'
        return
      case 'count':
        this.#count = value + 1
        this.#buffer = []
        if (this.#count > BUFFER_BYTES) this.#wrongSequence()
        else this.#expected = 'buffer'
        return
      case 'buffer':
        this.#buffer.push({ at, value })
        if (this.#buffer.length === this.#count) this.#expected = 'buffer confirm'
        return
      case 'buffer confirm':
        if (value === COMMAND.confirm) this.#program(this.#buffer)
        else this.#wrongSequence()
    }
  }

  #command(value: number): void {
    switch (value) {
      case COMMAND.program:
      case COMMAND.programToo:
        this.#expect('data')
        return
      case COMMAND.erase:
        this.#expect('erase confirm')
        return
      case COMMAND.writeBuffer:
        this.#expect('count')
        return
      case COMMAND.lock:
        this.#expect('lock confirm')
        return
      case COMMAND.clearStatus:
        // A chip would still say that it is ready; QEMU's does not, and OVMF knows flash memory by just that.
        this.#status = 0
        this.#show('array')
        return
      case COMMAND.readStatus:
        this.#show('status')
        return
      case COMMAND.readId:
        this.#show('id')
        return
      case COMMAND.query:
        this.#show('query')
        return
      default:
        this.#show('array')
    }
  }

  /** From the first write of a command on, reads give the status. */
  #expect(next: Expected): void {
    this.#expected = next
    this.#show('status')
  }

  #wrongSequence(): void {
    this.#status |= STATUS.programError | STATUS.eraseError | STATUS.ready
    this.#expected = 'command'
  }

  #program(bytes: readonly { at: number; value: number }[]): void {
    this.#expected = 'command'
    this.#status |= STATUS.ready
    const { memory, changed } = this.#wiring
    for (const { at, value } of bytes) {
      const before = memory[at] ?? ERASED
      memory[at] = before & value
      if (memory[at] !== before) {
        this.#modified = true
        changed(at, 1)
      }
    }
  }

  #erase(at: number): void {
    this.#expected = 'command'
    this.#status |= STATUS.ready
    const first = at - (at % FLASH_BLOCK_BYTES)
    this.#wiring.memory.fill(ERASED, first, first + FLASH_BLOCK_BYTES)
    this.#modified = true
    this.#wiring.changed(first, FLASH_BLOCK_BYTES)
  }

  #show(mode: Mode): void {
    const [before, now] = [this.#mode === 'array', mode === 'array']
    this.#mode = mode
    if (before !== now) this.#wiring.showArray(now)
  }
}

/** What READ QUERY shows from address 10h on (JESD68.01, 4.3). */
function queryTable(bytes: number): Uint8Array {
  const blocks = bytes / FLASH_BLOCK_BYTES
  const word = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff]
  return Uint8Array.from([
    ...Buffer.from('QRY', 'latin1'), ...word(0x0001), ...word(0x0031), ...word(0), ...word(0),
    // 4.5 V to 5.5 V; typical times as powers of two: 128 µs for a byte and a buffer, 1 s for a block; at most sixteen times as long.
    0x45, 0x55, 0, 0, 7, 7, 10, 0, 4, 4, 4, 0,
    // Size as a power of two, 8 bits wide, buffer; one region of equal blocks: their number less one, and size in units of 256 bytes.
    Math.ceil(Math.log2(bytes)), ...word(0), ...word(BUFFER_SHIFT), 1, ...word(blocks - 1), ...word(FLASH_BLOCK_BYTES / 256),
    // Primary table, version 1.0: no optional features.
    ...Buffer.from('PRI10', 'latin1'), 0, 0, 0, 0, 0, 0, 0, 0x50, 0x00,
  ])
}
