/** iPXE as a judge of the network card and the network behind it: its own driver, its own DHCP, TFTP and HTTP, and a kernel booted through them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { strokeFor } from '../../src/main/emulator/host/us-layout'
import { TICKS_PER_MILLISECOND, TICKS_PER_SECOND } from '../../src/main/emulator/machine/clock'
import { Machine } from '../../src/main/emulator/machine/machine'
import { folderFiles } from '../../src/main/emulator/net/files'
import { screenLines } from '../../src/shared/screen-text'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { requireFile } from '../support/debian-files'
import { linkKernel } from '../support/link-kernel'

const iso = requireFile('/usr/lib/ipxe/ipxe.iso', 'ipxe')
const bios = requireFile('/usr/share/seabios/bios-256k.bin', 'seabios')
const vga = requireFile('/usr/share/seabios/vgabios-stdvga.bin', 'seabios')

/** Says on the debug port that it runs, and which command line it was given. */
const KERNEL = `
__asm__(".section .multiboot, \\"a\\"\\n.long 0x1badb002, 0, -0x1badb002\\n.text\\n.globl start\\nstart: movl $(stack + 4096), %esp\\n pushl %ebx\\n pushl %eax\\n call run");
char stack[4096];
static void say(const char *text) { for (; *text; text++) __asm__ volatile("outb %0, %1" : : "a"(*text), "Nd"((unsigned short)0xe9)); }
[[noreturn]] void run(unsigned magic, const unsigned *info) {
    say(magic == 0x2badb002 ? "booted: " : "wrong magic: ");
    say((const char *)info[4]);
    __asm__ volatile("outb %0, %1" : : "a"((char)0), "Nd"((unsigned short)0xf4));
    for (;;) __asm__ volatile("hlt");
}
`

const screenOf = (machine: Machine): string => screenLines(machine.screen).join('\n')

function runUntil(machine: Machine, text: string, seconds: number): void {
  for (let i = 0; i < seconds * 50 && !screenOf(machine).includes(text) && !machine.outcome; i++) machine.run(TICKS_PER_SECOND / 50)
  expect(screenOf(machine)).toContain(text)
}

/** Presses keys one after the other, and lets them go. */
function press(machine: Machine, ...codes: string[]): void {
  for (const down of [true, false]) {
    for (const code of down ? codes : codes.toReversed()) machine.kbc.keyboard.key(code, down)
    machine.run(10 * TICKS_PER_MILLISECOND)
  }
}

function type(machine: Machine, text: string): void {
  for (const character of text) {
    const stroke = strokeFor(character)
    if (stroke) press(machine, ...(stroke.shift ? ['ShiftLeft'] : []), stroke.code)
  }
}

const folder = mkdtempSync(join(tmpdir(), 'bootlab-network-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.skipIf(!iso || !bios || !vga)('iPXE on the network card', () => {
  test('gets an address, and boots a kernel that comes by HTTP and TFTP', { timeout: 300_000 }, async () => {
    const data = Uint8Array.from({ length: 300_001 }, (_, i) => (i * 7) ^ (i >> 8))
    writeFileSync(join(folder, 'data.bin'), data)
    writeFileSync(join(folder, 'kernel.elf'), await linkKernel({ bits: 32, source: KERNEL }))
    const script = ['#!ipxe', 'imgfetch --name http http://10.0.2.2/data.bin', 'imgfetch --name tftp tftp://10.0.2.2/data.bin', 'imgstat', 'imgfree http', 'imgfree tftp', 'kernel tftp://10.0.2.2/kernel.elf from the network', 'boot']
    writeFileSync(join(folder, 'boot.ipxe'), `${script.join('\n')}\n`)
    let debug = ''
    const machine = new Machine({
      image: new Uint8Array(readFileSync(iso ?? '')),
      medium: 'cd',
      roms: { bios: new Uint8Array(readFileSync(bios ?? '')), vga: new Uint8Array(readFileSync(vga ?? '')) },
      memoryBytes: 128 << 20,
      backend: DEFAULT_BACKEND,
      startDate: 0,
      network: { files: folderFiles(folder), bootFile: 'http://10.0.2.2/boot.ipxe' },
      onSerial: () => undefined,
      onDebugConsole: (byte) => (debug += String.fromCharCode(byte)),
    })
    runUntil(machine, 'Press Ctrl-B', 10)
    press(machine, 'ControlLeft', 'KeyB')
    runUntil(machine, 'iPXE>', 10)
    // By itself it would look for IPv6, too, which takes long.
    type(machine, 'ifconf -c dhcp && chain ${filename}\n')
    const outcome = machine.run(10 * TICKS_PER_SECOND)
    const screen = screenOf(machine)
    expect(screen).toContain('Configuring [dhcp] (net0 52:54:00:12:34:56)... ok')
    expect(screen).toMatch(/http : 300001 bytes/)
    expect(screen).toMatch(/tftp : 300001 bytes/)
    expect(debug).toMatch(/booted: tftp:\/\/10\.0\.2\.2\/kernel\.elf from the network$/)
    expect(outcome).toEqual({ reason: 'debug-exit', value: 0 })
  })
})
