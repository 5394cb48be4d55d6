/**
 * Debian's Linux, booted directly with an initial RAM disk made of busybox: to shells on serial console and screen, which run commands. The kernel is
 * unpacked before the boot; that the loader's other tests start it as it is. Alone: 25 s.
 */
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { TICKS_PER_SECOND } from '../../src/main/emulator/machine/clock'
import { Machine, type Outcome } from '../../src/main/emulator/machine/machine'
import { screenLines } from '../../src/shared/screen-text'
import { unpackedLinux } from '../../src/main/services/unpacked-linux'
import { archive, debianLinux, FILE_MODE } from '../support/linux'
import { requireTool } from '../support/tools'
import { imageOf } from './qemu-judge'

const MEMORY_MIB = 192
const COMMAND_LINE = 'console=tty0 console=ttyS0 quiet panic=-1 "two words"'
/** Virtual time that a step may take; a boot takes 12 s. */
const STEP_SECONDS = 60
/** Of the host's time, for one that goes astray. */
const WALL_LIMIT_MS = 170_000

const INIT = `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for tty in tty1 ttyS0; do
  PS1="[$tty] " setsid sh -c "exec sh -i <>/dev/$tty >&0 2>&1" &
done
while :; do sleep 1000; done
`

const linux = debianLinux()
const busybox = requireTool('busybox')

function initialDisk(program: Uint8Array): Uint8Array {
  const folder = (path: string): Parameters<typeof archive>[0][number] => ({ path, mode: FILE_MODE.folder, bytes: new Uint8Array() })
  return archive([
    ...['bin', 'dev', 'mnt', 'proc', 'sys'].map(folder),
    { path: 'dev/console', mode: FILE_MODE.device, bytes: new Uint8Array(), device: [5, 1] },
    { path: 'bin/busybox', mode: FILE_MODE.program, bytes: program },
    { path: 'init', mode: FILE_MODE.program, bytes: new TextEncoder().encode(INIT) },
  ])
}

/** A person at keyboard and serial line. */
class Operator {
  readonly #machine: Machine
  readonly #deadline = Date.now() + WALL_LIMIT_MS
  serial = ''
  outcome: Outcome | undefined

  constructor(image: Uint8Array) {
    this.#machine = new Machine({
      image,
      memoryBytes: MEMORY_MIB << 20,
      backend: 'interp',
      startDate: Date.UTC(2026, 0, 1),
      onReset: 'end',
      onSerial: (byte) => (this.serial += String.fromCharCode(byte)),
      onDebugConsole: () => undefined,
    })
  }

  get screen(): string {
    return screenLines(this.#machine.screen).join('\n')
  }

  /** Lets the machine run until it is so. */
  until(reached: () => boolean): void {
    const slice = TICKS_PER_SECOND / 100
    for (let time = 0; !reached(); time += slice) {
      if (this.outcome || time > STEP_SECONDS * TICKS_PER_SECOND || Date.now() > this.#deadline) throw new Error(`It did not come to that. The screen:\n${this.screen}\nCOM1:\n${this.serial}`)
      this.outcome = this.#machine.run(slice)
    }
  }

  send(line: string): void {
    this.#machine.uart.receive(new TextEncoder().encode(`${line}\n`))
  }

  /** Small letters and blanks. */
  type(line: string): void {
    const { keyboard } = this.#machine.kbc
    const codes = [...line].map((letter) => (letter === ' ' ? 'Space' : `Key${letter.toUpperCase()}`))
    for (const code of [...codes, 'Enter']) {
      this.until(() => keyboard.hasRoom)
      for (const down of [true, false]) keyboard.key(code, down)
    }
  }
}

describe.skipIf(linux === undefined || busybox === undefined)('Debian’s Linux in Bootlab’s PC', { timeout: 180_000 }, () => {
  let operator: Operator

  beforeAll(async () => {
    if (linux === undefined || busybox === undefined) throw new Error('The test is skipped without them.')
    const modules = [
      { bytes: initialDisk(new Uint8Array(readFileSync(busybox))), commandLine: '' },
      { bytes: archive([{ path: 'second.txt', mode: FILE_MODE.file, bytes: new TextEncoder().encode('from the second archive\n') }]), commandLine: '' },
    ]
    operator = new Operator(await imageOf(await unpackedLinux(linux, 'vmlinuz'), COMMAND_LINE, { modules }))
  }, 60_000)

  test('boots to a shell on COM1, which runs commands', () => {
    operator.until(() => operator.serial.includes('[ttyS0] '))
    operator.send('cat /proc/cmdline /second.txt; echo $((6 * 7)) on $(uname -m), $(grep -c . /proc/cpuinfo | tr -d "\\n") facts')
    operator.until(() => /42 on x86_64, \d+ facts/.test(operator.serial))
    expect(operator.serial).toContain(`\n${COMMAND_LINE}\r\n`)
    expect(operator.serial).toContain('\nfrom the second archive\r\n')
  })

  test('and to one on the screen, for a person at the keyboard', () => {
    operator.until(() => operator.screen.includes('[tty1] '))
    operator.type('head second')
    operator.until(() => operator.screen.includes('head: second: No such file'))
    operator.type('uname')
    operator.until(() => /\nLinux *\n/.test(operator.screen))
  })

  test('sees the devices that there are', () => {
    operator.send('cat /proc/interrupts /sys/class/tty/ttyS0/type; cat /sys/class/rtc/rtc0/date; echo done:')
    operator.until(() => operator.serial.includes('\ndone:'))
    expect(operator.serial).toMatch(/XT-PIC +timer/)
    expect(operator.serial).toMatch(/i8042/)
    expect(operator.serial).toContain('\n2026-01-01\r\n')
    // PORT_16550A
    expect(operator.serial).toContain('\n4\r\n')
  })

  test('and resets the PC', () => {
    operator.send('reboot -f')
    operator.until(() => operator.outcome !== undefined)
    expect(operator.outcome).toEqual({ reason: 'reset', by: 'chipset' })
  })
})
