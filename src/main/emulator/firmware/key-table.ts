/**
 * What INT 16h returns for each key (IBM BIOS Interface Technical Reference, "Keyboard codes"), US layout: AH scan code, AL ASCII, by scan
 * code of set 1. Columns: plain, Shift, Ctrl, Alt; -1: the combination gives nothing.
 */
type Codes = readonly [plain: number, shift: number, ctrl: number, alt: number]

const NOTHING = -1

/** Keys that type one of two characters: scan code, plain, shifted, Ctrl (or NOTHING), Alt's scan code. */
const DIGITS = '1!2@3#4$5%6^7&8*9(0)-_=+'
/** Ctrl with a digit-row key: 2, 6 and - only. */
const DIGIT_CTRL: Readonly<Record<string, number>> = { '2': 0x0300, '6': 0x071e, '-': 0x0c1f }
const FIRST_DIGIT = 0x02
/** Alt with the digit row gives 78h onwards. */
const FIRST_DIGIT_ALT = 0x78

const LETTER_ROWS: readonly (readonly [first: number, letters: string])[] = [
  [0x10, 'qwertyuiop'],
  [0x1e, 'asdfghjkl'],
  [0x2c, 'zxcvbnm'],
]

const PUNCTUATION: readonly (readonly [scan: number, plain: string, shift: string, ctrl: number])[] = [
  [0x1a, '[', '{', 0x1a1b], [0x1b, ']', '}', 0x1b1d], [0x27, ';', ':', NOTHING], [0x28, "'", '"', NOTHING], [0x29, '`', '~', NOTHING],
  [0x2b, '\\', '|', 0x2b1c], [0x33, ',', '<', NOTHING], [0x34, '.', '>', NOTHING], [0x35, '/', '?', NOTHING],
]

/** Keys of the numeric pad: with Num Lock a digit, without it cursor motion; Ctrl codes. */
const PAD: readonly (readonly [scan: number, digit: string, ctrl: number])[] = [
  [0x47, '7', 0x7700], [0x48, '8', 0x8d00], [0x49, '9', 0x8400], [0x4b, '4', 0x7300], [0x4c, '5', 0x8f00], [0x4d, '6', 0x7400], [0x4f, '1', 0x7500],
  [0x50, '2', 0x9100], [0x51, '3', 0x7600], [0x52, '0', 0x9200], [0x53, '.', 0x9300],
]

function buildTable(): ReadonlyMap<number, Codes> {
  const table = new Map<number, Codes>([
    [0x01, [0x011b, 0x011b, 0x011b, 0x0100]], // Esc
    [0x0e, [0x0e08, 0x0e08, 0x0e7f, 0x0e00]], // Backspace
    [0x0f, [0x0f09, 0x0f00, 0x9400, 0xa500]], // Tab
    [0x1c, [0x1c0d, 0x1c0d, 0x1c0a, 0x1c00]], // Enter
    [0x39, [0x3920, 0x3920, 0x3920, 0x3920]], // Space
    [0x37, [0x372a, 0x372a, 0x9600, 0x3700]], // keypad *
    [0x4a, [0x4a2d, 0x4a2d, 0x8e00, 0x4a00]], // keypad -
    [0x4e, [0x4e2b, 0x4e2b, 0x9000, 0x4e00]], // keypad +
    [0x56, [0x565c, 0x567c, NOTHING, NOTHING]], // the key left of Z
    [0x57, [0x8500, 0x8700, 0x8900, 0x8b00]], // F11
    [0x58, [0x8600, 0x8800, 0x8a00, 0x8c00]], // F12
  ])
  for (let i = 0; i < 12; i++) {
    const scan = FIRST_DIGIT + i
    const plain = DIGITS[i * 2] ?? ''
    table.set(scan, [withAscii(scan, plain), withAscii(scan, DIGITS[i * 2 + 1] ?? ''), DIGIT_CTRL[plain] ?? NOTHING, (FIRST_DIGIT_ALT + i) << 8])
  }
  for (const [first, letters] of LETTER_ROWS) {
    ;[...letters].forEach((letter, i) => {
      const scan = first + i
      const control = (scan << 8) | (letter.charCodeAt(0) & 0x1f)
      table.set(scan, [withAscii(scan, letter), withAscii(scan, letter.toUpperCase()), control, scan << 8])
    })
  }
  for (const [scan, plain, shift, ctrl] of PUNCTUATION) table.set(scan, [withAscii(scan, plain), withAscii(scan, shift), ctrl, scan << 8])
  for (const [scan, digit, ctrl] of PAD) table.set(scan, [scan << 8, withAscii(scan, digit), ctrl, NOTHING])
  for (let i = 0; i < 10; i++) table.set(0x3b + i, [(0x3b + i) << 8, (0x54 + i) << 8, (0x5e + i) << 8, (0x68 + i) << 8])
  return table
}

const withAscii = (scan: number, character: string): number => (scan << 8) | character.charCodeAt(0)

const TABLE = buildTable()
const PAD_SCANS: ReadonlySet<number> = new Set(PAD.map(([scan]) => scan))
const isLetter = (scan: number): boolean => LETTER_ROWS.some(([first, letters]) => scan >= first && scan < first + letters.length)

/** Codes of the grey keys (prefix E0): AL is E0h, but for Enter and /. */
const EXTENDED: ReadonlyMap<number, Codes> = new Map<number, Codes>([
  [0x1c, [0xe00d, 0xe00d, 0xe00a, 0xa600]],
  [0x35, [0xe02f, 0xe02f, 0x9500, 0xa400]],
  ...PAD.filter(([scan]) => scan !== 0x4c).map(([scan, , ctrl]): [number, Codes] => [scan, [(scan << 8) | 0xe0, (scan << 8) | 0xe0, ctrl | 0xe0, (scan + 0x50) << 8]]),
])

export interface Modifiers {
  shift: boolean
  ctrl: boolean
  alt: boolean
  capsLock: boolean
  numLock: boolean
}

/** The word for the key buffer (AH scan code, AL ASCII), or undefined. `scan`: set 1 make code; `extended`: E0 came before. */
export function keyWord(scan: number, extended: boolean, modifiers: Modifiers): number | undefined {
  const codes = extended ? EXTENDED.get(scan) : TABLE.get(scan)
  if (!codes) return undefined
  const swapped = (!extended && PAD_SCANS.has(scan) && modifiers.numLock) || (isLetter(scan) && modifiers.capsLock)
  const [plain, shift, ctrl, alt] = codes
  const word = modifiers.alt ? alt : modifiers.ctrl ? ctrl : modifiers.shift !== swapped ? shift : plain
  return word === NOTHING ? undefined : word
}
