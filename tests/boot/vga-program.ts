/**
 * Real-mode programs that draw: scenes of BIOS calls, port writes and patterns in memory. After each scene the program writes a byte to port E9h and waits
 * for a key to go up.
 */
const SECTOR = 512
const LOAD = 0x7c00
const CODE = LOAD + SECTOR
/** Loaded below the end of the segment. */
const MOST_SECTORS = (0x10000 - CODE) / SECTOR
const STACK = LOAD
/** Free for scenes, and zero at the start. */
export const SCRATCH = 0x3000

const word = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff]

/** Registers of 16 bits before a call of INT 10h. */
export interface Call {
  readonly ax: number
  readonly bx?: number
  readonly cx?: number
  readonly dx?: number
  readonly bp?: number
  readonly di?: number
  /** 0 when absent. */
  readonly es?: number
}

export type Step = readonly number[]

/** mov ax,es; mov es,ax; the other registers; int 10h */
export function video({ ax, bx = 0, cx = 0, dx = 0, bp = 0, di = 0, es = 0 }: Call): Step {
  return [0xb8, ...word(es), 0x8e, 0xc0, 0xb8, ...word(ax), 0xbb, ...word(bx), 0xb9, ...word(cx), 0xba, ...word(dx), 0xbd, ...word(bp), 0xbf, ...word(di), 0xcd, 0x10]
}

/** mov dx,port; mov al,value; out dx,al */
export const out = (port: number, value: number): Step => [0xba, ...word(port), 0xb0, value, 0xee]
/** mov dx,port; mov ax,value; out dx,ax */
export const outWord = (port: number, value: number): Step => [0xba, ...word(port), 0xb8, ...word(value), 0xef]
export const sequencer = (index: number, value: number): Step => outWord(0x3c4, index | (value << 8))
export const graphics = (index: number, value: number): Step => outWord(0x3ce, index | (value << 8))
export const crtc = (index: number, value: number): Step => outWord(0x3d4, index | (value << 8))
/** mov dx,3DAh; in al,dx; index, value and 20h to 3C0h */
export const attribute = (index: number, value: number): Step => [0xba, ...word(0x3da), 0xec, ...out(0x3c0, index), ...out(0x3c0, value), ...out(0x3c0, 0x20)]
export const colour = (index: number, red: number, green: number, blue: number): Step => [...out(0x3c8, index), ...out(0x3c9, red), ...out(0x3c9, green), ...out(0x3c9, blue)]
export const dispi = (index: number, value: number): Step => [...outWord(0x1ce, index), ...outWord(0x1cf, value)]

/** mov ax,segment; mov es,ax */
const inSegment = (segment: number): number[] => [0xb8, ...word(segment), 0x8e, 0xc0]
/** mov byte es:[offset],value */
export const poke = (segment: number, offset: number, ...values: number[]): Step => [...inSegment(segment), ...values.flatMap((value, i) => [0x26, 0xc6, 0x06, ...word(offset + i), value])]
/** mov al,es:[offset] */
export const peek = (segment: number, offset: number): Step => [...inSegment(segment), 0x26, 0xa0, ...word(offset)]

/**
 * `count` bytes from an offset on (64 KiB for 0), every `step`th: the high byte of the offset times a factor, with `mask`.
 * mov di,offset; mov cx,count; again: imul ax,di,factor; mov al,ah; and al,mask; mov es:[di],al; add di,step; loop again
 */
export function pattern(segment: number, offset: number, count: number, { factor = 0x35d, mask = 0xff, step = 1 } = {}): Step {
  return [...inSegment(segment), 0xbf, ...word(offset), 0xb9, ...word(count), 0x69, 0xc7, ...word(factor), 0x88, 0xe0, 0x24, mask, 0x26, 0x88, 0x05, 0x83, 0xc7, step, 0xe2, 0xf0]
}

/** mov al,'.'; out E9h,al; wait: in al,64h; test al,1; jz wait; in al,60h; test al,80h; jz wait */
const SHOWN = [0xb0, 0x2e, 0xe6, 0xe9, 0xe4, 0x64, 0xa8, 0x01, 0x74, 0xfa, 0xe4, 0x60, 0xa8, 0x80, 0x74, 0xf4]

/** Where a video BIOS goes, and where it lies on the disk. */
const ROM_SEGMENT = 0x8000
const ROM_LBA = 256
const PACKET = LOAD + 0x100

/** mov si,PACKET; mov ah,42h; mov dl,80h; int 13h; xor ax,ax; call ROM_SEGMENT:0003, where an option ROM begins; mov ds,ax after it */
const START_ROM = [0xbe, ...word(PACKET), 0xb4, 0x42, 0xb2, 0x80, 0xcd, 0x13, 0x31, 0xc0, 0x9a, 0x03, 0x00, ...word(ROM_SEGMENT), 0x31, 0xc0, 0x8e, 0xd8]

/**
 * A disk image that shows the scenes and halts. Interrupts stay off. Throws a RangeError for more code than can be loaded.
 * @param rom a video BIOS that is to serve INT 10h instead of the machine's own
 */
export function drawingProgram(scenes: readonly (readonly Step[])[], rom?: Uint8Array): Uint8Array {
  const code = [...scenes.flatMap((steps) => [...steps.flat(), ...SHOWN]), 0xfa, 0xf4]
  const sectors = Math.ceil(code.length / SECTOR)
  if (sectors > MOST_SECTORS) throw new RangeError(`${code.length} bytes of code cannot be loaded at once.`)
  const image = new Uint8Array(1 << 20)
  // xor ax,ax; mov ds/es/ss,ax; mov sp,STACK; read the sectors by INT 13h AH=02h; cli; cld; jump there
  const head = [0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0, 0xbc, ...word(STACK), 0xb8, sectors, 0x02, 0xb9, 0x02, 0x00, 0xb6, 0x00, 0xbb, ...word(CODE), 0xcd, 0x13, ...(rom ? START_ROM : []), 0xfa, 0xfc]
  image.set([...head, 0xe9, ...word(CODE - (LOAD + head.length + 3))])
  if (rom) {
    image.set([16, 0, ...word(Math.ceil(rom.length / SECTOR)), 0, 0, ...word(ROM_SEGMENT), ...word(ROM_LBA)], PACKET - LOAD)
    image.set(rom, ROM_LBA * SECTOR)
  }
  image.set([0x55, 0xaa], SECTOR - 2)
  image.set(code, SECTOR)
  return image
}
