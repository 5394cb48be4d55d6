/**
 * The BIOS ROM at F0000h. Services are written in TypeScript; the ROM holds their entry points: a few instructions each,
 * whose OUT to the firmware port calls the service and whose IRET returns. Addresses that programs rely on are the IBM PC's.
 */
import { textFont } from '../machine/font'
import { VBE_MODES } from './vbe-modes'

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
  /** IRQ 1: call; jnc done; int 1Bh (Ctrl-Break); done: iret. */
  key: [...CALL, 0x73, 0x02, 0xcd, 0x1b, IRET],
  /**
   * Loads the boot sector on a fresh stack: cli; xor ax,ax; mov ss,ax; mov sp,7000h; mov ds,ax; mov es,ax; pushf; push cs; push ax; call; jnc done;
   * cli; hlt; jmp back to hlt; done: iret. The service fills in the frame.
   */
  boot: [
    CLI, 0x31, 0xc0, 0x8e, 0xd0, 0xbc, 0x00, 0x70, 0x8e, 0xd8, 0x8e, 0xc0, 0x9c, 0x0e, 0x50, ...CALL, 0x73, 0x04, CLI, HLT, 0xeb, 0xfd, IRET,
  ],
  /** Power-on: the same stack and frame; then INT 19h, or through the frame when the service says so. */
  power: [CLI, 0x31, 0xc0, 0x8e, 0xd0, 0xbc, 0x00, 0x70, 0x8e, 0xd8, 0x8e, 0xc0, 0x9c, 0x0e, 0x50, ...CALL, 0x72, 0x02, 0xcd, 0x19, IRET],
} as const satisfies Record<string, readonly number[]>

export type StubShape = keyof typeof SHAPES

/** Entry points with a fixed offset; the others follow one another from `FREE`. */
const RESET_OFFSET = 0xfff0
const POWER_OFFSET = 0xe05b
export const DUMMY_IRET_OFFSET = 0xff53
const DATE_OFFSET = 0xfff5
const MODEL_OFFSET = 0xfffe
const FREE = 0xe100
export const FONT_OFFSET = 0xc000
/** What VBE's information points to: strings that end with a zero, and the list of modes, which ends with FFFFh. */
export const VBE_ROM = { maker: 0xd000, product: 0xd020, revision: 0xd040, modes: 0xd060 } as const
const VBE_STRINGS = [[VBE_ROM.maker, 'Bootlab'], [VBE_ROM.product, 'Bootlab VBE display'], [VBE_ROM.revision, '1']] as const
const END_OF_MODES = 0xffff
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
  for (const [at, text] of VBE_STRINGS) bytes.set(Buffer.from(text, 'latin1'), at)
  bytes.set(new Uint8Array(Uint16Array.of(...VBE_MODES.map(({ number }) => number), END_OF_MODES).buffer), VBE_ROM.modes)
  return { bytes, entries, calls }
}
