/**
 * Debian's Linux, booted directly with an initial RAM disk made of busybox: to shells on serial console and screen, which run commands. The kernel is
 * unpacked before the boot; loader-linux.test.ts boots it as it is. Alone: 25 s.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { debianLinuxPackage } from '../support/linux'
import { requireTool } from '../support/tools'
import { fatDisk } from './ladder'
import { COMMAND_LINE, Operator, SECOND_ARCHIVE, shellImage } from './linux-shell'

const WALL_LIMIT_MS = 280_000
/** Disks beside the one on IDE, with the names that Linux gives them. */
const OTHER_DISKS = [{ bus: 'ahci', device: 'sdb' }, { bus: 'nvme', device: 'nvme0n1' }] as const
const LONG_BYTES = 1_000_000
/** More than one command reads or writes: each bus has another one. */
const longFile = (bus: string): Uint8Array => Uint8Array.from({ length: LONG_BYTES }, (_, i) => (i * 7 + (i >> 9) + bus.length) & 0xff)
const otherDisk = (bus: string): Uint8Array => fatDisk({ 'long.bin': longFile(bus) })
const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex')
const linux = debianLinuxPackage()
const busybox = requireTool('busybox')

describe.skipIf(linux === undefined || busybox === undefined)('Debian’s Linux in Bootlab’s PC', { timeout: 300_000 }, () => {
  let operator: Operator

  beforeAll(async () => {
    if (linux === undefined || busybox === undefined) throw new Error('The test is skipped without them.')
    operator = new Operator(await shellImage(new Uint8Array(readFileSync(busybox)), linux), WALL_LIMIT_MS, { drives: OTHER_DISKS.map(({ bus }) => ({ image: otherDisk(bus), medium: 'disk' as const, readOnly: false, bus })) })
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

  test.each(OTHER_DISKS)('reads and writes a disk on $bus', ({ bus, device }) => {
    const again = `umount /mnt && mount -t vfat /dev/${device} /mnt`
    operator.send(`mount -t vfat /dev/${device} /mnt && md5sum /mnt/long.bin && cat /mnt/long.bin /mnt/long.bin > /mnt/twice.bin && ${again} && md5sum /mnt/twice.bin && umount /mnt; echo ${bus}: $?`)
    operator.until(() => new RegExp(`\\n${bus}: \\d`).test(operator.serial))
    expect(operator.serial).toContain(`\n${bus}: 0`)
    const long = longFile(bus)
    expect(operator.serial).toContain(`${md5(long)}  /mnt/long.bin`)
    expect(operator.serial).toContain(`${md5(new Uint8Array([...long, ...long]))}  /mnt/twice.bin`)
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
