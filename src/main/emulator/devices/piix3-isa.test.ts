import { describe, expect, test } from 'vitest'
import { PciConfig } from './pci-config'
import { Piix3Isa, PIRQ_ROUTES, pirqOf } from './piix3-isa'
import { portsOf } from './test-clock'

function bridge(): { isa: Piix3Isa; lines: string[]; route: (pirq: number, value: number) => void; resets: () => number; level: () => number } {
  const lines: string[] = []
  let resets = 0
  let level = -1
  const isa = new Piix3Isa({ irq: (irq) => (on) => lines.push(`${irq}${on ? '+' : '-'}`), setLevelTriggered: (value) => (level = value), resetMachine: () => resets++ })
  const config = new PciConfig(isa)
  return {
    isa, lines,
    route: (pirq, value) => {
      config.write(PIRQ_ROUTES + pirq, 1, value)
      isa.configured(config, PIRQ_ROUTES + pirq, 1)
    },
    resets: () => resets,
    level: () => level,
  }
}

describe('PIIX3 function 0', () => {
  test('turns the pins of neighbouring slots to neighbouring PIRQ lines', () => {
    expect([pirqOf(1, 1), pirqOf(2, 1), pirqOf(3, 1), pirqOf(3, 4), pirqOf(5, 1)]).toEqual([0, 1, 2, 1, 0])
  })

  test('leads them to IRQ lines that several devices can hold', () => {
    const { isa, lines, route } = bridge()
    isa.interrupt(3, 1, true)
    expect(lines).toEqual([])
    route(2, 11)
    isa.interrupt(7, 1, true)
    isa.interrupt(3, 1, false)
    expect(lines).toEqual(['11+'])
    route(2, 10)
    isa.interrupt(7, 1, false)
    expect(lines).toEqual(['11+', '10+', '11-', '10-'])
  })

  test.each([0, 1, 2, 8, 13, 0x80 | 11])('leads none to %d', (value) => {
    const { isa, lines, route } = bridge()
    route(0, value)
    isa.interrupt(1, 1, true)
    expect(lines).toEqual([])
  })

  test('has level-triggered lines but for those of the board', () => {
    const { isa, level } = bridge()
    const io = portsOf(isa)
    io.out(0x4d0, 0xff)
    io.out(0x4d1, 0xff)
    expect([io.in(0x4d0), io.in(0x4d1), level()]).toEqual([0xf8, 0xde, 0xdef8])
    isa.reset()
    expect(level()).toBe(0)
  })

  test('resets when bit 2 of CF9h rises', () => {
    const { isa, resets } = bridge()
    isa.resetControl.write(0x02)
    expect(resets()).toBe(0)
    isa.resetControl.write(0x06)
    isa.resetControl.write(0x06)
    expect([resets(), isa.resetControl.read()]).toEqual([1, 6])
  })
})
