/** A real-mode program for tests: calls BIOS services one after the other and dumps the registers after each through port E9h. */

export interface Registers {
  eax: number
  ebx: number
  ecx: number
  edx: number
  esi: number
  edi: number
  ebp: number
  es: number
  flags: number
}

/** One call: vector and 32-bit register values before it; ES and DS are 0. */
export interface BiosCall {
  int: number
  eax?: number
  ebx?: number
  ecx?: number
  edx?: number
  esi?: number
  edi?: number
  ebp?: number
}

const SECTOR = 512
const LOAD = 0x7c00
/** Where calls may put data: free for the program, and zero at its start but for what `data` gives. */
export const SCRATCH = 0x3000
const DUMP_BYTES = 36
const EXIT_PORT = 0xf4

const word = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff]
const dword = (value: number): number[] => [...word(value), ...word(value >>> 16)]

/** pushf; pushad; push es; then DUMP_BYTES from the stack to port E9h; everything restored; ret. */
const DUMP = [0x9c, 0x66, 0x60, 0x06, 0x89, 0xe6, 0xb9, DUMP_BYTES, 0x00, 0x36, 0xac, 0xe6, 0xe9, 0xe2, 0xfa, 0x07, 0x66, 0x61, 0x9d, 0xc3]
const DUMP_AT = LOAD + 3

/**
 * A disk image that makes the calls and then exits through port F4h. `data` is written to SCRATCH first. `memory`: bytes from there that are dumped
 * at the end. `bytes`: size of the image.
 */
export function biosProgram(calls: readonly BiosCall[], data: readonly number[] = [], memory = 0, bytes = 1 << 20): Uint8Array {
  const code: number[] = []
  const near = (target: number): void => {
    // call rel16
    const next = LOAD + SECTOR + code.length + 3
    code.push(0xe8, ...word(target - next))
  }
  data.forEach((byte, i) => code.push(0xc6, 0x06, ...word(SCRATCH + i), byte))
  for (const call of calls) {
    code.push(0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0) // xor ax,ax; mov ds,ax; mov es,ax
    for (const [opcode, value] of [[0xb8, call.eax], [0xbb, call.ebx], [0xb9, call.ecx], [0xba, call.edx], [0xbe, call.esi], [0xbf, call.edi], [0xbd, call.ebp]] as const) {
      code.push(0x66, opcode, ...dword(value ?? 0))
    }
    code.push(0xcd, call.int)
    near(DUMP_AT)
  }
  // xor ax,ax; mov ds,ax; mov si,SCRATCH; mov cx,memory; jcxz done; again: lodsb; out E9h,al; loop again; done: mov al,0; out F4h,al; cli; hlt
  code.push(0x31, 0xc0, 0x8e, 0xd8, 0xbe, ...word(SCRATCH), 0xb9, ...word(memory), 0xe3, 0x05, 0xac, 0xe6, 0xe9, 0xe2, 0xfb, 0xb0, 0x00, 0xe6, EXIT_PORT, 0xfa, 0xf4)
  const sectors = Math.ceil(code.length / SECTOR)
  const image = new Uint8Array(bytes)
  const boot = [
    0xeb, 1 + DUMP.length, 0x90, ...DUMP, // jmp over
    0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0, 0xbc, ...word(LOAD), // xor ax,ax; mov ds/es/ss,ax; mov sp,7C00h
    0xb8, sectors, 0x02, 0xb9, 0x02, 0x00, 0xb6, 0x00, 0xbb, ...word(LOAD + SECTOR), 0xcd, 0x13, // read the rest by INT 13h AH=02h
    0xe9, ...word(SECTOR - (3 + DUMP.length + 11 + 13 + 3)),
  ]
  image.set(boot)
  image.set([0x55, 0xaa], SECTOR - 2)
  image.set(code, SECTOR)
  // Sectors from 100 on hold their own number, for reading tests.
  for (let sector = 100; sector < image.length / SECTOR; sector++) image.fill(sector & 0xff, sector * SECTOR, (sector + 1) * SECTOR)
  return image
}

/** The dumps of a program's calls, and the memory after them. */
export function parseDumps(output: Uint8Array, calls: number): { registers: Registers[]; memory: Uint8Array } {
  const view = new DataView(output.buffer, output.byteOffset, output.byteLength)
  const registers = Array.from({ length: calls }, (_, i): Registers => {
    const at = i * DUMP_BYTES
    const at32 = (offset: number): number => view.getUint32(at + offset, true)
    return {
      es: view.getUint16(at, true),
      edi: at32(2), esi: at32(6), ebp: at32(10), ebx: at32(18), edx: at32(22), ecx: at32(26), eax: at32(30),
      flags: view.getUint16(at + 34, true),
    }
  })
  return { registers, memory: output.slice(calls * DUMP_BYTES) }
}
