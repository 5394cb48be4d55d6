/**
 * What the ROM has for programs in protected mode: the 32-bit service directory with the entry of the PCI BIOS (Standard BIOS 32-bit Service Directory
 * Proposal 0.4; PCI BIOS Specification 2.1, "32-bit BIOS Interface"), the entries of APM (APM BIOS Interface Specification 1.2, 4.4), and the structure by which
 * Plug and Play BIOSes are found (Plug and Play BIOS Specification 1.0A, 4.4), of which there are no functions. INT 15h AH=89h leads a program there.
 */
import { FIRMWARE_PORT, ROM_SEGMENT } from './rom'
import { TableBytes } from './table-bytes'

/** Where it is: at a multiple of 16. */
export const PROTECTED_OFFSET = 0x6000
const ROM_START = ROM_SEGMENT * 16
const PARAGRAPH = 16
const PNP_BYTES = 0x21
/** What a Plug and Play BIOS answers to a function that it does not have. */
const FUNCTION_NOT_SUPPORTED = 0x82

/** The service's answer is in the carry flag: out port,al; retf, in code of 16 or 32 bits. */
const SERVICE = [0xe6, FIRMWARE_PORT, 0xcb] as const
const word = (value: number): number[] => [value & 0xff, value >> 8]
/** mov ax,82h; retf; the same in 32-bit code: mov eax,82h. */
const NO_PNP_16 = [0xb8, ...word(FUNCTION_NOT_SUPPORTED), 0xcb]
const NO_PNP_32 = [0xb8, ...word(FUNCTION_NOT_SUPPORTED), 0x00, 0x00, 0xcb]

/** Offsets in the ROM. */
const AT = {
  directoryHeader: PROTECTED_OFFSET,
  pnpHeader: PROTECTED_OFFSET + 0x10,
  directory: PROTECTED_OFFSET + 0x40,
  pciBios: PROTECTED_OFFSET + 0x80,
  apm32: PROTECTED_OFFSET + 0x90,
  apm16: PROTECTED_OFFSET + 0xa0,
  pnp16: PROTECTED_OFFSET + 0xb0,
  pnp32: PROTECTED_OFFSET + 0xc0,
  enter: PROTECTED_OFFSET + 0xd0,
} as const

/** Where programs are told to call the entries of APM. */
export const APM_ENTRIES = { in16Bits: AT.apm16, in32Bits: AT.apm32 } as const

/** The services that are called in protected mode, by the offset of their OUT. */
export const PROTECTED_SERVICES: ReadonlyMap<number, 'pci' | 'apm'> = new Map([[AT.pciBios, 'pci'], [AT.apm32, 'apm'], [AT.apm16, 'apm']])

/** EAX: name of a service; BL: 0. Returns in EBX, ECX and EDX where its code begins, its length, and the entry's offset; AL 80h: it is not there, 81h: no such function. */
const DIRECTORY = [
  0x3d, 0x24, 0x50, 0x43, 0x49, 0x75, 0x16, // cmp eax,"$PCI"; jne unknown
  0x84, 0xdb, 0x75, 0x15, // test bl,bl; jne no function
  0xbb, ...word(0), ...word(ROM_START >> 16), // mov ebx,F0000h
  0xb9, ...word(0), ...word(1), // mov ecx,10000h
  0xba, ...word(AT.pciBios), ...word(0), // mov edx,entry
  0x30, 0xc0, 0xcb, // xor al,al; retf
  0xb0, 0x80, 0xcb, // unknown: mov al,80h; retf
  0xb0, 0x81, 0xcb, // no function: mov al,81h; retf
]

/** The table's descriptors by their selectors (IBM BIOS Interface Technical Reference, INT 15h AH=89h). */
const SELECTORS = { ds: 0x18, es: 0x20, ss: 0x28, cs: 0x30, bios: 0x38 } as const

/** Where AH=89h leads: ES:SI is the table of descriptors, BP where the program goes on. */
export const ENTER_PROTECTED_OFFSET = AT.enter
/** In the table, the BIOS's own descriptor: code of 64 KiB at F0000h. */
export const BIOS_DESCRIPTOR = { at: SELECTORS.bios, bytes: [0xff, 0xff, 0x00, 0x00, 0x0f, 0x9b, 0x00, 0x00] } as const

const ENTER = [
  0x26, 0x0f, 0x01, 0x54, 0x08, 0x26, 0x0f, 0x01, 0x5c, 0x10, // lgdt es:[si+8]; lidt es:[si+16]
  0xb8, 0x01, 0x00, 0x0f, 0x01, 0xf0, // mov ax,1; lmsw ax
  0xea, ...word(AT.enter + 21), ...word(SELECTORS.bios), // jmp far to what follows
  0xb8, ...word(SELECTORS.ds), 0x8e, 0xd8, 0xb8, ...word(SELECTORS.es), 0x8e, 0xc0, 0xb8, ...word(SELECTORS.ss), 0x8e, 0xd0, // mov ax,…; mov ds,ax; es; ss
  0x6a, SELECTORS.cs, 0x55, 0x31, 0xc0, 0xcb, // push cs of the program; push bp; xor ax,ax; retf
]

/** Puts all of it into the ROM. */
export function installProtectedRom(rom: Uint8Array): void {
  rom.set(new TableBytes(PARAGRAPH).text(0, '_32_').u32(4, ROM_START + AT.directory).u8(8, 0, 1).checksum(10).bytes, AT.directoryHeader)
  const pnp = new TableBytes(PNP_BYTES).text(0, '$PnP').u8(4, 0x10, PNP_BYTES)
  pnp.u16(0x0d, AT.pnp16).u16(0x0f, ROM_SEGMENT).u16(0x11, AT.pnp32).u32(0x13, ROM_START).u16(0x1b, ROM_SEGMENT).u32(0x1d, ROM_START).checksum(8)
  rom.set(pnp.bytes, AT.pnpHeader)
  rom.set(DIRECTORY, AT.directory)
  for (const offset of PROTECTED_SERVICES.keys()) rom.set(SERVICE, offset)
  rom.set(ENTER, AT.enter)
  rom.set(NO_PNP_16, AT.pnp16)
  rom.set(NO_PNP_32, AT.pnp32)
}
