/**
 * Scan code set 3 of the 104-key keyboard: one code for each key, and for each key whether it repeats and whether its release is told. Source: IBM
 * Personal System/2 Hardware Interface Technical Reference, "Keyboards (101- and 102-Key)", scan code set 3 and its default key types.
 */

/** By the key names of UI Events. */
const SET3: Readonly<Record<string, number>> = {
  Escape: 0x08, F1: 0x07, F2: 0x0f, F3: 0x17, F4: 0x1f, F5: 0x27, F6: 0x2f, F7: 0x37, F8: 0x3f, F9: 0x47, F10: 0x4f, F11: 0x56, F12: 0x5e,
  PrintScreen: 0x57, ScrollLock: 0x5f, Pause: 0x62, Backquote: 0x0e, Digit1: 0x16, Digit2: 0x1e, Digit3: 0x26, Digit4: 0x25, Digit5: 0x2e,
  Digit6: 0x36, Digit7: 0x3d, Digit8: 0x3e, Digit9: 0x46, Digit0: 0x45, Minus: 0x4e, Equal: 0x55, Backspace: 0x66, Tab: 0x0d, KeyQ: 0x15,
  KeyW: 0x1d, KeyE: 0x24, KeyR: 0x2d, KeyT: 0x2c, KeyY: 0x35, KeyU: 0x3c, KeyI: 0x43, KeyO: 0x44, KeyP: 0x4d, BracketLeft: 0x54,
  BracketRight: 0x5b, Backslash: 0x5c, CapsLock: 0x14, KeyA: 0x1c, KeyS: 0x1b, KeyD: 0x23, KeyF: 0x2b, KeyG: 0x34, KeyH: 0x33, KeyJ: 0x3b,
  KeyK: 0x42, KeyL: 0x4b, Semicolon: 0x4c, Quote: 0x52, Enter: 0x5a, ShiftLeft: 0x12, IntlBackslash: 0x13, KeyZ: 0x1a, KeyX: 0x22, KeyC: 0x21,
  KeyV: 0x2a, KeyB: 0x32, KeyN: 0x31, KeyM: 0x3a, Comma: 0x41, Period: 0x49, Slash: 0x4a, ShiftRight: 0x59, ControlLeft: 0x11, AltLeft: 0x19,
  Space: 0x29, AltRight: 0x39, ControlRight: 0x58, MetaLeft: 0x8b, MetaRight: 0x8c, ContextMenu: 0x8d, Insert: 0x67, Home: 0x6e, PageUp: 0x6f,
  Delete: 0x64, End: 0x65, PageDown: 0x6d, ArrowUp: 0x63, ArrowLeft: 0x61, ArrowDown: 0x60, ArrowRight: 0x6a, NumLock: 0x76, NumpadDivide: 0x77,
  NumpadMultiply: 0x7e, NumpadSubtract: 0x84, NumpadAdd: 0x7c, NumpadEnter: 0x79, NumpadDecimal: 0x71, Numpad0: 0x70, Numpad1: 0x69,
  Numpad2: 0x72, Numpad3: 0x7a, Numpad4: 0x6b, Numpad5: 0x73, Numpad6: 0x74, Numpad7: 0x6c, Numpad8: 0x75, Numpad9: 0x7d,
}

/** What a key does: bits that add up. None: it tells only that it went down. */
export const KEY_TYPE = { tellsRelease: 1, repeats: 2 } as const

const TELL_RELEASE: ReadonlySet<string> = new Set(['CapsLock', 'ShiftLeft', 'ShiftRight', 'ControlLeft', 'AltLeft'])
const TELL_PRESS_ONLY: ReadonlySet<string> = new Set([
  'Escape', ...Array.from({ length: 12 }, (_, index) => `F${index + 1}`), 'PrintScreen', 'ScrollLock', 'Pause', 'AltRight', 'ControlRight', 'MetaLeft', 'MetaRight', 'ContextMenu',
  'Insert', 'Home', 'End', 'PageUp', 'PageDown', 'NumLock', 'NumpadDivide', 'NumpadMultiply', 'NumpadSubtract', 'NumpadEnter', 'NumpadDecimal',
  ...Array.from({ length: 10 }, (_, index) => `Numpad${index}`),
])

/** All codes of the set. */
export const SET3_CODES: readonly number[] = Object.values(SET3)

/** A key's code; undefined: the keyboard has no such key. */
export const set3Code = (key: string): number | undefined => (Object.hasOwn(SET3, key) ? SET3[key] : undefined)

/** What keys do after a reset. */
export const defaultKeyType = (key: string): number => (TELL_RELEASE.has(key) ? KEY_TYPE.tellsRelease : TELL_PRESS_ONLY.has(key) ? 0 : KEY_TYPE.repeats)
