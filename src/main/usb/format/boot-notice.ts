/** What a PC says when it is started from a drive that holds only files. */

/**
 * Real-mode code for the start of sector 0, where the BIOS enters it at 0000:7C00 or 07C0:0000: it finds its text by its own address. It prints by
 * INT 10h, waits for a key by INT 16h, and has the BIOS boot anew by INT 19h.
 */
const CODE = [
  [0xfc], //                   00  cld
  [0x0e, 0x1f], //             01  push cs; pop ds
  [0xe8, 0x00, 0x00], //       03  call 06
  [0x5e], //                   06  pop si
  [0x83, 0xc6, 0x1a], //       07  add si, text - 06
  [0xac], //                   0a  next: lodsb
  [0x84, 0xc0], //             0b  test al, al
  [0x74, 0x09], //             0d  jz wait
  [0xb4, 0x0e], //             0f  mov ah, 0eh (teletype output)
  [0xbb, 0x07, 0x00], //       11  mov bx, 7 (page 0, grey in graphics modes)
  [0xcd, 0x10], //             14  int 10h
  [0xeb, 0xf2], //             16  jmp next
  [0x31, 0xc0], //             18  wait: xor ax, ax (read a key)
  [0xcd, 0x16], //             1a  int 16h
  [0xcd, 0x19], //             1c  int 19h
  [0xeb, 0xfe], //             1e  jmp 1e
].flat()

/** ASCII: it is shown in the BIOS's own character set, whichever that is. */
export const NOTICE = 'This drive has no operating system.\r\nRemove it, then press a key.\r\n'

/** Code and text; shorter than the boot code area of sector 0 (440 bytes). */
export function bootNotice(): Uint8Array {
  return Uint8Array.of(...CODE, ...Buffer.from(NOTICE, 'latin1'), 0)
}
