/**
 * The BIOS data area at 0040:0000 (IBM Personal System/2 and Personal Computer BIOS Interface Technical Reference, "Data areas"):
 * physical addresses of its fields.
 */
export const BDA = {
  com1: 0x400,
  ebdaSegment: 0x40e,
  equipment: 0x410,
  baseMemory: 0x413,
  keyboardFlags: 0x417,
  keyboardFlags2: 0x418,
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
  resetFlag: 0x472,
  diskStatus: 0x474,
  diskCount: 0x475,
  keyboardBufferStart: 0x480,
  keyboardBufferEnd: 0x482,
  lastRow: 0x484,
  characterHeight: 0x485,
  videoControl: 0x487,
  videoSwitches: 0x488,
  videoFlags: 0x489,
  displayCombination: 0x48a,
  keyboardFlags3: 0x496,
  keyboardLeds: 0x497,
} as const

/** Offsets inside segment 40h of the key buffer: 16 words. */
export const KEY_BUFFER_START = 0x1e
export const KEY_BUFFER_END = 0x3e

/** The extended BIOS data area: the last KiB of conventional memory. */
export const EBDA = 0x9fc00
/** KiB of memory below the EBDA. */
export const BASE_MEMORY_KIB = EBDA / 1024

/** Equipment word: coprocessor, 80×25 colour, PS/2 pointing device absent, one serial port; with a diskette drive, one. */
export const EQUIPMENT = 0x0222
export const EQUIPMENT_FLOPPY = 0x0001

/** Vectors that are pointers: to the font of graphics modes, and to its upper half where it has 8 lines. */
export const VECTOR_GRAPHICS_FONT = 0x43
export const VECTOR_UPPER_FONT = 0x1f
