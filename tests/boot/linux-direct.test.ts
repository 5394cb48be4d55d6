/**
 * Debian's Linux, booted directly with an initial RAM disk made of busybox: to shells on serial console and screen, which run commands. The kernel is
 * unpacked before the boot; loader-linux.test.ts boots it as it is. Alone: 25 s.
 */
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { debianLinuxPackage } from '../support/linux'
import { requireTool } from '../support/tools'
import { COMMAND_LINE, Operator, SECOND_ARCHIVE, shellImage } from './linux-shell'

const WALL_LIMIT_MS = 280_000
const linux = debianLinuxPackage()
const busybox = requireTool('busybox')

describe.skipIf(linux === undefined || busybox === undefined)('Debian’s Linux in Bootlab’s PC', { timeout: 300_000 }, () => {
  let operator: Operator

  beforeAll(async () => {
    if (linux === undefined || busybox === undefined) throw new Error('The test is skipped without them.')
    operator = new Operator(await shellImage(new Uint8Array(readFileSync(busybox)), linux), WALL_LIMIT_MS)
  }, 60_000)

  test('boots to a shell on COM1, which runs commands', () => {
    operator.until(() => operator.serial.includes('[ttyS0] '))
    operator.send('cat /proc/cmdline /second.txt; echo $((6 * 7)) on $(uname -m)')
    operator.until(() => operator.serial.includes('42 on x86_64'))
    expect(operator.serial).toContain(`\n${COMMAND_LINE}\r\n`)
    expect(operator.serial).toContain(`\n${SECOND_ARCHIVE.trimEnd()}\r\n`)
  })

  test('and to one on the screen, for a person at the keyboard', () => {
    operator.until(() => operator.screen.includes('[tty1]'))
    operator.type('head second')
    operator.until(() => operator.screen.includes('head: second: No such file'))
    operator.type('uname')
    operator.until(() => /\nLinux *\n/.test(operator.screen))
  })

  test('sees the devices that there are', () => {
    operator.send('cat /proc/interrupts /sys/class/tty/ttyS0/type; cat /sys/class/rtc/rtc0/date; echo done:')
    operator.until(() => operator.serial.includes('\ndone:'))
    expect(operator.serial).toMatch(/IO-APIC +2-edge +timer/)
    expect(operator.serial).toMatch(/i8042/)
    expect(operator.serial).toContain('\n2026-01-01\r\n')
    // PORT_16550A
    expect(operator.serial).toContain('\n4\r\n')
  })

  test('reads the disk that it was booted from', () => {
    operator.send('mount -t vfat -o ro /dev/sda1 /mnt && head -n 2 /mnt/boot/bootlab.cfg; echo mounted: $?')
    operator.until(() => /\nmounted: \d/.test(operator.serial))
    expect(operator.serial).toContain('\n# What the boot loader starts.\r\n')
    expect(operator.serial).toContain('\nmounted: 0')
  })

  test('reaches the gateway of the network inside the program, and no other', () => {
    operator.send('ifconfig eth0 10.0.2.15 up; route add default gw 10.0.2.2; ping -c 2 10.0.2.2; ping -c 1 192.0.2.1; echo pinged: $?')
    operator.until(() => /\npinged: \d/.test(operator.serial))
    expect(operator.serial).toContain('\n2 packets transmitted, 2 packets received, 0% packet loss\r\n')
    expect(operator.serial).toContain('\npinged: 1')
  })

  test('and switches the PC off', () => {
    operator.send('poweroff -f')
    operator.until(() => operator.outcome !== undefined)
    expect(operator.outcome).toEqual({ reason: 'power-off' })
  })
})
