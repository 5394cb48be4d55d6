/**
 * NVM Express 1.4: a controller with one namespace of 512-byte blocks, as a PCI function with QEMU's identity. Admin queue, up to `MOST_QUEUES` pairs of queues
 * for reads and writes, pages by PRP; interrupts by pin. Commands are carried out one after the other, each some microseconds after its doorbell.
 */
import type { Clock, Timer } from '../machine/clock'
import { TICKS_PER_MICROSECOND } from '../machine/clock'
import type { Medium } from './ata-medium'
import type { BusMemory } from './bus-memory'
import type { Device, DeviceFacts, Line, MemoryDevice } from './device'
import { fact } from './facts'
import { identifyController, identifyNamespace, namespaceDescriptors, namespaceList, smartLog } from './nvme-identify'
import type { PciConfig } from './pci-config'
import type { StateFields } from '../state/fields'
import type { PciBar, PciFunction } from './pci-function'

const BAR_BYTES = 0x4000
const REGISTER = { capabilities: 0x00, capabilitiesUpper: 0x04, version: 0x08, maskSet: 0x0c, maskClear: 0x10, configuration: 0x14, status: 0x1c, adminSizes: 0x24, adminSubmission: 0x28, adminSubmissionUpper: 0x2c, adminCompletion: 0x30, adminCompletionUpper: 0x34 } as const
const DOORBELLS = 0x1000
const VERSION = 0x0001_0400
/** Entries of a queue less one; queues must be contiguous; ready within 7.5 s. */
const CAPABILITIES = 0xff | (1 << 16) | (15 << 24)
/** The NVM command set; memory pages of 4 KiB to 64 KiB. */
const CAPABILITIES_UPPER = (1 << 5) | (4 << 20)
const ENABLE = 0x1
const CONFIGURATION_WRITABLE = 0x00ff_fff1
const SHUTDOWN_BITS = 0xc000
const STATUS = { ready: 0x1, fatal: 0x2, shutDown: 0x8 } as const
export const MOST_QUEUES = 8
const MOST_ENTRIES = 256
const MOST_ADMIN_ENTRIES = 0x1000
const SUBMISSION_BYTES = 64
const COMPLETION_BYTES = 16
const PAGE_SHIFT = 12

const COMMAND_TICKS = 10 * TICKS_PER_MICROSECOND
const BLOCK_TICKS = TICKS_PER_MICROSECOND
const BLOCK_BYTES = 512
/** Blocks of a command: as MDTS in the controller's data says. */
const MOST_BLOCKS = 1024
const NAMESPACE = 1
const ALL_NAMESPACES = 0xffff_ffff

/** Status codes with their type in bits 8 to 10 (figures 126 to 130). */
export const NVME_STATUS = { ok: 0, invalidOpcode: 0x001, invalidField: 0x002, invalidNamespace: 0x00b, outOfRange: 0x080, invalidQueue: 0x101, invalidQueueSize: 0x102, invalidLog: 0x109, notSaveable: 0x10d, invalidVector: 0x108, writeProtected: 0x182 } as const
type Status = (typeof NVME_STATUS)[keyof typeof NVME_STATUS]
const DO_NOT_RETRY = 1 << 14

const FEATURE = { arbitration: 0x01, powerManagement: 0x02, temperature: 0x04, errorRecovery: 0x05, writeCache: 0x06, queues: 0x07, coalescing: 0x08, vector: 0x09, atomicity: 0x0a, events: 0x0b } as const
const FEATURES: ReadonlySet<number> = new Set(Object.values(FEATURE))
const LOG = { errors: 0x01, health: 0x02, firmware: 0x03 } as const

interface SubmissionQueue {
  readonly base: number
  readonly entries: number
  readonly completion: number
  head: number
  tail: number
}

interface CompletionQueue {
  readonly base: number
  readonly entries: number
  readonly interrupts: boolean
  head: number
  tail: number
  /** Flips whenever the queue is gone through: so software knows new entries. */
  phase: 0 | 1
}

const exchangeQueue = (fields: StateFields, id: number, queue: Pick<SubmissionQueue, 'base' | 'entries' | 'head' | 'tail'> | undefined): [number, { base: number; entries: number; head: number; tail: number }] => {
  const entries = fields.int('entries', queue?.entries ?? 1, MOST_ADMIN_ENTRIES, 1)
  return [
    fields.int('id', id, MOST_QUEUES),
    { base: fields.dword('base', queue?.base ?? 0), entries, head: fields.int('head', queue?.head ?? 0, entries - 1), tail: fields.int('tail', queue?.tail ?? 0, entries - 1) },
  ]
}

function exchangeCompletion(fields: StateFields, [id, queue]: [number, CompletionQueue | undefined] = [0, undefined]): [number, CompletionQueue] {
  const [number, common] = exchangeQueue(fields, id, queue)
  return [number, { ...common, interrupts: fields.flag('interrupts', queue?.interrupts ?? false), phase: fields.choice('phase', queue?.phase ?? 0, [0, 1]) }]
}

function exchangeSubmission(fields: StateFields, [id, queue]: [number, SubmissionQueue | undefined] = [0, undefined]): [number, SubmissionQueue] {
  const [number, common] = exchangeQueue(fields, id, queue)
  return [number, { ...common, completion: fields.int('completion', queue?.completion ?? 0, MOST_QUEUES) }]
}

function fill<T>(map: Map<number, T>, entries: readonly (readonly [number, T])[]): void {
  map.clear()
  for (const [id, value] of entries) map.set(id, value)
}

/** A command, as the fields that all have. */
interface Command {
  readonly opcode: number
  readonly id: number
  readonly namespace: number
  readonly prp1: number
  readonly prp2: number
  /** Doublewords 10 to 15. */
  readonly words: readonly number[]
}

/** A doubleword that goes with success, a status that says why not, or nothing yet. */
type Outcome = { readonly status: Status; readonly result?: number } | 'later'
const done = (result = 0): Outcome => ({ status: NVME_STATUS.ok, result })
const failed = (status: Status): Outcome => ({ status })

export interface NvmeWiring {
  readonly clock: Clock
  readonly memory: BusMemory
}

export class Nvme implements Device, PciFunction {
  readonly name = 'NVMe controller'
  readonly identity = { vendor: 0x1b36, device: 0x0010, revision: 2, classCode: 0x010802, subsystemVendor: 0x1af4, subsystem: 0x1100, interruptPin: 1 } as const
  readonly ports = []
  readonly bars: readonly PciBar[]
  interrupt: Line = () => undefined
  readonly #memory: BusMemory
  readonly #clock: Clock
  readonly #timer: Timer
  readonly #medium: Medium
  readonly #serial: string
  #master = false
  #mask = 0
  #configuration = 0
  #status = 0
  #adminSizes = 0
  #adminSubmission = 0
  #adminCompletion = 0
  readonly #submissions = new Map<number, SubmissionQueue>()
  readonly #completions = new Map<number, CompletionQueue>()
  readonly #features = new Map<number, number>()
  /** The queue whose turn it is next. */
  #turn = 0

  readonly #adminCommands: Readonly<Record<number, (command: Command) => Outcome>> = {
    0x00: ({ words }) => this.#deleteQueue(this.#submissions, (words[0] ?? 0) & 0xffff),
    0x01: (command) => this.#createSubmission(command),
    0x02: (command) => this.#log(command),
    0x04: ({ words }) => this.#deleteCompletion((words[0] ?? 0) & 0xffff),
    0x05: (command) => this.#createCompletion(command),
    0x06: (command) => this.#identify(command),
    // ABORT: what could be aborted is done already.
    0x08: () => done(1),
    0x09: (command) => this.#setFeature(command),
    0x0a: (command) => this.#getFeature(command),
    // ASYNCHRONOUS EVENT REQUEST: no event ever comes.
    0x0c: () => 'later',
  }

  readonly #blockCommands: Readonly<Record<number, (command: Command) => Outcome>> = {
    0x00: () => done(), // FLUSH
    0x01: (command) => this.#write(command),
    0x02: (command) => this.#read(command),
  }

  /** @param medium with sectors of 512 bytes @param serial up to 20 characters of ASCII */
  constructor({ clock, memory }: NvmeWiring, medium: Medium, serial: string) {
    this.#memory = memory
    this.#clock = clock
    this.#medium = medium
    this.#serial = serial
    this.#timer = clock.timer(() => this.#carryOut())
    const device: MemoryDevice = { read: (offset, size) => this.#readPart(offset, size), write: (offset, size, value) => this.#writePart(offset, size, value) }
    this.bars = [{ index: 0, kind: 'memory', bytes: BAR_BYTES, device }]
  }

  reset(): void {
    this.#mask = this.#adminSizes = this.#adminSubmission = this.#adminCompletion = this.#configuration = 0
    this.#disable()
  }

  exchange(state: StateFields): void {
    this.#master = state.flag('master', this.#master)
    this.#mask = state.dword('mask', this.#mask)
    this.#configuration = state.dword('configuration', this.#configuration)
    this.#status = state.dword('status', this.#status)
    this.#adminSizes = state.dword('admin sizes', this.#adminSizes)
    this.#adminSubmission = state.dword('admin submission', this.#adminSubmission)
    this.#adminCompletion = state.dword('admin completion', this.#adminCompletion)
    // Their order is that of their turns.
    const completions = state.list('completions', [...this.#completions], MOST_QUEUES + 1, exchangeCompletion)
    const submissions = state.list('submissions', [...this.#submissions], MOST_QUEUES + 1, exchangeSubmission)
    if (state.loading) {
      fill(this.#completions, completions)
      fill(this.#submissions, submissions)
    }
    state.map('features', this.#features, FEATURES.size, 0xffff_ffff)
    this.#turn = state.int('turn', this.#turn, MOST_QUEUES + 1)
  }

  /** Whether commands are under way, so that an interrupt can still come. */
  get busy(): boolean {
    return this.#timer.due !== Infinity
  }

  configured(config: PciConfig): void {
    this.#master = config.isMaster
    this.#schedule()
  }

  describe(): DeviceFacts {
    const queue = ([id, { entries, head, tail }]: [number, { entries: number; head: number; tail: number }]): string => `${id}: ${entries} entries, head ${head}, tail ${tail}`
    return [
      {
        title: 'NVMe',
        facts: [
          fact('configuration', `0x${this.#configuration.toString(16)}`), fact('ready', (this.#status & STATUS.ready) !== 0), fact('masked', this.#mask !== 0),
          ...[...this.#submissions].map((one) => fact('submission queue', queue(one))), ...[...this.#completions].map((one) => fact('completion queue', queue(one))),
        ],
      },
    ]
  }

  #readPart(offset: number, size: 1 | 2 | 4): number {
    const value = this.#readRegister(offset & ~3) >>> (8 * (offset & 3))
    return size === 4 ? value : value & (size === 2 ? 0xffff : 0xff)
  }

  #readRegister(offset: number): number {
    switch (offset) {
      case REGISTER.capabilities:
        return CAPABILITIES
      case REGISTER.capabilitiesUpper:
        return CAPABILITIES_UPPER
      case REGISTER.version:
        return VERSION
      case REGISTER.maskSet:
      case REGISTER.maskClear:
        return this.#mask
      case REGISTER.configuration:
        return this.#configuration
      case REGISTER.status:
        return this.#status
      case REGISTER.adminSizes:
        return this.#adminSizes
      case REGISTER.adminSubmission:
        return this.#adminSubmission
      case REGISTER.adminCompletion:
        return this.#adminCompletion
      default:
        return 0
    }
  }

  #writePart(offset: number, size: 1 | 2 | 4, value: number): void {
    // Registers are written whole (3.1); a part is of no use to anybody.
    if (size !== 4) return
    if (offset >= DOORBELLS) this.#ring((offset - DOORBELLS) >> 2, value)
    else this.#writeRegister(offset, value >>> 0)
  }

  #writeRegister(offset: number, value: number): void {
    switch (offset) {
      case REGISTER.maskSet:
        this.#mask = (this.#mask | value) >>> 0
        this.#update()
        return
      case REGISTER.maskClear:
        this.#mask = (this.#mask & ~value) >>> 0
        this.#update()
        return
      case REGISTER.configuration:
        this.#configure(value & CONFIGURATION_WRITABLE)
        return
      case REGISTER.adminSizes:
        this.#adminSizes = value & 0x0fff_0fff
        return
      case REGISTER.adminSubmission:
        this.#adminSubmission = (value & ~0xfff) >>> 0
        return
      case REGISTER.adminCompletion:
        this.#adminCompletion = (value & ~0xfff) >>> 0
    }
  }

  #configure(value: number): void {
    const before = this.#configuration
    this.#configuration = value
    if (value & ~before & ENABLE) this.#enable()
    else if (before & ~value & ENABLE) this.#disable()
    if (value & SHUTDOWN_BITS) this.#status |= STATUS.shutDown
  }

  #enable(): void {
    const submission = (this.#adminSizes & 0xfff) + 1
    const completion = ((this.#adminSizes >>> 16) & 0xfff) + 1
    this.#submissions.set(0, { base: this.#adminSubmission, entries: submission, completion: 0, head: 0, tail: 0 })
    this.#completions.set(0, { base: this.#adminCompletion, entries: completion, interrupts: true, head: 0, tail: 0, phase: 1 })
    this.#status = STATUS.ready
  }

  /** Also what a controller reset leaves: the admin queue's registers stay. */
  #disable(): void {
    this.#timer.cancel()
    this.#submissions.clear()
    this.#completions.clear()
    this.#features.clear()
    this.#status = this.#turn = 0
    this.#update()
  }

  /** Doorbells: tail of submission queue 0, head of completion queue 0, tail of 1 … */
  #ring(index: number, value: number): void {
    const id = index >> 1
    if (index & 1) {
      const queue = this.#completions.get(id)
      if (queue && value < queue.entries) queue.head = value
      this.#update()
      return
    }
    const queue = this.#submissions.get(id)
    if (queue && value < queue.entries) queue.tail = value
    this.#schedule()
  }

  #schedule(ticks = COMMAND_TICKS): void {
    if (this.#master && !this.busy && this.#next()) this.#timer.set(this.#clock.now() + ticks)
  }

  /** A queue with a command, round robin; whose completions have room. */
  #next(): [number, SubmissionQueue] | undefined {
    const ready = [...this.#submissions].filter(([, { head, tail, completion }]) => {
      const answers = this.#completions.get(completion)
      return head !== tail && answers !== undefined && (answers.tail + 1) % answers.entries !== answers.head
    })
    return ready.find(([id]) => id >= this.#turn) ?? ready[0]
  }

  #carryOut(): void {
    const next = this.#next()
    if (!next) return
    const [id, queue] = next
    this.#turn = id + 1
    const command = this.#fetch(queue)
    queue.head = (queue.head + 1) % queue.entries
    const carry = (id === 0 ? this.#adminCommands : this.#blockCommands)[command.opcode]
    const outcome = carry?.(command) ?? failed(NVME_STATUS.invalidOpcode)
    if (outcome !== 'later') this.#complete(id, queue, command, outcome)
    const moved = id === 0 ? 0 : ((command.words[2] ?? 0) & 0xffff) + 1
    this.#schedule(COMMAND_TICKS + moved * BLOCK_TICKS)
  }

  #fetch({ base, head }: SubmissionQueue): Command {
    const view = viewOf(this.#memory.read(base + head * SUBMISSION_BYTES, SUBMISSION_BYTES))
    const word = (index: number): number => view.getUint32(index * 4, true)
    return { opcode: word(0) & 0xff, id: word(0) >>> 16, namespace: word(1), prp1: word(6), prp2: word(8), words: [10, 11, 12, 13, 14, 15].map(word) }
  }

  #complete(id: number, { head, completion }: SubmissionQueue, { id: commandId }: Command, { status, result = 0 }: Exclude<Outcome, 'later'>): void {
    const queue = this.#completions.get(completion)
    if (!queue) return
    const bytes = new Uint8Array(COMPLETION_BYTES)
    const view = viewOf(bytes)
    view.setUint32(0, result, true)
    view.setUint16(8, head, true)
    view.setUint16(10, id, true)
    view.setUint16(12, commandId, true)
    view.setUint16(14, ((status === NVME_STATUS.ok ? 0 : status | DO_NOT_RETRY) << 1) | queue.phase, true)
    this.#memory.write(queue.base + queue.tail * COMPLETION_BYTES, bytes)
    queue.tail = (queue.tail + 1) % queue.entries
    if (queue.tail === 0) queue.phase = queue.phase === 1 ? 0 : 1
    this.#update()
  }

  /** The pin is up while a queue that interrupts has entries that software has not taken. */
  #update(): void {
    const waiting = [...this.#completions.values()].some(({ interrupts, head, tail }) => interrupts && head !== tail)
    this.interrupt(waiting && (this.#mask & 1) === 0)
  }

  get #pageBytes(): number {
    return 1 << (PAGE_SHIFT + ((this.#configuration >>> 7) & 0xf))
  }

  /** The parts of memory that PRP entries name, for `count` bytes (4.3). Undefined: an entry is not at a page's beginning. */
  #pages({ prp1, prp2 }: Command, count: number): { address: number; bytes: number }[] | undefined {
    const page = this.#pageBytes
    const first = Math.min(count, page - (prp1 % page))
    const parts = [{ address: prp1, bytes: first }]
    let left = count - first
    if (left === 0) return parts
    if (left <= page) return prp2 % page === 0 ? [...parts, { address: prp2, bytes: left }] : undefined
    let list = prp2
    while (left > 0) {
      let entry = this.#pageEntry(list)
      // The last entry of a page of entries names the next one, when more are needed.
      if ((list + 8) % page === 0 && left > page) {
        list = entry
        entry = this.#pageEntry(list)
      }
      if (entry % page !== 0) return undefined
      const bytes = Math.min(page, left)
      parts.push({ address: entry, bytes })
      left -= bytes
      list += 8
    }
    return parts
  }

  #pageEntry(at: number): number {
    return viewOf(this.#memory.read(at, 8)).getUint32(0, true)
  }

  #give(command: Command, data: Uint8Array): Outcome {
    const pages = this.#pages(command, data.length)
    if (!pages) return failed(NVME_STATUS.invalidField)
    let at = 0
    for (const { address, bytes } of pages) {
      this.#memory.write(address, data.subarray(at, at + bytes))
      at += bytes
    }
    return done()
  }

  #take(command: Command, count: number): Uint8Array | undefined {
    const pages = this.#pages(command, count)
    if (!pages) return undefined
    const data = new Uint8Array(count)
    let at = 0
    for (const { address, bytes } of pages) {
      data.set(this.#memory.read(address, bytes), at)
      at += bytes
    }
    return data
  }

  /** First block and number of blocks; or why there are none. */
  #blocks({ namespace, words }: Command): { lba: number; count: number } | Status {
    if (namespace !== NAMESPACE) return NVME_STATUS.invalidNamespace
    const lba = (words[0] ?? 0) + (words[1] ?? 0) * 2 ** 32
    const count = ((words[2] ?? 0) & 0xffff) + 1
    if (count > MOST_BLOCKS) return NVME_STATUS.invalidField
    return lba + count > this.#medium.sectors ? NVME_STATUS.outOfRange : { lba, count }
  }

  #read(command: Command): Outcome {
    const blocks = this.#blocks(command)
    return typeof blocks === 'number' ? failed(blocks) : this.#give(command, this.#medium.read(blocks.lba, blocks.count))
  }

  #write(command: Command): Outcome {
    const blocks = this.#blocks(command)
    if (typeof blocks === 'number') return failed(blocks)
    if (this.#medium.readOnly) return failed(NVME_STATUS.writeProtected)
    const data = this.#take(command, blocks.count * BLOCK_BYTES)
    if (!data) return failed(NVME_STATUS.invalidField)
    for (let i = 0; i < blocks.count; i++) this.#medium.write(blocks.lba + i, data.subarray(i * BLOCK_BYTES, (i + 1) * BLOCK_BYTES))
    return done()
  }

  #createCompletion({ prp1, words }: Command): Outcome {
    const [sizes = 0, how = 0] = words
    const id = sizes & 0xffff
    const entries = (sizes >>> 16) + 1
    if (id === 0 || id > MOST_QUEUES || this.#completions.has(id)) return failed(NVME_STATUS.invalidQueue)
    if (entries < 2 || entries > MOST_ENTRIES) return failed(NVME_STATUS.invalidQueueSize)
    if (how >>> 16 !== 0) return failed(NVME_STATUS.invalidVector)
    if (!(how & 1) || prp1 % this.#pageBytes !== 0) return failed(NVME_STATUS.invalidField)
    this.#completions.set(id, { base: prp1, entries, interrupts: (how & 2) !== 0, head: 0, tail: 0, phase: 1 })
    return done()
  }

  #createSubmission({ prp1, words }: Command): Outcome {
    const [sizes = 0, how = 0] = words
    const id = sizes & 0xffff
    const entries = (sizes >>> 16) + 1
    const completion = how >>> 16
    if (id === 0 || id > MOST_QUEUES || this.#submissions.has(id)) return failed(NVME_STATUS.invalidQueue)
    if (entries < 2 || entries > MOST_ENTRIES) return failed(NVME_STATUS.invalidQueueSize)
    if (completion === 0 || !this.#completions.has(completion)) return failed(NVME_STATUS.invalidQueue)
    if (!(how & 1) || prp1 % this.#pageBytes !== 0) return failed(NVME_STATUS.invalidField)
    this.#submissions.set(id, { base: prp1, entries, completion, head: 0, tail: 0 })
    return done()
  }

  #deleteQueue(queues: Map<number, unknown>, id: number): Outcome {
    if (id === 0 || !queues.delete(id)) return failed(NVME_STATUS.invalidQueue)
    this.#update()
    return done()
  }

  /** One that a submission queue still uses stays. */
  #deleteCompletion(id: number): Outcome {
    if ([...this.#submissions.values()].some(({ completion }) => completion === id)) return failed(NVME_STATUS.invalidQueue)
    return this.#deleteQueue(this.#completions, id)
  }

  #identify(command: Command): Outcome {
    const { namespace, words } = command
    switch ((words[0] ?? 0) & 0xff) {
      case 0x00:
        return namespace === NAMESPACE || namespace === ALL_NAMESPACES ? this.#give(command, identifyNamespace(this.#medium)) : failed(NVME_STATUS.invalidNamespace)
      case 0x01:
        return this.#give(command, identifyController(this.#serial))
      case 0x02:
        return this.#give(command, namespaceList(namespace < NAMESPACE ? [NAMESPACE] : []))
      case 0x03:
        return namespace === NAMESPACE ? this.#give(command, namespaceDescriptors(this.#serial)) : failed(NVME_STATUS.invalidNamespace)
      default:
        return failed(NVME_STATUS.invalidField)
    }
  }

  #log(command: Command): Outcome {
    const [what = 0, upper = 0] = command.words
    const bytes = ((what >>> 16) + (upper & 0xffff) * 0x1_0000 + 1) * 4
    const log = what & 0xff
    if (log !== LOG.errors && log !== LOG.health && log !== LOG.firmware) return failed(NVME_STATUS.invalidLog)
    const content = log === LOG.health ? smartLog() : log === LOG.firmware ? Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, ...Buffer.from('1.0     ', 'latin1')) : new Uint8Array()
    const data = new Uint8Array(Math.min(bytes, 4096))
    data.set(content.subarray(0, data.length))
    return this.#give(command, data)
  }

  #setFeature({ words }: Command): Outcome {
    const [what = 0, value = 0] = words
    const feature = what & 0xff
    if (!FEATURES.has(feature)) return failed(NVME_STATUS.invalidField)
    if (what >= 2 ** 31) return failed(NVME_STATUS.notSaveable)
    if (feature === FEATURE.queues) return done(this.#queues)
    this.#features.set(feature, value)
    return done()
  }

  #getFeature({ words }: Command): Outcome {
    const feature = (words[0] ?? 0) & 0xff
    if (!FEATURES.has(feature)) return failed(NVME_STATUS.invalidField)
    return done(feature === FEATURE.queues ? this.#queues : (this.#features.get(feature) ?? 0))
  }

  /** Queues of either kind less one. */
  get #queues(): number {
    return (MOST_QUEUES - 1) | ((MOST_QUEUES - 1) << 16)
  }
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
