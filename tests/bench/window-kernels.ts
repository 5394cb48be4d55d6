/** Kernels that keep the window busy. */

/** Where in a template's source the kernel's own work goes, and what the manifest's template is. */
export interface BusyKernel {
  readonly template: 'miniboot-c' | 'boot-sector'
  readonly file: string
  readonly source: string
}

const multiboot = (body: string): string => `asm(".long 0x1badb002, 0, (-(0x1badb002 + 0))");

static volatile unsigned short *const screen = (volatile unsigned short *)0xb8000;

void start_entry(void)
{
${body}
}
`

/** Fills the text screen with one letter after the other, each as often as it can be. */
export const TEXT: BusyKernel = {
  template: 'miniboot-c',
  file: 'kernel.c',
  source: multiboot(`    for (unsigned round = 0;; round++)
        for (int cell = 0; cell < 80 * 25; cell++)
            screen[cell] = 0x1700 | ('A' + round / 16 % 26);`),
}

/** Prints line after line at the bottom, and scrolls what is above. */
export const SCROLLING: BusyKernel = {
  template: 'miniboot-c',
  file: 'kernel.c',
  source: multiboot(`    for (unsigned line = 0;; line++) {
        for (int cell = 0; cell < 80 * 24; cell++)
            screen[cell] = screen[cell + 80];
        for (int column = 0; column < 80; column++)
            screen[80 * 24 + column] = 0x1700 | ('!' + (line + column) % 90);
    }`),
}

/** 1024×768 in 32 bits by the ports of QEMU's display; one colour after the other. */
export const XGA: BusyKernel = {
  template: 'miniboot-c',
  file: 'kernel.c',
  source: multiboot(`    static const unsigned short mode[][2] = {{4, 0}, {1, 1024}, {2, 768}, {3, 32}, {4, 0x41}};
    for (int i = 0; i < 5; i++) {
        asm volatile("outw %0, %1" : : "a"(mode[i][0]), "Nd"((unsigned short)0x1ce));
        asm volatile("outw %0, %1" : : "a"(mode[i][1]), "Nd"((unsigned short)0x1cf));
    }
    for (unsigned colour = 0;; colour += 0x030507) {
        unsigned *pixels = (unsigned *)0xfd000000;
        unsigned count = 1024 * 768;
        asm volatile("cld; rep stosl" : "+D"(pixels), "+c"(count) : "a"(colour) : "memory");
    }`),
}

/** Mode 13h, 320×200 in 256 colours; one colour after the other. */
export const MODE_13H: BusyKernel = {
  template: 'boot-sector',
  file: 'boot.S',
  source: `    .code16
    .globl _start
_start:
    movw $0x0013, %ax
    int $0x10
    movw $0xa000, %ax
    movw %ax, %es
    cld
    xorw %ax, %ax
fill:
    xorw %di, %di
    movw $32000, %cx
    rep stosw
    addw $0x0101, %ax
    jmp fill
    .org 510
    .word 0xaa55
`,
}

/** Sends to COM1 without end, and fills the screen beside it. */
export const SERIAL_FLOOD: BusyKernel = {
  template: 'miniboot-c',
  file: 'kernel.c',
  source: multiboot(`    for (unsigned round = 0;; round++) {
        asm volatile("outb %0, %1" : : "a"((unsigned char)('a' + round % 26)), "Nd"((unsigned short)0x3f8));
        screen[round % 2000] = 0x1700 | ('a' + round % 26);
    }`),
}
