import { describe, expect, test } from 'vitest'
import { TICKS_PER_SECOND } from './clock'
import type { BackendName, Outcome } from './machine'
import { Machine } from './machine'
import { screenLines } from '../../../shared/screen-text'

export const BACKENDS: readonly BackendName[] = ['interp', 'oracle']

function bootSector(code: readonly number[]): Uint8Array {
  const sector = new Uint8Array(512)
  sector.set(code)
  sector.set([0x55, 0xaa], 510)
  return sector
}

function boot(code: readonly number[], backend: BackendName = 'interp'): Machine & { serial: number[] } {
  const serial: number[] = []
  const machine = new Machine({
    image: bootSector(code),
    memoryBytes: 4 << 20,
    backend,
    startDate: Date.UTC(2026, 0, 1, 12),
    onSerial: (byte) => serial.push(byte),
    onDebugConsole: (byte) => serial.push(byte),
  })
  return Object.assign(machine, { serial })
}

const run = (machine: Machine, seconds = 5): Outcome | undefined => machine.run(seconds * TICKS_PER_SECOND)
const [CLI, HLT] = [0xfa, 0xf4]

describe.each(BACKENDS)('a machine on the %s backend', (backend) => {
  test('boots a sector that prints through INT 10h', () => {
    const print = (character: string): number[] => [0xb8, character.charCodeAt(0), 0x0e, 0xcd, 0x10]
    const machine = boot([...print('H'), ...print('i'), CLI, HLT], backend)
    expect(run(machine)).toEqual({ reason: 'halted-forever', interruptsEnabled: false })
    expect(screenLines(machine.screen)[0]).toBe('Hi')
    expect(machine.screen.cursor).toMatchObject({ row: 0, column: 2, visible: true })
  })

  test('waits for a key in INT 16h and goes on when it comes', () => {
    // xor ah,ah; int 16h; mov ah,0Eh; int 10h; cli; hlt
    const machine = boot([0x30, 0xe4, 0xcd, 0x16, 0xb4, 0x0e, 0xcd, 0x10, CLI, HLT], backend)
    expect(run(machine, 1)).toBeUndefined()
    expect(machine.halted).toBe(true)
    machine.kbc.keyboard.key('KeyA', true)
    machine.kbc.keyboard.key('KeyA', false)
    expect(run(machine, 1)?.reason).toBe('halted-forever')
    expect(screenLines(machine.screen)[0]).toBe('a')
  })
})
