/**
 * The BIOS ROM at F0000h. Services are written in TypeScript; the ROM holds their entry points: a few instructions each,
 * whose OUT to the firmware port calls the service and whose IRET returns. Addresses that programs rely on are the IBM PC's.
 */
import { textFont, textFont14, textFont8 } from '../machine/font'
import { VBE_MODES } from './vbe-modes'
import { PROTECTED_INTERFACE } from './vbe-protected'

export const FIRMWARE_PORT = 0xb4
export const ROM_SEGMENT = 0xf000
export const ROM_BYTES = 0x10000

const [OUT, PORT] = [0xe6, FIRMWARE_PORT] as const
const CALL = [OUT, PORT] as const
const IRET = 0xcf
const [CLI, STI, HLT] = [0xfa, 0xfb, 0xf4] as const

/** How a stub goes on when its service returns with carry set (see `FirmwareCall.setStubCarry`). */
const SHAPES = {
  /** Returns. */
  plain: [...CALL, IRET],
  /** Waits for an interrupt and calls again: cli; call; jnc done; sti; hlt; jmp start; done: iret. */
  wait: [CLI, ...CALL, 0x73, 0x04, STI, HLT, 0xeb, 0xf7, IRET],
  /** Lets interrupts in and calls again: cli; call; jnc done; sti; nop; jmp start; done: iret. */
  poll: [CLI, ...CALL, 0x73, 0x04, STI, 0x90, 0xeb, 0xf7, IRET],
  /** Stops for good: call; jnc done; cli; hlt; jmp back to hlt; done: iret. */
  fatal: [...CALL, 0x73, 0x04, CLI, HLT, 0xeb, 0xfd, IRET],
  /** IRQ 0: call; int 1Ch; push ax; mov al,20h; out 20h,al; pop ax; iret. */
  tick: [...CALL, 0xcd, 0x1c, 0x50, 0xb0, 0x20, 0xe6, 0x20, 0x58, IRET],
  /**
   * IRQ 1: push ax; in al,60h; mov ah,4Fh; stc; int 15h (which may change the scan code, or swallow it); jnc swallowed; call; jnc done; cmp al,5; je
   * print; int 1Bh (Ctrl-Break); jmp done; print: int 05h; done: pop ax; iret; swallowed: mov al,20h; out 20h,al; pop ax; iret.
   */
  key: [
    0x50, 0xe4, 0x60, 0xb4, 0x4f, 0xf9, 0xcd, 0x15, 0x73, 0x10, ...CALL, 0x73, 0x0a, 0x3c, 0x05, 0x74, 0x04, 0xcd, 0x1b, 0xeb, 0x02, 0xcd, 0x05, 0x58, IRET,
    0xb0, 0x20, 0xe6, 0x20, 0x58, IRET,
  ],
  /** IRQ 8: call; jnc done; int 4Ah (alarm); done: iret. */
  alarm: [...CALL, 0x73, 0x02, 0xcd, 0x4a, IRET],
  /**
   * IRQ 12: pusha; push ds; push es; sub sp,12; call; jnc done; mov bp,sp; call far [bp+8]; done: add sp,12; pop es; pop ds; mov al,20h; out A0h,al;
   * out 20h,al; popa; iret. The service fills the twelve bytes: four words for the program's handler, and its address.
   */
  mouse: [
    0x60, 0x1e, 0x06, 0x83, 0xec, 0x0c, ...CALL, 0x73, 0x05, 0x89, 0xe5, 0xff, 0x5e, 0x08, 0x83, 0xc4, 0x0c, 0x07, 0x1f, 0xb0, 0x20, 0xe6, 0xa0, 0xe6, 0x20, 0x61, IRET,
  ],
  /**
   * Loads the boot sector on a fresh stack: cli; xor ax,ax; mov ss,ax; mov sp,7000h; mov ds,ax; mov es,ax; pushf; push cs; push ax; call; jnc done;
   * cli; hlt; jmp back to hlt; done: iret. The service fills in the frame.
   */
  boot: [
    CLI, 0x31, 0xc0, 0x8e, 0xd0, 0xbc, 0x00, 0x70, 0x8e, 0xd8, 0x8e, 0xc0, 0x9c, 0x0e, 0x50, ...CALL, 0x73, 0x04, CLI, HLT, 0xeb, 0xfd, IRET,
  ],
  /** The boot menu: waits as `wait` does, then INT 19h. */
  menu: [CLI, ...CALL, 0x73, 0x04, STI, HLT, 0xeb, 0xf7, 0xcd, 0x19],
  /**
   * Power-on: the same frame, at the end of the EBDA, as all other memory may belong to a system that wakes: cli; mov ax,9FC0h; mov ss,ax; mov sp,400h;
   * xor ax,ax; mov ds,ax; mov es,ax; pushf; push cs; push ax; call. Then INT 19h, or through the frame when the service says so.
   */
  power: [CLI, 0xb8, 0xc0, 0x9f, 0x8e, 0xd0, 0xbc, 0x00, 0x04, 0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0, 0x9c, 0x0e, 0x50, ...CALL, 0x72, 0x02, 0xcd, 0x19, IRET],
} as const satisfies Record<string, readonly number[]>

export type StubShape = keyof typeof SHAPES

/** Bytes that a stub has pushed before it calls its service. */
export const PUSHED: Readonly<Partial<Record<StubShape, number>>> = { key: 2, mouse: 32 }

/** Entry points with a fixed offset; the others follow one another from `FREE`. */
const RESET_OFFSET = 0xfff0
const POWER_OFFSET = 0xe05b
export const DUMMY_IRET_OFFSET = 0xff53
const DATE_OFFSET = 0xfff5
const MODEL_OFFSET = 0xfffe
const FREE = 0xe100
export const FONT_OFFSET = 0xc000
const FONT_14_OFFSET = 0xb000
const FONT_8_OFFSET = 0xa800
/** The lower half of the 8-line font, where the IBM PC has it. */
const IBM_FONT_OFFSET = 0xfa6e
const HALF_FONT_BYTES = 128 * 8
export const UPPER_FONT_OFFSET = FONT_8_OFFSET + HALF_FONT_BYTES
/** Fonts by the height of characters. */
export const GRAPHICS_FONTS = { 8: FONT_8_OFFSET, 14: FONT_14_OFFSET, 16: FONT_OFFSET } as const
/** Where the table of interrupt routes is, to be found by searching: at a multiple of 16. */
export const ROUTING_TABLE_OFFSET = 0x7000
/** What VBE's information points to: strings that end with a zero, and the list of modes, which ends with FFFFh. */
export const VBE_ROM = { maker: 0xd000, product: 0xd020, revision: 0xd040, modes: 0xd060, protectedInterface: 0xd100 } as const
const VBE_STRINGS = [[VBE_ROM.maker, 'Bootlab'], [VBE_ROM.product, 'Bootlab VBE display'], [VBE_ROM.revision, '1']] as const
const END_OF_MODES = 0xffff
/** Of INT 10h AH=1Bh: what the VGA can do; and of AX=1130h: an empty list. */
export const FUNCTIONALITY_OFFSET = 0xd0c0
export const NO_ALTERNATES_OFFSET = 0xd0d0
/** Modes 0–7 and 0Dh–13h, a bit each; 200, 350 and 400 lines; two fonts of eight at once; the functions of INT 10h but for the light pen. */
const FUNCTIONALITY = [0xff, 0xe0, 0x0f, 0, 0, 0, 0, 0x07, 2, 8, 0xe7, 0x0c, 0, 0, 0, 0]
export const CONFIGURATION_OFFSET = 0xe6f5
export const DISKETTE_TABLE_OFFSET = 0xefc7
const MODEL_AT = 0xfc

/** The table that INT 15h AH=C0h returns: length, model AT, submodel, revision, features (second 8259, RTC, EBDA). */
const CONFIGURATION = [0x08, 0x00, MODEL_AT, 0x01, 0x00, 0x74, 0x40, 0x00, 0x00, 0x00]

/**
 * Diskette parameters, to which vector 1Eh points: controller timing (2 bytes), motor-off delay, bytes per sector (2: 512), sectors per track, gap,
 * data length, gap and fill byte of formatting, head settle time, motor start time.
 */
const disketteTable = (sectorsPerTrack: number): readonly number[] => [0xaf, 0x02, 0x25, 0x02, sectorsPerTrack, 0x1b, 0xff, 0x6c, 0xf6, 0x0f, 0x08]

export interface Rom {
  bytes: Uint8Array
  /** Offset of each service's entry point. */
  entries: ReadonlyMap<string, number>
  /** Name of the service whose OUT instruction lies at this offset. */
  calls: ReadonlyMap<number, string>
}

/**
 * Builds the ROM for services given by name and shape; 'power' and 'boot' shapes are entry points of the reset and of INT 19h.
 * @param sectorsPerTrack of the disk
 */
export function buildRom(services: Iterable<readonly [name: string, shape: StubShape]>, sectorsPerTrack: number): Rom {
  const bytes = new Uint8Array(ROM_BYTES)
  const entries = new Map<string, number>()
  const calls = new Map<number, string>()
  let free = FREE
  for (const [name, shape] of services) {
    const code = SHAPES[shape]
    const offset = shape === 'power' ? POWER_OFFSET : free
    if (shape !== 'power') {
      free += code.length
      if (offset < CONFIGURATION_OFFSET && free > CONFIGURATION_OFFSET) throw new RangeError('The BIOS entry points run into the configuration table.')
    }
    bytes.set(code, offset)
    entries.set(name, offset)
    const call = code.findIndex((byte, i) => byte === OUT && code[i + 1] === PORT)
    calls.set(offset + call, name)
  }
  bytes[DUMMY_IRET_OFFSET] = IRET
  bytes.set([0xea, POWER_OFFSET & 0xff, POWER_OFFSET >> 8, ROM_SEGMENT & 0xff, ROM_SEGMENT >> 8], RESET_OFFSET)
  bytes.set(Buffer.from('01/01/26', 'latin1'), DATE_OFFSET)
  bytes[MODEL_OFFSET] = MODEL_AT
  bytes.set(CONFIGURATION, CONFIGURATION_OFFSET)
  bytes.set(disketteTable(sectorsPerTrack), DISKETTE_TABLE_OFFSET)
  bytes.set(textFont.bitmap, FONT_OFFSET)
  bytes.set(PROTECTED_INTERFACE, VBE_ROM.protectedInterface)
  bytes.set(FUNCTIONALITY, FUNCTIONALITY_OFFSET)
  bytes.set(textFont14.bitmap, FONT_14_OFFSET)
  bytes.set(textFont8.bitmap, FONT_8_OFFSET)
  bytes.set(textFont8.bitmap.subarray(0, HALF_FONT_BYTES), IBM_FONT_OFFSET)
  for (const [at, text] of VBE_STRINGS) bytes.set(Buffer.from(text, 'latin1'), at)
  bytes.set(new Uint8Array(Uint16Array.of(...VBE_MODES.map(({ number }) => number), END_OF_MODES).buffer), VBE_ROM.modes)
  return { bytes, entries, calls }
}
