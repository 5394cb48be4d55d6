import { describe, expect, test } from 'vitest'
import { CfiFlash, FLASH_BLOCK_BYTES } from './cfi-flash'

function chip(): { flash: CfiFlash; memory: Uint8Array; shown: boolean[]; changes: number[][]; write: (at: number, ...values: number[]) => void } {
  const memory = new Uint8Array(4 * FLASH_BLOCK_BYTES).fill(0xff)
  memory.set([1, 2, 3, 4], FLASH_BLOCK_BYTES)
  const [shown, changes]: [boolean[], number[][]] = [[], []]
  const flash = new CfiFlash({ memory, changed: (...change) => void changes.push(change), showArray: (on) => void shown.push(on) })
  return { flash, memory, shown, changes, write: (at, ...values) => values.forEach((value) => flash.write(at, 1, value)) }
}

describe('flash memory', () => {
  test('reads as plain memory until a command comes', () => {
    const { flash, shown, write } = chip()
    expect(flash.read(FLASH_BLOCK_BYTES, 4)).toBe(0x04030201)
    write(0, 0x70)
    expect([flash.read(FLASH_BLOCK_BYTES, 1), shown]).toEqual([0, [false]])
    write(0, 0xff)
    expect([flash.read(FLASH_BLOCK_BYTES, 1), shown]).toEqual([1, [false, true]])
  })

  test('programs bytes by clearing bits, and erases blocks', () => {
    const { flash, memory, changes, write } = chip()
    write(5, 0x40, 0xf0)
    write(5, 0x10, 0x3c)
    expect([memory[5], flash.read(0, 1), flash.modified]).toEqual([0x30, 0x80, true])
    write(FLASH_BLOCK_BYTES + 7, 0x20, 0xd0)
    expect([...memory.subarray(FLASH_BLOCK_BYTES, FLASH_BLOCK_BYTES + 4), memory[5]]).toEqual([0xff, 0xff, 0xff, 0xff, 0x30])
    expect(changes).toEqual([[5, 1], [5, 1], [FLASH_BLOCK_BYTES, FLASH_BLOCK_BYTES]])
  })

  test('programs a buffer of bytes when it is confirmed, and not otherwise', () => {
    const { flash, memory, write } = chip()
    write(0x40, 0xe8, 2)
    for (const [i, value] of [7, 8, 9].entries()) write(0x40 + i, value)
    write(0x40, 0xd0)
    expect([...memory.subarray(0x40, 0x44)]).toEqual([7, 8, 9, 0xff])
    write(0x60, 0xe8, 0, 1, 0xff)
    expect([memory[0x60], flash.read(0, 1)]).toEqual([0xff, 0xb0])
    write(0, 0x50, 0x70)
    expect(flash.read(0, 1)).toBe(0)
  })

  test('says what it is', () => {
    const { flash, write } = chip()
    write(0, 0x90)
    expect([flash.read(0, 1), flash.read(1, 1), flash.read(FLASH_BLOCK_BYTES + 2, 1)]).toEqual([0x89, 0x18, 0])
    write(0, 0x98)
    const at = (address: number): number => flash.read(address, 1)
    expect([0x10, 0x11, 0x12].map((address) => String.fromCharCode(at(address))).join('')).toBe('QRY')
    expect([at(0x13), at(0x27), at(0x2d), at(0x2f), flash.read(0x31, 1)]).toEqual([1, 14, 3, 0x10, 'P'.charCodeAt(0)])
  })

  test('keeps what was written over a reset, which ends a command', () => {
    const { flash, memory, write } = chip()
    write(9, 0x40, 0)
    write(9, 0x20)
    flash.reset()
    write(9, 0xd0)
    expect([memory[9], flash.read(9, 1)]).toEqual([0, 0])
  })

  test('any write in any width is survived', () => {
    const { flash } = chip()
    let seed = 5
    const random = (most: number): number => ((seed = (seed * 1103515245 + 12345) >>> 0) >>> 8) % most
    for (let i = 0; i < 20_000; i++) {
      const size = ([1, 2, 4] as const)[random(3)] ?? 1
      const at = random(4 * FLASH_BLOCK_BYTES - 4)
      flash.write(at, size, random(0x1000000))
      expect(flash.read(at, size)).toBeGreaterThanOrEqual(0)
    }
  })
})
