import { expect, test } from 'vitest'
import { MicrowireEeprom } from './microwire-eeprom'

/** Shifts bits in, highest first, as a driver does: data while the clock is low, then a pulse. */
function shiftIn(eeprom: MicrowireEeprom, value: number, bits: number): void {
  for (let bit = bits - 1; bit >= 0; bit--) {
    const data = ((value >> bit) & 1) === 1
    eeprom.drive(true, false, data)
    eeprom.drive(true, true, data)
  }
  eeprom.drive(true, false, false)
}

function shiftOut(eeprom: MicrowireEeprom, bits: number): number {
  let value = 0
  for (let i = 0; i < bits; i++) {
    eeprom.drive(true, true, false)
    value = (value << 1) | Number(eeprom.output)
    eeprom.drive(true, false, false)
  }
  return value
}

test('reads a word after start bit, operation and address, and the next ones while the clock goes on', () => {
  const eeprom = new MicrowireEeprom([0x1234, 0xabcd, 0x8001])
  eeprom.drive(true, false, false)
  shiftIn(eeprom, 0b110, 3)
  shiftIn(eeprom, 1, 6)
  // The dummy bit.
  expect(eeprom.output).toBe(false)
  expect([shiftOut(eeprom, 16), shiftOut(eeprom, 16), shiftOut(eeprom, 16)]).toEqual([0xabcd, 0x8001, 0xffff])
})

test('zeros before the start bit are nothing, and select begins anew', () => {
  const eeprom = new MicrowireEeprom([0x1234, 0xabcd])
  shiftIn(eeprom, 0b00000110, 8)
  shiftIn(eeprom, 0, 6)
  expect(shiftOut(eeprom, 7)).toBe(0x1234 >> 9)
  eeprom.drive(false, false, false)
  shiftIn(eeprom, 0b110, 3)
  shiftIn(eeprom, 1, 6)
  expect(shiftOut(eeprom, 16)).toBe(0xabcd)
})

test('other operations are taken and do nothing', () => {
  const eeprom = new MicrowireEeprom([0x1234])
  shiftIn(eeprom, 0b101, 3)
  shiftIn(eeprom, 0, 6)
  shiftIn(eeprom, 0xffff, 16)
  expect([eeprom.output, eeprom.word(0), eeprom.word(64)]).toEqual([true, 0x1234, 0x1234])
})
