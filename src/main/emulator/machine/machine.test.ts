import { describe, expect, test } from 'vitest'
import { TICKS_PER_SECOND } from './clock'
import type { BackendName, Outcome } from './machine'
import { Machine } from './machine'
import { reportOutcome } from '../debug/report'
import { screenLines } from '../../../shared/screen-text'

const BACKENDS: readonly BackendName[] = ['block', 'interp', 'oracle']

function bootSector(code: readonly number[]): Uint8Array {
  const sector = new Uint8Array(512)
  sector.set(code)
  sector.set([0x55, 0xaa], 510)
  return sector
}

function boot(code: readonly number[], backend: BackendName = 'interp'): Machine & { serial: number[] } {
  const serial: number[] = []
  const machine = new Machine({
    image: bootSector(code),
    memoryBytes: 4 << 20,
    backend,
    startDate: Date.UTC(2026, 0, 1, 12),
    onSerial: (byte) => serial.push(byte),
    onDebugConsole: (byte) => serial.push(byte),
  })
  return Object.assign(machine, { serial })
}

const run = (machine: Machine, seconds = 5): Outcome | undefined => machine.run(seconds * TICKS_PER_SECOND)
const [CLI, HLT] = [0xfa, 0xf4]

describe.each(BACKENDS)('a machine on the %s backend', (backend) => {
  test('boots a sector that prints through INT 10h', () => {
    const print = (character: string): number[] => [0xb8, character.charCodeAt(0), 0x0e, 0xcd, 0x10]
    const machine = boot([...print('H'), ...print('i'), CLI, HLT], backend)
    expect(run(machine)).toEqual({ reason: 'halted-forever', interruptsEnabled: false })
    expect(screenLines(machine.screen)[0]).toBe('Hi')
    expect(machine.textScreen.cursor).toMatchObject({ row: 0, column: 2, visible: true })
  })

  test('boots short code as a diskette, and reads on through the drive in DL', () => {
    const image = new Uint8Array(12 * 1024)
    // mov ax,0201h; mov bx,8000h; mov cx,0001h; mov dh,1; int 13h: head 1, sector 1 of a diskette is sector 18; its first letter is printed
    image.set([0xb8, 0x01, 0x02, 0xbb, 0x00, 0x80, 0xb9, 0x01, 0x00, 0xb6, 0x01, 0xcd, 0x13, 0xa0, 0x00, 0x80, 0xb4, 0x0e, 0xcd, 0x10, CLI, HLT])
    image.set([0x55, 0xaa], 510)
    image[18 * 512] = 0x46
    const machine = new Machine({ image, memoryBytes: 2 << 20, backend, startDate: 0, onSerial: () => undefined, onDebugConsole: () => undefined })
    expect(run(machine)?.reason).toBe('halted-forever')
    expect([machine.drives.boot.drive, screenLines(machine.screen)[0]]).toEqual([0, 'F'])
  })

  test('waits for a key in INT 16h and goes on when it comes', () => {
    // xor ah,ah; int 16h; mov ah,0Eh; int 10h; cli; hlt
    const machine = boot([0x30, 0xe4, 0xcd, 0x16, 0xb4, 0x0e, 0xcd, 0x10, CLI, HLT], backend)
    expect(run(machine, 1)).toBeUndefined()
    expect(machine.halted).toBe(true)
    machine.kbc.keyboard.key('KeyA', true)
    machine.kbc.keyboard.key('KeyA', false)
    expect(run(machine, 1)?.reason).toBe('halted-forever')
    expect(screenLines(machine.screen)[0]).toBe('a')
  })

  test('counts timer ticks while it waits in HLT, in no instructions to speak of', () => {
    // sti; mov cx,18; again: hlt; loop again; cli; hlt
    const machine = boot([0xfb, 0xb9, 0x12, 0x00, HLT, 0xe2, 0xfd, CLI, HLT], backend)
    expect(run(machine)?.reason).toBe('halted-forever')
    expect(machine.now / TICKS_PER_SECOND).toBeGreaterThan(0.93)
    expect(machine.now / TICKS_PER_SECOND).toBeLessThan(1.0)
    expect(machine.instructions).toBeLessThan(1000)
    expect(machine.memory.read32(0x46c) - Math.floor((12 * 3600 * 1_193_182) / 65_536)).toBe(18)
  })

  test('knows that masked interrupts cannot wake it', () => {
    // mov al,FFh; out 21h,al; out A1h,al; sti; hlt
    const machine = boot([0xb0, 0xff, 0xe6, 0x21, 0xe6, 0xa1, 0xfb, HLT], backend)
    expect(run(machine, 1)).toEqual({ reason: 'halted-forever', interruptsEnabled: true })
  })

  test.each([
    ['port 64h', [0xb0, 0xfe, 0xe6, 0x64]],
    ['port 92h', [0xb0, 0x01, 0xe6, 0x92]],
  ])('is reset by %s, with memory and disk kept', (_name, resetCode) => {
    // cmp byte [500h],5Ah; je done; mov byte [500h],5Ah; <reset>; jmp $; done: cli; hlt
    const code = [0x80, 0x3e, 0x00, 0x05, 0x5a, 0x74, 5 + resetCode.length + 2, 0xc6, 0x06, 0x00, 0x05, 0x5a, ...resetCode, 0xeb, 0xfe, CLI, HLT]
    const machine = boot(code, backend)
    expect(run(machine, 1)).toEqual({ reason: 'halted-forever', interruptsEnabled: false })
    expect(machine.memory.read8(0x500)).toBe(0x5a)
  })

  test('switches A20 in the middle of a program', () => {
    // xor al,al; out 92h,al; mov ax,FFFFh; mov ds,ax; mov byte [510h],77h (at 100500h or 500h); mov al,2; out 92h,al; cli; hlt
    const code = [0x30, 0xc0, 0xe6, 0x92, 0xb8, 0xff, 0xff, 0x8e, 0xd8, 0xc6, 0x06, 0x10, 0x05, 0x77, 0xb0, 0x02, 0xe6, 0x92, 0xc6, 0x06, 0x10, 0x05, 0x88, CLI, HLT]
    const machine = boot(code, backend)
    expect(run(machine, 1)?.reason).toBe('halted-forever')
    expect([machine.memory.read8(0x500), machine.memory.read8(0x100500)]).toEqual([0x77, 0x88])
  })

  test('goes the same way however it is sliced', () => {
    // sti; again: inc dx; jmp again, which the timer interrupts
    const code = [0xfb, 0x42, 0xeb, 0xfd]
    const whole = boot(code, backend)
    const sliced = boot(code, backend)
    const ticks = backend === 'oracle' ? 50_000 : 12_000_000
    whole.run(ticks)
    for (let done = 0, i = 1; done < ticks; i++) {
      const step = Math.min((i * 7919) % 100_003, ticks - done)
      sliced.run(step)
      done += step
    }
    expect(sliced.instructions).toBe(whole.instructions)
    expect(sliced.cpu.snapshotHash()).toBe(whole.cpu.snapshotHash())
  })

  test.each<[guest: string, code: readonly number[], often: number]>([
    // jmp $
    ['computes', [0xeb, 0xfe], 40_000],
    // vector 6 := 7C20h, where IRET stands; ud2
    ['raises exceptions', [0x31, 0xc0, 0x8e, 0xd8, 0xc7, 0x06, 0x18, 0x00, 0x20, 0x7c, 0xa3, 0x1a, 0x00, 0x0f, 0x0b], 200],
    // mov dx,3F8h; again: out dx,al; jmp again
    ['floods the serial line', [0xba, 0xf8, 0x03, 0xee, 0xeb, 0xfd], 200],
    // here: pushf; call 0000:7C20h, where IRET stands; jmp here
    ['calls far', [0x9c, 0x9a, 0x20, 0x7c, 0x00, 0x00, 0xeb, 0xf8], 300],
    // here: inc byte [cs:7C06h]; mov al,0; jmp here
    ['writes over its code', [0x2e, 0xfe, 0x06, 0x06, 0x7c, 0xb0, 0x00, 0xeb, 0xf7], 300],
    // mov eax,cr3; again: mov cr3,eax; jmp again
    ['forgets its translations', [0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8, 0xeb, 0xfb], 300],
    // counter 0 of the 8254 with the smallest divisor; again: hlt; jmp again
    ['is woken all the time', [CLI, 0xb0, 0x34, 0xe6, 0x43, 0xb0, 0x02, 0xe6, 0x40, 0xb0, 0x00, 0xe6, 0x40, 0xfb, HLT, 0xeb, 0xfd], 200],
  ])('lets the host look at the clock when the guest %s, and the guest does not notice', (_guest, code, often) => {
    const sector = [...code, ...Array.from({ length: 0x20 - code.length }, () => 0x90), 0xcf]
    const watched = boot(sector, backend)
    let most = 0
    // Each look ends the call: so many instructions are the longest between two.
    while (watched.instructions < (backend === 'oracle' ? 20_000 : 80_000)) {
      const before = watched.instructions
      watched.run(TICKS_PER_SECOND, () => true)
      most = Math.max(most, watched.instructions - before)
    }
    expect(most).toBeLessThan(often)
    const whole = boot(sector, backend)
    whole.run(watched.now)
    expect(whole.cpu.snapshotHash()).toBe(watched.cpu.snapshotHash())
    expect(whole.serial).toEqual(watched.serial)
  })

  test('ends when the guest resets it, where that is asked for', () => {
    // mov al,0FEh; out 64h,al; jmp $
    const reset = { image: bootSector([0xb0, 0xfe, 0xe6, 0x64, 0xeb, 0xfe]), memoryBytes: 4 << 20, backend, startDate: 0, onSerial: () => undefined, onDebugConsole: () => undefined }
    const machine = new Machine({ ...reset, onReset: 'end' })
    expect(run(machine)).toEqual({ reason: 'reset', by: 'chipset' })
    expect(reportOutcome(machine, { reason: 'reset', by: 'chipset' })).toMatchObject({ reason: 'reset', summary: expect.stringMatching(/^The guest reset the PC through the keyboard controller .* 0000:7c0[46]\.$/) })
  })

  test('goes on after a triple fault when it is reset', () => {
    // cli; lidt [cs:7C40h] (zeros); int 3 in real mode beyond the table: triple fault
    const machine = boot([CLI, 0x0f, 0x01, 0x1e, 0x40, 0x7c, 0xcc], backend)
    expect(run(machine, 1)).toEqual({ reason: 'triple-fault' })
    machine.reset()
    expect(machine.outcome).toBeUndefined()
    expect(run(machine, 1)).toEqual({ reason: 'triple-fault' })
  })
})
