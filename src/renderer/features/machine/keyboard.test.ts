import { beforeEach, expect, test } from 'vitest'
import { GuestKeyboard, type LeaveChord } from './keyboard'

let sent: string[]
let left: number
let prevented: number
let chord: LeaveChord
let keyboard: GuestKeyboard

const key = (code: string) => ({ code, preventDefault: () => void prevented++ })

beforeEach(() => {
  sent = []
  left = 0
  prevented = 0
  chord = 'ctrl-alt'
  keyboard = new GuestKeyboard({
    send: (events) => void sent.push(...events.map((event) => (event.down ? '+' : '-') + event.code)),
    leave: () => void left++,
    chord: () => chord,
  })
})

test('keys go to the guest and not to the browser', () => {
  keyboard.down(key('Tab'))
  keyboard.down(key('Tab'))
  keyboard.up(key('Tab'))
  expect(sent).toEqual(['+Tab', '+Tab', '-Tab'])
  expect(prevented).toBe(3)
})

test('F5 stays with the lab, and the release of a key that was pressed elsewhere is not passed on', () => {
  keyboard.down(key('F5'))
  keyboard.up(key('F5'))
  keyboard.up(key('Enter'))
  expect(sent).toEqual([])
  expect(prevented).toBe(0)
})

test('what is held goes up when the screen loses the focus', () => {
  keyboard.down(key('ShiftLeft'))
  keyboard.down(key('KeyA'))
  keyboard.releaseAll()
  keyboard.releaseAll()
  expect(sent).toEqual(['+ShiftLeft', '+KeyA', '-ShiftLeft', '-KeyA'])
})

test('left Ctrl and left Alt alone leave, and leave nothing pressed', () => {
  keyboard.down(key('ControlLeft'))
  keyboard.down(key('AltLeft'))
  expect(left).toBe(0)
  keyboard.up(key('AltLeft'))
  expect(left).toBe(1)
  expect(sent).toEqual(['+ControlLeft', '+AltLeft', '-AltLeft', '-ControlLeft'])
})

test.each([
  ['Ctrl+Alt+Delete', ['ControlLeft', 'AltLeft', 'Delete']],
  ['AltGr, which arrives as Ctrl with right Alt', ['ControlLeft', 'AltRight']],
])('%s reaches the guest', (_name, codes) => {
  for (const code of codes) keyboard.down(key(code))
  for (const code of codes.toReversed()) keyboard.up(key(code))
  expect(left).toBe(0)
  expect(sent).toEqual([...codes.map((code) => `+${code}`), ...codes.toReversed().map((code) => `-${code}`)])
})

test('with the right Ctrl as the key that leaves, left Ctrl and Alt are the guest\'s', () => {
  chord = 'right-ctrl'
  keyboard.down(key('ControlLeft'))
  keyboard.down(key('AltLeft'))
  keyboard.up(key('AltLeft'))
  keyboard.up(key('ControlLeft'))
  expect(left).toBe(0)
  keyboard.down(key('ControlRight'))
  keyboard.down(key('KeyC'))
  keyboard.up(key('KeyC'))
  keyboard.up(key('ControlRight'))
  expect(left).toBe(0)
  keyboard.down(key('ControlRight'))
  keyboard.up(key('ControlRight'))
  expect(left).toBe(1)
})
