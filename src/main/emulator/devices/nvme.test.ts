import { describe, expect, test } from 'vitest'
import { Nvme, NVME_STATUS } from './nvme'
import { probe, TestClock } from './test-clock'
import { startFunction, TestRam } from './test-dma'
import { testMedium } from './test-medium'

const [CAP, VS, INTMS, INTMC, CC, CSTS, AQA, ASQ, ACQ] = [0x00, 0x08, 0x0c, 0x10, 0x14, 0x1c, 0x24, 0x28, 0x30]
const [ADMIN, ADMIN_DONE, QUEUE, QUEUE_DONE, LIST, DATA] = [0x1000, 0x2000, 0x3000, 0x4000, 0x8000, 0x10000]
const ENTRIES = 8
const SECTORS = 5000
const ENABLED = 0x0046_0001

interface Sent {
  opcode: number
  namespace?: number
  prp1?: number
  prp2?: number
  words?: number[]
}

function bench({ readOnly = false } = {}) {
  const clock = new TestClock()
  const ram = new TestRam(1 << 20)
  const irq = probe()
  const medium = testMedium(SECTORS, 512, readOnly)
  const nvme = new Nvme({ clock, memory: ram }, medium, 'BL00001')
  nvme.interrupt = irq.line
  const io = startFunction(nvme)
  const queues = [{ base: ADMIN, done: ADMIN_DONE, tail: 0, head: 0, phase: 1 }, { base: QUEUE, done: QUEUE_DONE, tail: 0, head: 0, phase: 1 }]
  let id = 100
  /** @returns status and result of the completion, which is taken */
  const send = (queue: 0 | 1, { opcode, namespace = 0, prp1 = 0, prp2 = 0, words = [] }: Sent): { status: number; result: number } | undefined => {
    const state = queues[queue]
    if (!state) throw new Error('There is no such queue.')
    id++
    ram.put(state.base + state.tail * 64, opcode | (id << 16), namespace, 0, 0, 0, 0, prp1, 0, prp2, 0, ...words, ...Array.from({ length: 6 - words.length }, () => 0))
    state.tail = (state.tail + 1) % ENTRIES
    io.write(0x1000 + queue * 8, 4, state.tail)
    clock.advance(10_000_000)
    const at = state.done + state.head * 16
    if ((ram.get(at + 12) >>> 16) % 2 !== state.phase) return undefined
    expect([ram.get(at + 12) & 0xffff, ram.get(at + 8)]).toEqual([id, state.tail | (queue << 16)])
    state.head = (state.head + 1) % ENTRIES
    if (state.head === 0) state.phase ^= 1
    io.write(0x1004 + queue * 8, 4, state.head)
    return { status: (ram.get(at + 12) >>> 17) & 0x7ff, result: ram.get(at) }
  }
  const enable = (): void => {
    io.write(AQA, 4, (ENTRIES - 1) | ((ENTRIES - 1) << 16))
    io.write(ASQ, 4, ADMIN)
    io.write(ACQ, 4, ADMIN_DONE)
    io.write(CC, 4, ENABLED)
  }
  const makeQueues = (): (number | undefined)[] => [
    send(0, { opcode: 0x05, prp1: QUEUE_DONE, words: [1 | ((ENTRIES - 1) << 16), 3] })?.status,
    send(0, { opcode: 0x01, prp1: QUEUE, words: [1 | ((ENTRIES - 1) << 16), 1 | (1 << 16)] })?.status,
  ]
  return { clock, ram, irq, medium, io, send, enable, makeQueues }
}

describe('NVMe', () => {
  test('becomes ready when it is enabled, and forgets its queues when it is not', () => {
    const { io, enable } = bench()
    expect([io.read(CAP, 4) & 0xffff, io.read(VS, 4), io.read(CSTS, 4)]).toEqual([255, 0x10400, 0])
    enable()
    expect(io.read(CSTS, 4)).toBe(1)
    io.write(CC, 4, ENABLED | 0x4000)
    expect(io.read(CSTS, 4)).toBe(9)
    io.write(CC, 4, 0)
    expect([io.read(CSTS, 4), io.read(ASQ, 4)]).toEqual([0, ADMIN])
  })

  test('tells of itself and its namespace', () => {
    const { ram, send, enable } = bench()
    enable()
    const text = (at: number, count: number): string => Buffer.from(ram.bytes.subarray(at, at + count)).toString('latin1').trim()
    expect(send(0, { opcode: 0x06, prp1: DATA, words: [1] })?.status).toBe(0)
    expect([text(DATA + 4, 20), text(DATA + 24, 40), ram.bytes[DATA + 77], ram.get(DATA + 516)]).toEqual(['BL00001', 'BOOTLAB NVME', 7, 1])
    expect(send(0, { opcode: 0x06, namespace: 1, prp1: DATA })?.status).toBe(0)
    expect([ram.get(DATA), ram.bytes[DATA + 26], ram.bytes[DATA + 130]]).toEqual([SECTORS, 0, 9])
    expect(send(0, { opcode: 0x06, prp1: DATA, words: [2] })?.status).toBe(0)
    expect([ram.get(DATA), ram.get(DATA + 4)]).toEqual([1, 0])
    expect(send(0, { opcode: 0x06, namespace: 2, prp1: DATA })?.status).toBe(NVME_STATUS.invalidNamespace)
    expect(send(0, { opcode: 0x09, words: [7, 0xff00ff] })).toEqual({ status: 0, result: 0x0007_0007 })
    expect(send(0, { opcode: 0x7f })?.status).toBe(NVME_STATUS.invalidOpcode)
    expect(send(0, { opcode: 0x0c })).toBeUndefined()
  })

  test('reads and writes blocks by one page, two pages, and lists of pages', () => {
    const { ram, medium, send, enable, makeQueues } = bench()
    enable()
    expect(makeQueues()).toEqual([0, 0])
    const read = (lba: number, count: number, prp1: number, prp2 = 0) => send(1, { opcode: 0x02, namespace: 1, prp1, prp2, words: [lba, 0, count - 1] })
    expect(read(9, 1, DATA + 0x200)?.status).toBe(0)
    expect(ram.get(DATA + 0x200)).toBe(9)
    // From the middle of one page into another.
    expect(read(20, 8, DATA + 0xe00, DATA + 0x5000)?.status).toBe(0)
    expect([ram.get(DATA + 0xe00), ram.get(DATA + 0x5000), ram.get(DATA + 0x5c00)]).toEqual([20, 21, 27])
    // Four pages, of which a list names three; it goes on in another page.
    ram.put(LIST + 0xff0, DATA + 0x9000, 0, LIST + 0x1000, 0)
    ram.put(LIST + 0x1000, DATA + 0x8000, 0, DATA + 0x7000, 0)
    expect(read(100, 32, DATA, LIST + 0xff0)?.status).toBe(0)
    expect([DATA, DATA + 0x9000, DATA + 0x8000, DATA + 0x7e00].map((at) => ram.get(at))).toEqual([100, 108, 116, 131])
    ram.bytes.fill(0x5a, DATA, DATA + 1024)
    expect(send(1, { opcode: 0x01, namespace: 1, prp1: DATA, words: [40, 0, 1] })?.status).toBe(0)
    expect([medium.written.size, medium.written.get(41)?.[511]]).toEqual([2, 0x5a])
    expect(read(20, 16, DATA, DATA + 0x123)?.status).toBe(NVME_STATUS.invalidField)
    expect([read(SECTORS - 1, 2, DATA)?.status, send(1, { opcode: 0x02, namespace: 3, prp1: DATA })?.status]).toEqual([NVME_STATUS.outOfRange, NVME_STATUS.invalidNamespace])
    expect(send(1, { opcode: 0x00, namespace: 1 })?.status).toBe(0)
  })

  test('a protected namespace says so and stays as it is', () => {
    const { ram, medium, send, enable, makeQueues } = bench({ readOnly: true })
    enable()
    makeQueues()
    send(0, { opcode: 0x06, namespace: 1, prp1: DATA })
    expect([ram.bytes[DATA + 99], send(1, { opcode: 0x01, namespace: 1, prp1: DATA })?.status, medium.written.size]).toEqual([1, NVME_STATUS.writeProtected, 0])
  })

  test('the pin is up until completions are taken, unless it is masked', () => {
    const { clock, ram, irq, io, enable } = bench()
    enable()
    ram.put(ADMIN, 0x0a | (5 << 16), 0, 0, 0, 0, 0, 0, 0, 0, 0, 7)
    io.write(0x1000, 4, 1)
    expect(irq.level()).toBe(false)
    clock.advance(100_000)
    expect(irq.level()).toBe(true)
    io.write(INTMS, 4, 1)
    expect(irq.level()).toBe(false)
    io.write(INTMC, 4, 1)
    expect(irq.level()).toBe(true)
    io.write(0x1004, 4, 1)
    expect(irq.level()).toBe(false)
  })

  test('queues are made with care, and deleted in order', () => {
    const { send, enable, makeQueues } = bench()
    enable()
    makeQueues()
    expect(send(0, { opcode: 0x05, prp1: QUEUE_DONE, words: [1 | (7 << 16), 3] })?.status).toBe(NVME_STATUS.invalidQueue)
    expect(send(0, { opcode: 0x05, prp1: QUEUE_DONE, words: [2 | (0xfff << 16), 3] })?.status).toBe(NVME_STATUS.invalidQueueSize)
    expect(send(0, { opcode: 0x01, prp1: QUEUE, words: [2 | (7 << 16), 1 | (9 << 16)] })?.status).toBe(NVME_STATUS.invalidQueue)
    expect([0x04, 0x00, 0x04, 0x00].map((opcode) => send(0, { opcode, words: [1] })?.status)).toEqual([NVME_STATUS.invalidQueue, 0, 0, NVME_STATUS.invalidQueue])
  })

  test('any access in any width is survived', () => {
    const { clock, ram, io } = bench()
    let seed = 11
    const random = (most: number): number => ((seed = (seed * 1103515245 + 12345) >>> 0) >>> 8) % most
    for (let i = 0; i < 0x8000; i++) ram.bytes[i] = random(256)
    for (let i = 0; i < 20_000; i++) {
      const size = ([1, 2, 4] as const)[random(3)] ?? 4
      const offset = (random(2) ? random(0x40) : 0x1000 + random(0x40)) & ~(size - 1)
      if (random(3)) io.write(offset, size, random(2) ? random(0x1000000) : random(0x20))
      else io.read(offset, size)
      if (random(16) === 0) clock.advance(random(100_000))
    }
    expect(io.read(VS, 4)).toBe(0x10400)
  })
})
