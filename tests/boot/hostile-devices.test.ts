/** Garbage in every register of the machine, in short: `npm run hostile:devices` goes on as long as you like. */
import { beforeAll, describe, expect, it } from 'vitest'
import { testCd } from '../../src/main/emulator/machine/test-cd'
import { attackDevices, STYLES } from './hostile-devices/attack'
import { pressReset } from './hostile-devices/board'
import { hostileImage } from './hostile-guest'

const ACCESSES = 12_000
const SLOWEST_MS = 250
const BOOT_TICKS = 5_000_000
const DONE = 'Yes'.split('').map((character) => character.charCodeAt(0))
/** Writes the text to port E9h, and halts. */
const PROGRAM = [...DONE.flatMap((byte) => [0xb0, byte, 0xe6, 0xe9]), 0xfa, 0xf4]

let guest: Uint8Array
beforeAll(async () => void (guest = await hostileImage(32, 7)), 60_000)

describe('registers of all devices', () => {
  it.each(STYLES)('stand %s', { timeout: 60_000 }, (style) => {
    const bootImage = new Uint8Array(2048)
    bootImage.set(PROGRAM)
    const attack = (): ReturnType<typeof attackDevices> => attackDevices({ seed: 5, style, accesses: ACCESSES, bootable: testCd({ bootImage }), guest })
    const result = attack()
    expect(result.defects).toEqual([])
    expect(result.imagesAreAsBefore).toBe(true)
    expect(result.slowest.milliseconds, result.slowest.what).toBeLessThan(SLOWEST_MS)
    const { machine } = result.board
    result.board.written = []
    pressReset(machine)
    machine.run(BOOT_TICKS)
    expect(result.board.written).toEqual(DONE)
    expect(attack().hash).toBe(result.hash)
  })
})
