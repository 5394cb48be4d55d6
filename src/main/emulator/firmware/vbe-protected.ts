/**
 * VBE's functions for protected mode (VBE Core Functions Standard 3.0, 4F0Ah): a table of four offsets, and 32-bit code that can be copied anywhere. It
 * works on the ports of the display (`devices/bochs-vbe.ts`) and of the palette.
 */
import { DISPI, DISPI_DATA_PORT, DISPI_INDEX_PORT } from '../devices/bochs-vbe'

/** Bytes, a place with a name, or a short jump to one. */
type Part = readonly number[] | string | { readonly jump: number; readonly to: string }

const [JE, JNE, JMP, JECXZ, LOOP] = [0x74, 0x75, 0xeb, 0xe3, 0xe2] as const
const DAC_WRITE_INDEX = 0x3c8
const DAC_DATA = 0x3c9
const END_OF_LIST = 0xffff

const word = (value: number): number[] => [value & 0xff, value >> 8]
/** mov ax,…; ret */
const RETURN_DONE = [0x66, 0xb8, 0x4f, 0x00, 0xc3]
const RETURN_FAILED = [0x66, 0xb8, 0x4f, 0x01, 0xc3]
/** mov dx,port; mov ax,register; out dx,ax; inc dx */
const select = (register: number): number[] => [0x66, 0xba, ...word(DISPI_INDEX_PORT), 0x66, 0xb8, ...word(register), 0x66, 0xef, 0x66, 0x42]
const READ = [0x66, 0xed] // in ax,dx
const WRITE = [0x66, 0xef] // out dx,ax

/** BL 0: window A; BH 0: it shows block DX; 1: which one does it show? */
const SET_WINDOW: readonly Part[] = [
  [0x84, 0xdb], { jump: JNE, to: 'failed' }, // test bl,bl
  [0x84, 0xff], { jump: JNE, to: 'get' }, // test bh,bh
  [0x52, 0x52, ...select(DISPI.bank), 0x58, ...WRITE, 0x5a], { jump: JMP, to: 'done' }, // push edx; push edx; …; pop eax; out; pop edx
  'get', [...select(DISPI.bank), ...READ, 0x66, 0x89, 0xc2], // mov dx,ax
  'done', RETURN_DONE,
  'failed', RETURN_FAILED,
]

/** DX:CX, the start of the picture in units of four bytes. */
const SET_START: readonly Part[] = [
  [0x60, 0xc1, 0xe2, 0x10, 0x66, 0x89, 0xca, 0xc1, 0xe2, 0x02, 0x89, 0xd6], // pushad; shl edx,16; mov dx,cx; shl edx,2; mov esi,edx
  [...select(DISPI.bits), ...READ, 0x3c, 0x04], { jump: JE, to: 'failed' }, // cmp al,4: planes are counted otherwise
  [0x0f, 0xb7, 0xd8, 0x83, 0xc3, 0x07, 0xc1, 0xeb, 0x03], // movzx ebx,ax; add ebx,7; shr ebx,3: bytes of a pixel
  [...select(DISPI.virtualWidth), ...READ, 0x0f, 0xb7, 0xc8, 0x0f, 0xaf, 0xcb], { jump: JECXZ, to: 'failed' }, // movzx ecx,ax; imul ecx,ebx: of a line
  [0x89, 0xf0, 0x31, 0xd2, 0xf7, 0xf1, 0x89, 0xc7], // mov eax,esi; xor edx,edx; div ecx; mov edi,eax: the line
  [0x89, 0xd0, 0x31, 0xd2, 0xf7, 0xf3, 0x89, 0xc1], // mov eax,edx; xor edx,edx; div ebx; mov ecx,eax: the pixel
  [...select(DISPI.x), 0x66, 0x89, 0xc8, ...WRITE], // mov ax,cx
  [...select(DISPI.y), 0x66, 0x89, 0xf8, ...WRITE], // mov ax,di
  [0x61, ...RETURN_DONE], // popad
  'failed', [0x61, ...RETURN_FAILED],
]

/** CX colours from DX on, as blue, green, red and a free byte, at ES:EDI. */
const SET_PALETTE: readonly Part[] = [
  [0x60, 0x88, 0xd0, 0x66, 0xba, ...word(DAC_WRITE_INDEX), 0xee, 0x66, 0x42, 0x0f, 0xb7, 0xc9], // pushad; mov al,dl; mov dx,3C8h; out dx,al; inc dx; movzx ecx,cx
  { jump: JECXZ, to: 'done' },
  'next', [0x26, 0x8a, 0x47, 0x02, 0xee, 0x26, 0x8a, 0x47, 0x01, 0xee, 0x26, 0x8a, 0x07, 0xee, 0x83, 0xc7, 0x04], // mov al,es:[edi+…]; out dx,al; add edi,4
  { jump: LOOP, to: 'next' },
  'done', [0x61, ...RETURN_DONE],
]

function assemble(parts: readonly Part[]): number[] {
  const size = (part: Part): number => (typeof part === 'string' ? 0 : 'jump' in part ? 2 : part.length)
  const places = new Map<string, number>()
  let at = 0
  for (const part of parts) {
    if (typeof part === 'string') places.set(part, at)
    at += size(part)
  }
  const code: number[] = []
  for (const part of parts) {
    if (typeof part === 'string') continue
    if (!('jump' in part)) code.push(...part)
    else code.push(part.jump, ((places.get(part.to) ?? 0) - (code.length + 2)) & 0xff)
  }
  return code
}

function build(): Uint8Array {
  const pieces = [...[SET_WINDOW, SET_START, SET_PALETTE].map(assemble), [DISPI_INDEX_PORT, DISPI_DATA_PORT, DAC_WRITE_INDEX, DAC_DATA, END_OF_LIST, END_OF_LIST].flatMap(word)]
  const table = pieces.length * 2
  const offsets = pieces.map((_, index) => table + pieces.slice(0, index).reduce((sum, piece) => sum + piece.length, 0))
  return Uint8Array.from([...offsets.flatMap(word), ...pieces.flat()])
}

/** Offsets of the functions for the window, the start of the picture and the palette, and of the list of ports; and these. */
export const PROTECTED_INTERFACE = build()
