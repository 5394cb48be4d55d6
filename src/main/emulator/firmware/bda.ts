/**
 * The BIOS data area at 0040:0000 (IBM Personal System/2 and Personal Computer BIOS Interface Technical Reference, "Data areas"):
 * physical addresses of its fields.
 */
export const BDA = {
  com1: 0x400,
  lpt1: 0x408,
  ebdaSegment: 0x40e,
  equipment: 0x410,
  baseMemory: 0x413,
  keyboardFlags: 0x417,
  keyboardFlags2: 0x418,
  altDigits: 0x419,
  keyboardHead: 0x41a,
  keyboardTail: 0x41c,
  keyboardBuffer: 0x41e,
  videoMode: 0x449,
  columns: 0x44a,
  pageBytes: 0x44c,
  pageStart: 0x44e,
  cursors: 0x450,
  cursorEnd: 0x460,
  cursorStart: 0x461,
  activePage: 0x462,
  crtcPort: 0x463,
  cgaMode: 0x465,
  cgaPalette: 0x466,
  shutdownVector: 0x467,
  ticks: 0x46c,
  midnight: 0x470,
  keyboardBreak: 0x471,
  resetFlag: 0x472,
  diskStatus: 0x474,
  diskCount: 0x475,
  lptTimeouts: 0x478,
  comTimeouts: 0x47c,
  keyboardBufferStart: 0x480,
  keyboardBufferEnd: 0x482,
  lastRow: 0x484,
  characterHeight: 0x485,
  videoControl: 0x487,
  videoSwitches: 0x488,
  videoFlags: 0x489,
  displayCombination: 0x48a,
  diskControllerInformation: 0x48f,
  driveAState: 0x490,
  keyboardFlags3: 0x496,
  keyboardLeds: 0x497,
  waitFlag: 0x498,
  waitMicroseconds: 0x49c,
  waitActive: 0x4a0,
} as const

/** Offsets inside segment 40h of the key buffer: 16 words. */
export const KEY_BUFFER_START = 0x1e
export const KEY_BUFFER_END = 0x3e

/** The extended BIOS data area: the last KiB of conventional memory. */
export const EBDA = 0x9fc00
/** KiB of memory below the EBDA. */
export const BASE_MEMORY_KIB = EBDA / 1024

/** The pointing device's variables in the EBDA: its handler's address, flag bytes, and the report that is coming in. */
export const POINTER = { handler: EBDA + 0x22, flags1: EBDA + 0x26, flags2: EBDA + 0x27, data: EBDA + 0x28 } as const
/** Fixed disk parameters of drives 80h and 81h, to which vectors 41h and 46h point (where SeaBIOS has them). */
export const DISK_TABLES = [EBDA + 0x3d, EBDA + 0x4d] as const
/** Status of INT 05h: 0 done, 1 printing, FFh failed. */
export const PRINT_SCREEN_STATUS = 0x500

/** Serial ports COM1 to COM4 and printer port LPT1, as the data area lists those that are there. */
export const SERIAL_PORTS = [0x3f8, 0x2f8, 0x3e8, 0x2e8] as const
export const PRINTER_PORTS = [0x378] as const

/** Equipment word: coprocessor, 80×25 colour; a diskette drive; a pointing device; how many serial ports and printers. */
export const EQUIPMENT = { always: 0x0022, floppy: 0x0001, mouse: 0x0004, serialShift: 9, printerShift: 14 } as const

/** Vectors that are pointers: to the font of graphics modes, and to its upper half where it has 8 lines. */
export const VECTOR_GRAPHICS_FONT = 0x43
export const VECTOR_UPPER_FONT = 0x1f
