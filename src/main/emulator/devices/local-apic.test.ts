import { describe, expect, test } from 'vitest'
import { Delivery } from './apic-bus'
import type { LocalApic } from './local-apic'
import { Apic } from './local-apic-registers'
import { apicBench } from './test-apic'

const ENABLED = 0x1ff
const MASKED = 0x1_0000
const [ONE_SHOT, PERIODIC, DEADLINE] = [0, 1 << 17, 2 << 17]
/** Divide configuration of 1. */
const BY_ONE = 0xb

const get = (apic: LocalApic, register: number): number => apic.read(register, 4)
const put = (apic: LocalApic, register: number, value: number): void => apic.write(register, 4, value)

function one(): ReturnType<typeof apicBench> & { apic: LocalApic } {
  const bench = apicBench()
  const [apic] = bench.apics
  if (!apic) throw new Error('The bench has no APIC.')
  put(apic, Apic.spurious, ENABLED)
  return { ...bench, apic }
}

/** Takes what is pending. */
const taken = (apic: LocalApic): number | undefined => (apic.pending ? apic.acknowledge() : undefined)

describe('after a reset (SDM vol. 3A, 10.4.7.1)', () => {
  test('local vectors are masked, the APIC is off by software, the registers are at FEE00000h', () => {
    const [apic] = apicBench().apics
    if (!apic) throw new Error('The bench has no APIC.')
    expect([Apic.timer, Apic.thermal, Apic.performance, Apic.lint0, Apic.lint1, Apic.error].map((register) => get(apic, register))).toEqual(Array.from({ length: 6 }, () => MASKED))
    expect([get(apic, Apic.spurious), get(apic, Apic.destinationFormat), get(apic, Apic.logicalDestination), get(apic, Apic.taskPriority), get(apic, Apic.command)]).toEqual([0xff, 0xffff_ffff, 0, 0, 0])
    expect([apic.base, apic.address, get(apic, Apic.version)]).toEqual([0xfee0_0900n, 0xfee0_0000, 0x5_0014])
  })

  test('off by software, it takes no vector, and no local vector can be unmasked', () => {
    const [apic] = apicBench().apics
    if (!apic) throw new Error('The bench has no APIC.')
    put(apic, Apic.timer, 0x30)
    expect(get(apic, Apic.timer)).toBe(MASKED | 0x30)
    expect(apic.receive(Delivery.fixed, 0x40, false)).toBe(false)
    expect(apic.pending).toBe(false)
  })
})

describe('priorities (10.8)', () => {
  test('a higher class interrupts a lower one, and EOI goes down again', () => {
    const { apic } = one()
    for (const vector of [0x41, 0x52, 0x55]) apic.receive(Delivery.fixed, vector, false)
    expect([taken(apic), taken(apic)]).toEqual([0x55, undefined]) // 52h has the same class
    apic.receive(Delivery.fixed, 0x61, false)
    expect(taken(apic)).toBe(0x61)
    expect(get(apic, Apic.processorPriority)).toBe(0x60)
    put(apic, Apic.endOfInterrupt, 0)
    expect(taken(apic)).toBeUndefined()
    put(apic, Apic.endOfInterrupt, 0)
    expect(taken(apic)).toBe(0x52)
    put(apic, Apic.endOfInterrupt, 0)
    expect(taken(apic)).toBe(0x41)
  })

  test('the task priority holds back its class and those below; CR8 is its upper half', () => {
    const { apic, taskPriority } = one()
    apic.receive(Delivery.fixed, 0x52, false)
    put(apic, Apic.taskPriority, 0x5f)
    expect([taken(apic), get(apic, Apic.processorPriority), taskPriority[0]]).toEqual([undefined, 0x5f, 5])
    apic.cr8 = 4
    expect([get(apic, Apic.taskPriority), taken(apic)]).toEqual([0x40, 0x52])
    expect(get(apic, Apic.processorPriority)).toBe(0x50)
  })

  test('IRR, ISR and TMR are 256 bits in eight registers', () => {
    const { apic } = one()
    apic.receive(Delivery.fixed, 0x83, true)
    expect([get(apic, Apic.requested + 0x40), get(apic, Apic.triggerMode + 0x40), get(apic, Apic.inService + 0x40)]).toEqual([8, 8, 0])
    apic.acknowledge()
    expect([get(apic, Apic.requested + 0x40), get(apic, Apic.triggerMode + 0x40), get(apic, Apic.inService + 0x40)]).toEqual([0, 8, 8])
  })

  test('without a request an acknowledge gives the spurious vector, which is not in service', () => {
    const { apic } = one()
    put(apic, Apic.spurious, 0x1ef)
    expect(apic.acknowledge()).toBe(0xef)
    expect(get(apic, Apic.inService + 0x70)).toBe(0)
  })
})

describe('the timer (10.5.4)', () => {
  // Divide configuration: 000b 2, 001b 4, … 110b 128, 111b 1, of bits 3, 1 and 0.
  test.each([[0x0, 2], [0x1, 4], [0x2, 8], [0x3, 16], [0x8, 32], [0x9, 64], [0xa, 128], [0xb, 1]])('with configuration %i a count takes %i ns', (configuration, nanoseconds) => {
    const { apic, clock } = one()
    put(apic, Apic.timer, ONE_SHOT | 0x40)
    put(apic, Apic.divide, configuration)
    put(apic, Apic.initialCount, 100)
    clock.advance(10 * nanoseconds - 1)
    expect([apic.pending, get(apic, Apic.currentCount)]).toEqual([false, Math.ceil(10 / nanoseconds)])
    clock.advance(1)
    expect([taken(apic), get(apic, Apic.currentCount)]).toEqual([0x40, 0])
    put(apic, Apic.endOfInterrupt, 0)
    clock.advance(10_000)
    expect(apic.pending).toBe(false)
  })

  test('periodic, it starts anew from the initial count, masked or not', () => {
    const { apic, clock } = one()
    put(apic, Apic.divide, BY_ONE)
    put(apic, Apic.timer, PERIODIC | 0x40)
    put(apic, Apic.initialCount, 1000)
    clock.advance(100)
    expect([taken(apic), get(apic, Apic.currentCount)]).toEqual([0x40, 1000])
    put(apic, Apic.endOfInterrupt, 0)
    put(apic, Apic.timer, PERIODIC | MASKED | 0x40)
    clock.advance(230)
    expect([apic.pending, get(apic, Apic.currentCount)]).toEqual([false, 700])
    put(apic, Apic.timer, PERIODIC | 0x41)
    clock.advance(69)
    expect(apic.pending).toBe(false)
    clock.advance(1)
    expect(taken(apic)).toBe(0x41)
  })

  test('an end between two ticks of virtual time comes at the second of them, and the period stays what it is', () => {
    const { apic, clock } = one()
    put(apic, Apic.divide, BY_ONE)
    put(apic, Apic.timer, PERIODIC | 0x40)
    put(apic, Apic.initialCount, 2505)
    const ends: number[] = []
    for (let tick = 1; tick <= 1002; tick++) {
      clock.advance(1)
      if (!apic.pending) continue
      ends.push(tick)
      taken(apic)
      put(apic, Apic.endOfInterrupt, 0)
    }
    expect(ends).toEqual([251, 501, 752, 1002])
  })

  test('a period of one tick is heard once in 2 µs, and counts on', () => {
    const { apic, clock } = one()
    put(apic, Apic.divide, BY_ONE)
    put(apic, Apic.timer, PERIODIC | 0x40)
    put(apic, Apic.initialCount, 3)
    let heard = 0
    for (let tick = 0; tick < 10_000; tick++) {
      clock.advance(1)
      if (taken(apic) === undefined) continue
      put(apic, Apic.endOfInterrupt, 0)
      heard++
    }
    expect([heard, get(apic, Apic.currentCount)]).toEqual([50, 2])
  })

  test('a count of 0 stops it', () => {
    const { apic, clock } = one()
    put(apic, Apic.timer, PERIODIC | 0x40)
    put(apic, Apic.initialCount, 100)
    put(apic, Apic.initialCount, 0)
    clock.advance(10_000)
    expect([apic.pending, apic.timer.armed]).toEqual([false, false])
  })

  test('in deadline mode it waits for the time-stamp counter, once, and counts nothing', () => {
    const { apic, clock } = one()
    put(apic, Apic.timer, DEADLINE | 0x40)
    put(apic, Apic.initialCount, 5)
    apic.deadline = 995n
    clock.advance(99)
    expect([apic.pending, get(apic, Apic.initialCount), apic.deadline]).toEqual([false, 0, 995n])
    clock.advance(1)
    expect([taken(apic), apic.deadline]).toEqual([0x40, 0n])
    put(apic, Apic.endOfInterrupt, 0)
    apic.deadline = 1n // passed already
    clock.advance(0)
    expect(taken(apic)).toBe(0x40)
  })

  test('the deadline is forgotten with the mode, and cannot be set in another one', () => {
    const { apic } = one()
    put(apic, Apic.timer, DEADLINE | 0x40)
    apic.deadline = 10_000n
    put(apic, Apic.timer, ONE_SHOT | 0x40)
    apic.deadline = 10_000n
    expect([apic.deadline, apic.timer.armed]).toEqual([0n, false])
  })
})

describe('interrupt commands (10.6)', () => {
  /** Which of four APICs has a vector pending, after a command of the first one. */
  function reached(command: number, destination: number, prepare: (apics: readonly LocalApic[]) => void = () => undefined): number[] {
    const { apics } = apicBench(4)
    apics.forEach((apic) => put(apic, Apic.spurious, ENABLED))
    prepare(apics)
    const [first] = apics
    if (!first) throw new Error('The bench has no APIC.')
    put(first, Apic.commandHigh, destination << 24)
    put(first, Apic.command, command)
    return apics.flatMap((apic, id) => (apic.pending ? [id] : []))
  }
  const logical = (model: number, ids: readonly number[]) => (apics: readonly LocalApic[]) =>
    apics.forEach((apic, index) => {
      put(apic, Apic.destinationFormat, (model << 28) | 0xfff_ffff)
      put(apic, Apic.logicalDestination, (ids[index] ?? 0) << 24)
    })
  const FLAT = logical(0xf, [1, 2, 4, 8])
  const CLUSTERS = logical(0, [0x11, 0x12, 0x21, 0x22])

  test.each([
    ['physical', 0x4040, 2, [2], undefined], ['physical, to all', 0x4040, 0xff, [0, 1, 2, 3], undefined], ['to nobody', 0x4040, 9, [], undefined],
    ['self', 0x4_4040, 2, [0], undefined], ['all', 0x8_4040, 2, [0, 1, 2, 3], undefined], ['all others', 0xc_4040, 0, [1, 2, 3], undefined],
    ['flat', 0x4840, 0xa, [1, 3], FLAT], ['flat, to all', 0x4840, 0xff, [0, 1, 2, 3], FLAT],
    ['cluster', 0x4840, 0x23, [2, 3], CLUSTERS], ['one of a cluster', 0x4840, 0x12, [1], CLUSTERS], ['all clusters', 0x4840, 0xf1, [0, 2], CLUSTERS],
    ['lowest priority', 0x4140, 0xff, [2], (apics: readonly LocalApic[]) => [0x30, 0x20, 0x10, 0x20].forEach((priority, id) => { const apic = apics[id]; if (apic) put(apic, Apic.taskPriority, priority) })],
  ])('%s', (_name, command, destination, ids, prepare) => {
    expect(reached(command, destination, prepare)).toEqual(ids)
  })

  test('NMI, INIT and start-up go to the processor; de-asserting INIT does nothing', () => {
    const { apics, events } = apicBench(3)
    const [first] = apics
    if (!first) throw new Error('The bench has no APIC.')
    put(first, Apic.commandHigh, 1 << 24)
    for (const command of [0x4400, 0x4500, 0x8500, 0x469f]) put(first, Apic.command, command)
    put(first, Apic.command, 0xc_4500)
    expect(events).toEqual([[], ['nmi', 'init', 'start 9f', 'init'], ['init']])
  })
})

describe('errors (10.5.3)', () => {
  test('are shown by the second of two reads around a write, and have a local vector', () => {
    const { apic } = one()
    put(apic, Apic.error, 0x45)
    put(apic, Apic.command, 0x4_0005)
    expect([get(apic, Apic.errors), taken(apic)]).toEqual([0, 0x45])
    put(apic, Apic.errors, 0)
    expect(get(apic, Apic.errors)).toBe(0x20) // send illegal vector
    apic.receive(Delivery.fixed, 3, false)
    get(apic, 0x3d0)
    put(apic, Apic.errors, 0)
    expect(get(apic, Apic.errors)).toBe(0xc0) // received illegal vector, illegal register address
    put(apic, Apic.errors, 0)
    expect(get(apic, Apic.errors)).toBe(0)
  })
})

describe('LINT0 and the 8259A', () => {
  test('ExtINT passes the 8259A’s vector through; masked, it does not', () => {
    const { apic, external } = one()
    external.pending = true
    expect(apic.pending).toBe(false)
    put(apic, Apic.lint0, 0x700)
    expect([apic.externalPasses, taken(apic)]).toEqual([true, 0x08])
    put(apic, Apic.lint0, MASKED | 0x700)
    expect([apic.externalPasses, apic.pending]).toEqual([false, false])
  })

  test.each([['fixed', 0x040, 0x40, []], ['NMI', 0x400, undefined, ['nmi']]] as const)('it can be %s', (_name, vector, pending, expected) => {
    const { apic, events } = one()
    put(apic, Apic.lint0, vector)
    apic.externalRequested()
    expect([taken(apic), events[0]]).toEqual([pending, expected])
  })

  test.each([['in PIC mode', true, 0xfee0_0900n], ['without the APIC', false, 0xfee0_0100n]])('%s its requests go to the processor that boots', (_name, bypassed, base) => {
    const bench = apicBench(2)
    bench.mode.bypassed = bypassed
    bench.external.pending = true
    for (const apic of bench.apics) apic.writeBase(apic.base & 0x100n ? base : base & ~0x100n)
    expect(bench.apics.map(({ pending }) => pending)).toEqual([true, false])
  })

  test('an APIC’s own vectors come first', () => {
    const { apic, external } = one()
    put(apic, Apic.lint0, 0x700)
    external.pending = true
    apic.receive(Delivery.fixed, 0x20, false)
    expect([apic.acknowledge(), apic.acknowledge()]).toEqual([0x20, 0x08])
  })
})

describe('IA32_APIC_BASE and x2APIC (10.12)', () => {
  const [OFF, ON, X2, INVALID] = [0xfee0_0000n, 0xfee0_0800n, 0xfee0_0c00n, 0xfee0_0400n]

  test.each([
    [OFF, ON, true], [OFF, X2, false], [OFF, INVALID, false], [ON, OFF, true], [ON, X2, true], [ON, INVALID, false], [X2, OFF, true], [X2, ON, false], [X2, INVALID, false], [ON, ON | 1n, false],
  ])('from %s to %s is %s', (from, to, allowed) => {
    const { apic } = one()
    if (from === X2) apic.writeBase(ON)
    apic.writeBase(from)
    expect(apic.writeBase(to)).toBe(allowed)
  })

  test('an identifier that was written is lost in x2APIC mode (10.12.5.1)', () => {
    const { apic } = one()
    put(apic, Apic.id, 7 << 24)
    expect(get(apic, Apic.id)).toBe(7 << 24)
    apic.writeBase(X2)
    expect(apic.readMsr(0x802)).toBe(0n)
  })

  test('without x2APIC its bit is reserved', () => {
    const [apic] = apicBench(1, false).apics
    expect(apic?.writeBase(X2)).toBe(false)
  })

  test('registers are MSRs then, with a command of 64 bits, and nowhere in memory', () => {
    const { apics } = apicBench(3)
    for (const apic of apics) {
      put(apic, Apic.spurious, ENABLED)
      apic.writeBase(X2)
    }
    const [first, second, third] = apics
    if (!first || !second || !third) throw new Error('The bench has too few APICs.')
    expect([first.address, third.readMsr(0x802), third.readMsr(0x80d), third.readMsr(0x803)]).toEqual([undefined, 2n, 4n, 0x5_0014n])
    expect(first.writeMsr(0x830, (1n << 32n) | 0x4040n)).toBe(true)
    expect([first.pending, second.pending, first.readMsr(0x830)]).toEqual([false, true, 0x1_0000_4040n])
    expect(second.writeMsr(0x83f, 0x51n)).toBe(true)
    expect(taken(second)).toBe(0x51)
    expect(second.writeMsr(0x80b, 0n)).toBe(true)
    // Read-only, reserved bits, write-only, absent.
    expect([first.writeMsr(0x802, 1n), first.writeMsr(0x80b, 1n), first.writeMsr(0x808, 0x100n), first.writeMsr(0x80e, 0n), first.readMsr(0x80b), first.readMsr(0x83f), first.readMsr(0x80e), first.readMsr(0x8ff)])
      .toEqual([false, false, false, false, undefined, undefined, undefined, undefined])
  })

  test('outside x2APIC there are no such MSRs', () => {
    const { apic } = one()
    expect([apic.readMsr(0x802), apic.writeMsr(0x808, 0n)]).toEqual([undefined, false])
  })
})

test('any access in any width is survived', () => {
  const { apics, clock } = apicBench(2)
  let seed = 1
  const random = (below: number): number => (seed = (seed * 48271) % 0x7fff_ffff) % below
  for (let i = 0; i < 20_000; i++) {
    const apic = apics[random(2)]
    const size = ([1, 2, 4] as const)[random(3)] ?? 4
    const offset = random(0x1000 / size) * size
    if (random(2) === 0) apic?.write(offset, size, random(0x7fff_ffff) * 2 + random(2))
    else {
      const value = apic?.read(offset, size) ?? 0
      expect(value >= 0 && value < 2 ** (8 * size)).toBe(true)
    }
    if (random(10) === 0) apic?.writeBase(BigInt(random(0x7fff_ffff)))
    if (random(10) === 0 && apic?.pending === true) apic.acknowledge()
    if (random(100) === 0) clock.advance(random(100_000))
  }
})
