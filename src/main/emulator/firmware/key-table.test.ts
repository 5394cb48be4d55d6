import { describe, expect, test } from 'vitest'
import type { Modifiers } from './key-table'
import { keyWord } from './key-table'

const NONE: Modifiers = { shift: false, ctrl: false, alt: false, capsLock: false, numLock: false }

describe('key codes of INT 16h', () => {
  test.each<[string, number, Partial<Modifiers>, number | undefined]>([
    ['a', 0x1e, {}, 0x1e61],
    ['A', 0x1e, { shift: true }, 0x1e41],
    ['A by Caps Lock', 0x1e, { capsLock: true }, 0x1e41],
    ['a by both', 0x1e, { capsLock: true, shift: true }, 0x1e61],
    ['1 does not mind Caps Lock', 0x02, { capsLock: true }, 0x0231],
    ['Ctrl-C', 0x2e, { ctrl: true }, 0x2e03],
    ['Alt-X', 0x2d, { alt: true }, 0x2d00],
    ['Ctrl-6', 0x07, { ctrl: true }, 0x071e],
    ['Ctrl-1', 0x02, { ctrl: true }, undefined],
    ['Alt-1', 0x02, { alt: true }, 0x7800],
    ['Enter', 0x1c, {}, 0x1c0d],
    ['Ctrl-Enter', 0x1c, { ctrl: true }, 0x1c0a],
    ['Alt-Enter', 0x1c, { alt: true }, 0x1c00],
    ['Shift-Tab', 0x0f, { shift: true }, 0x0f00],
    ['F1', 0x3b, {}, 0x3b00],
    ['Shift-F1', 0x3b, { shift: true }, 0x5400],
    ['Ctrl-F10', 0x44, { ctrl: true }, 0x6700],
    ['Alt-F12', 0x58, { alt: true }, 0x8c00],
    ['keypad 7', 0x47, {}, 0x4700],
    ['keypad 7 with Num Lock', 0x47, { numLock: true }, 0x4737],
    ['keypad 7 with Num Lock and Shift', 0x47, { numLock: true, shift: true }, 0x4700],
    ['a key that types nothing', 0x7f, {}, undefined],
  ])('%s', (_name, scan, modifiers, word) => {
    expect(keyWord(scan, false, { ...NONE, ...modifiers })).toBe(word)
  })

  test.each<[string, number, Partial<Modifiers>, number]>([
    ['arrow up', 0x48, {}, 0x48e0],
    ['arrow up minds no Num Lock', 0x48, { numLock: true }, 0x48e0],
    ['Ctrl-arrow left', 0x4b, { ctrl: true }, 0x73e0],
    ['Alt-Home', 0x47, { alt: true }, 0x9700],
    ['keypad Enter', 0x1c, {}, 0xe00d],
    ['keypad /', 0x35, {}, 0xe02f],
  ])('grey %s', (_name, scan, modifiers, word) => {
    expect(keyWord(scan, true, { ...NONE, ...modifiers })).toBe(word)
  })
})
