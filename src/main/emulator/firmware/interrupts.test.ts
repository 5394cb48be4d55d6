/** What the BIOS does by itself, when a device interrupts: programs in boot sectors hook its interrupts and write what they get to port E9h. */
import { describe, expect, test } from 'vitest'
import { TICKS_PER_SECOND } from '../machine/clock'
import { Machine } from '../machine/machine'

const LOAD = 0x7c00
const SECTOR = 512
/** Where handlers begin in the sector. */
const HANDLER = 0x100

/** xor ax,ax; mov ds,ax; mov es,ax; mov ss,ax; mov sp,7C00h */
const START = [0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0, 0xbc, 0x00, 0x7c]
/** sti; again: hlt; jmp again */
const SLEEP = [0xfb, 0xf4, 0xeb, 0xfd]
const OUT_AL = [0xe6, 0xe9]
const word = (value: number): number[] => [value & 0xff, value >> 8]
/** mov ax,value; and the other registers; int vector */
const call = (vector: number, ax: number, { bx, cx, dx }: { bx?: number; cx?: number; dx?: number } = {}): number[] => [
  0xb8, ...word(ax),
  ...(bx === undefined ? [] : [0xbb, ...word(bx)]),
  ...(cx === undefined ? [] : [0xb9, ...word(cx)]),
  ...(dx === undefined ? [] : [0xba, ...word(dx)]),
  0xcd, vector,
]
/** mov word [vector * 4],handler; mov word [vector * 4 + 2],0 */
const hook = (vector: number): number[] => [0xc7, 0x06, ...word(vector * 4), ...word(LOAD + HANDLER), 0xc7, 0x06, ...word(vector * 4 + 2), 0x00, 0x00]

interface Session {
  readonly machine: Machine
  /** Written to port E9h, and printed. */
  readonly written: number[]
  readonly printed: number[]
  press(...codes: readonly string[]): void
  run(seconds: number): void
}

function boot(code: readonly number[], handler: readonly number[] = []): Session {
  const image = new Uint8Array(SECTOR)
  image.set([...START, ...code])
  image.set(handler, HANDLER)
  image.set([0x55, 0xaa], SECTOR - 2)
  const written: number[] = []
  const printed: number[] = []
  const machine = new Machine({
    image, medium: 'floppy', memoryBytes: 4 << 20, backend: 'interp', startDate: Date.UTC(2026, 0, 1, 12), onSerial: () => undefined,
    onDebugConsole: (byte) => written.push(byte),
    onOutput: (port, byte) => {
      if (port === 'lpt1') printed.push(byte)
    },
  })
  const run = (seconds: number): void => void machine.run(seconds * TICKS_PER_SECOND)
  const press = (...codes: readonly string[]): void => {
    for (const key of codes) machine.kbc.keyboard.key(key, true)
    for (const key of codes.toReversed()) machine.kbc.keyboard.key(key, false)
  }
  run(0.05)
  return { machine, written, printed, press, run }
}

/** push ax; out E9h,al; pop ax; iret */
const SHOW_AL = [...OUT_AL, 0xcf]
/** mov al,value; out E9h,al; iret */
const show = (value: number): number[] => [0xb0, value, ...OUT_AL, 0xcf]
/** again: xor ah,ah; int 16h; out E9h,al; mov al,ah; out E9h,al; jmp again */
const ECHO_KEYS = [0xfb, 0x30, 0xe4, 0xcd, 0x16, ...OUT_AL, 0x88, 0xe0, ...OUT_AL, 0xeb, 0xf4]

describe('the pointing device', () => {
  test('calls the program with status and movement, which it finds on its stack', () => {
    const program = [...call(0x15, 0xc205, { bx: 0x0300 }), ...call(0x15, 0xc207, { bx: LOAD + HANDLER }), ...call(0x15, 0xc200, { bx: 0x0100 }), ...SLEEP]
    // push bp; mov bp,sp; status, X, Y; pop bp; retf
    const handler = [0x55, 0x89, 0xe5, ...[0x0c, 0x0a, 0x08].flatMap((at) => [0x8a, 0x46, at, ...OUT_AL]), 0x5d, 0xcb]
    const { machine, written, run } = boot(program, handler)
    machine.kbc.mouse.move({ dx: 5, dy: -3, wheel: 0, buttons: 1 })
    run(0.1)
    machine.kbc.mouse.move({ dx: -2, dy: 0, wheel: 0, buttons: 0 })
    run(0.1)
    expect(written).toEqual([0x09, 5, 3, 0x18, 0xfe, 0])
  })
})

describe('the clock', () => {
  test('calls INT 4Ah at the time of the alarm', () => {
    const { written, run } = boot([...hook(0x4a), ...call(0x1a, 0x0600, { cx: 0x1200, dx: 0x0200 }), ...SLEEP], show(0x41))
    run(1.5)
    expect(written).toEqual([])
    run(1)
    expect(written).toEqual([0x41])
  })

  test('sets the flag of INT 15h AH=83h once the time has passed', () => {
    // 20 ms; the flag is the byte at 0600h.
    const { machine, run } = boot([...call(0x15, 0x8300, { bx: 0x600, cx: 0, dx: 20_000 }), ...SLEEP])
    expect(machine.memory.read8(0x600)).toBe(0x80)
    const { machine: other, run: wait } = boot([...call(0x15, 0x8300, { bx: 0x600, cx: 3, dx: 0 }), ...SLEEP])
    expect(other.memory.read8(0x600)).toBe(0)
    wait(0.1)
    expect(other.memory.read8(0x600)).toBe(0)
    wait(0.1)
    expect(other.memory.read8(0x600)).toBe(0x80)
    run(0.1)
  })
})

describe('the keyboard', () => {
  test('asks INT 15h AH=4Fh about each scan code', () => {
    const { written, press, run } = boot([...hook(0x15), ...SLEEP], SHOW_AL)
    press('KeyA')
    run(0.1)
    expect(written).toEqual([0x1e, 0x9e])
  })

  test('calls INT 1Bh for Ctrl-Break, and leaves a zero to read', () => {
    const { machine, written, press, run } = boot([...hook(0x1b), ...ECHO_KEYS], show(0x42))
    press('ControlLeft', 'Pause')
    run(0.1)
    expect(written).toEqual([0x42, 0, 0])
    expect(machine.memory.read8(0x471)).toBe(0x80)
  })

  test('types the character whose number is typed on the pad with Alt', () => {
    const { machine, written, run } = boot(ECHO_KEYS)
    const { keyboard } = machine.kbc
    keyboard.key('AltLeft', true)
    for (const code of ['Numpad1', 'Numpad6', 'Numpad5']) for (const down of [true, false]) keyboard.key(code, down)
    keyboard.key('AltLeft', false)
    run(0.1)
    expect(written).toEqual([165, 0])
  })

  test('has its lights follow the locks', () => {
    const { machine, press, run } = boot(ECHO_KEYS)
    press('CapsLock')
    run(0.1)
    expect(machine.kbc.keyboard.leds).toBe(4)
    press('CapsLock')
    press('NumLock')
    run(0.1)
    expect(machine.kbc.keyboard.leds).toBe(2)
  })
})

describe('print screen', () => {
  test('prints the text on the screen, line by line', () => {
    const { machine, printed, press, run } = boot([...call(0x10, 0x0e48), ...call(0x10, 0x0e69), ...SLEEP])
    press('PrintScreen')
    run(0.1)
    const lines = Buffer.from(printed).toString('latin1').split('\r\n')
    expect(lines).toHaveLength(27)
    expect(lines.map((line) => line.length)).toEqual([0, ...Array.from({ length: 25 }, () => 80), 0])
    expect(lines[1]?.trimEnd()).toBe('Hi')
    expect(machine.memory.read8(0x500)).toBe(0)
  })

  test('is what INT 05h does, too', () => {
    const { printed } = boot([...call(0x10, 0x0e48), 0xcd, 0x05, ...SLEEP])
    expect(Buffer.from(printed).toString('latin1').trimEnd()).toBe('\r\nH')
  })
})

test('INT 17h prints a character, and says that the printer is ready', () => {
  const { printed, written } = boot([...call(0x17, 0x0041, { dx: 0 }), 0x88, 0xe0, ...OUT_AL, ...call(0x17, 0x0200, { dx: 0 }), 0x88, 0xe0, ...OUT_AL, ...call(0x17, 0x0200, { dx: 1 }), 0x88, 0xe0, ...OUT_AL, ...SLEEP])
  expect(printed).toEqual([0x41])
  expect(written).toEqual([0x90, 0x90, 0x01])
})

test('APM switches the PC off', () => {
  const { machine } = boot([...call(0x15, 0x5301, { bx: 0 }), ...call(0x15, 0x5307, { bx: 1, cx: 3 }), ...SLEEP])
  expect(machine.outcome).toEqual({ reason: 'power-off' })
})

test('INT 15h AH=89h leads into protected mode, by the descriptors of the program', () => {
  // mov si,table; mov bx,6870h; int 15h; in 16-bit protected mode: mov al,ah; out E9h,al; setc al; out E9h,al; mov ax,cs; out E9h,al; mov ax,ss; out E9h,al; smsw ax; out E9h,al; in al,21h; out E9h,al; hlt
  const report = [0x88, 0xe0, ...OUT_AL, 0x0f, 0x92, 0xc0, ...OUT_AL, 0x8c, 0xc8, ...OUT_AL, 0x8c, 0xd0, ...OUT_AL, 0x0f, 0x01, 0xe0, ...OUT_AL, 0xe4, 0x21, ...OUT_AL, 0xf4]
  const descriptor = (base: number, limit: number, access: number): number[] => [...word(limit), ...word(base & 0xffff), base >> 16, access, 0, 0]
  const none = descriptor(0, 0, 0)
  const [code, stack] = [descriptor(0, 0xffff, 0x9b), descriptor(0, 0xffff, 0x93)]
  const table = [none, descriptor(LOAD + HANDLER, 0x3f, 0x93), descriptor(0, 0, 0x93), stack, stack, stack, code, none].flat()
  const { written } = boot([0xbe, ...word(LOAD + HANDLER), ...call(0x15, 0x8900, { bx: 0x6870 }), ...report], table)
  expect(written).toEqual([0, 0, 0x30, 0x28, 0x11, 0xff])
})

test('a program that asks for a key round and round lets time pass', () => {
  // sti; again: mov ah,1; int 16h; jz again
  const { machine, run } = boot([0xfb, 0xb4, 0x01, 0xcd, 0x16, 0x74, 0xfa])
  const before = machine.instructions
  run(1)
  expect(machine.instructions - before).toBeLessThan(TICKS_PER_SECOND / 20)
})

describe('a boot sector that gives up by INT 18h', () => {
  const bootSector = (code: readonly number[]): Uint8Array => {
    const image = new Uint8Array(SECTOR)
    image.set(code)
    image.set([0x55, 0xaa], SECTOR - 2)
    return image
  }
  const machineWith = (image: Uint8Array, ...others: readonly Uint8Array[]): Machine =>
    new Machine({
      image, medium: 'floppy', drives: others.map((other) => ({ image: other, medium: 'disk' as const, readOnly: true })), memoryBytes: 4 << 20, backend: 'interp', startDate: 0,
      onSerial: () => undefined, onDebugConsole: () => undefined,
    })
  /** mov al,dl; out F4h,al */
  const tellDrive = bootSector([0x88, 0xd0, 0xe6, 0xf4, 0xf4])

  test('leaves it to the next drive that can be booted from', () => {
    const machine = machineWith(bootSector([0xcd, 0x18]), new Uint8Array(SECTOR), tellDrive)
    expect(machine.run(TICKS_PER_SECOND)).toEqual({ reason: 'debug-exit', value: 0x81 })
  })

  test('stops the machine where there is none', () => {
    const machine = machineWith(bootSector([0xcd, 0x18]), bootSector([0xcd, 0x18]))
    expect(machine.run(TICKS_PER_SECOND)?.reason).toBe('halted-forever')
    expect(machine.firmware.gaveUp).toContain('INT 18h')
  })

  test('is not asked where its disk is none', () => {
    expect(machineWith(new Uint8Array(SECTOR), tellDrive).run(TICKS_PER_SECOND)).toEqual({ reason: 'debug-exit', value: 0x80 })
  })
})

test('before a key is pressed, port 60h reads the keyboard’s acknowledgement of the BIOS’s last command, and says that nothing new is there', () => {
  expect(boot([0xe4, 0x64, 0x24, 0x01, ...OUT_AL, 0xe4, 0x60, ...OUT_AL, ...SLEEP]).written).toEqual([0, 0xfa])
})
