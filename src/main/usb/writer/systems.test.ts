/** How each system takes and gives back a drive. No drive is touched: the programs are doubles, their texts as the manuals and recorded runs have them. */
import { spawn } from 'node:child_process'
import { readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse as parsePlist } from 'fast-plist'
import { afterAll, describe, expect, test } from 'vitest'
import type { Drive } from '../../../shared/drives'
import { macosDrives } from '../drives/macos'
import { diskutil, type MacDisk } from '../drives/samples'
import { linuxSystem } from './linux-system'
import { macosSystem, rawPath } from './macos-system'
import type { CsharpProgram } from './powershell'
import { ProgramError, type Run } from './run'
import { devicePath, windowsSystem } from './windows-system'

const folder = mkdtempSync(join(tmpdir(), 'bootlab-systems-'))
afterAll(() => rmSync(folder, { recursive: true }))

type Answer = string | Error
/** Answers by the start of the command line; notes all of them. */
function programs(answers: Record<string, Answer | (() => Answer)> = {}): { run: Run; ran: string[] } {
  const ran: string[] = []
  return {
    ran,
    run: async (command, args) => {
      const line = [command, ...args].join(' ')
      ran.push(line)
      const found = Object.entries(answers).find(([start]) => line.startsWith(start))?.[1] ?? ''
      const answer = typeof found === 'function' ? found() : found
      if (answer instanceof Error) throw answer
      return answer
    },
  }
}
const fails = (said: string, code: number | string = 1): ProgramError => new ProgramError('it', code, said)
const stick = (rest: Partial<Drive> = {}): Drive => ({ path: '/dev/sdx', name: 'Stick', bytes: 16e9, sectorBytes: 512, bus: 'usb', removable: true, readOnly: false, identity: 'x', volumes: [], ...rest })

describe('Linux gives a drive back', () => {
  const absent = fails('spawn ENOENT', 'ENOENT')
  test.each<[what: string, drive: Partial<Drive>, answers: Record<string, Answer>, ejected: boolean, commands: string[]]>([
    ['a stick is switched off', {}, {}, true, ['udisksctl power-off --no-user-interaction -b /dev/sdx']],
    ['without udisks, it is ejected', {}, { udisksctl: absent }, true, ['udisksctl power-off --no-user-interaction -b /dev/sdx', 'eject /dev/sdx']],
    ['udisks that refuses', {}, { udisksctl: fails('Error powering off drive: The drive in use') }, true, ['udisksctl power-off --no-user-interaction -b /dev/sdx', 'eject /dev/sdx']],
    ['neither program', {}, { udisksctl: absent, eject: absent }, false, ['udisksctl power-off --no-user-interaction -b /dev/sdx', 'eject /dev/sdx']],
    ['a card in a reader', { path: '/dev/mmcblk0', bus: 'card' }, {}, true, ['eject /dev/mmcblk0']],
    ['a disk of the computer', { bus: 'sata', removable: false }, {}, false, []],
    ['a loop device', { path: '/dev/loop0', bus: 'file', removable: false }, {}, false, []],
  ])('%s', async (_what, rest, answers, ejected, commands) => {
    const { run, ran } = programs(answers)
    const drive = stick(rest)
    expect(await linuxSystem({ run }).release(drive)).toBe(ejected)
    expect(ran).toEqual([`blockdev --rereadpt ${drive.path}`, ...commands])
  })

  test('a table that is being read already is asked for again; another failure is one', async () => {
    let busy = 2
    const { run, ran } = programs({ blockdev: () => (busy-- > 0 ? fails('blockdev: ioctl error on BLKRRPART: Device or resource busy') : '') })
    await linuxSystem({ run }).release(stick({ bus: 'file' }))
    expect(ran).toHaveLength(3)
    await expect(linuxSystem(programs({ blockdev: fails('No such device') })).release(stick())).rejects.toThrow('No such device')
  })
})

describe('macOS', () => {
  const disks: MacDisk[] = [
    { id: 'disk4', partitions: [{ id: 'disk4s1', content: 'EFI', at: '/Volumes/EFI' }, { id: 'disk4s2', content: 'Apple_APFS' }] },
    { id: 'disk6', virtual: true, stores: ['disk4s2'], volumes: [{ id: 'disk6s1', name: 'Photos', at: '/Volumes/Photos' }] },
  ]
  const drive = (...of: MacDisk[]): Drive => {
    const { list, infos } = diskutil(...of)
    const found = macosDrives(parsePlist(list), infos.map((info): unknown => parsePlist(info)))[0]
    if (!found) throw new Error('The sample has no drive.')
    return found
  }
  const info = (...of: MacDisk[]): string => diskutil(...of).infos[0] ?? ''

  test('unmounts the APFS disks that lie on a drive before the drive itself', async () => {
    const { run, ran } = programs()
    await macosSystem({ run }).unmount(drive(...disks))
    expect(ran).toEqual(['diskutil unmountDisk disk6', 'diskutil unmountDisk /dev/disk4'])
  })

  test.each([
    ['Unmount of disk4 failed: at least one volume could not be unmounted\nUnmount was dissented by PID 512 (/usr/bin/vim)\nDissenter parent PPID 500 (/bin/zsh)', 'vim (process 512) has files of it open.'],
    ['Unmount of disk4 failed: at least one volume could not be unmounted\nUnmount was dissented by PID 0 (kernel)', /dissented by PID 0/],
    ['Unmount failed for disk4', 'Unmount failed for disk4'],
  ])('says who holds a volume: %s', async (said, why) => {
    const { run } = programs({ 'diskutil unmountDisk /dev/disk4': fails(said) })
    await expect(macosSystem({ run }).unmount(drive(...disks))).rejects.toMatchObject({ failure: { code: 'busy', where: '/dev/disk4', why: typeof why === 'string' ? why : expect.stringMatching(why) } })
  })

  test('asks once a second whether it is the same drive, whatever its partition table says by then', async () => {
    let time = 0
    let now = info({ id: 'disk4' })
    const { run, ran } = programs({ 'diskutil info -plist disk4': () => now })
    const system = macosSystem({ run, now: () => time })
    const chosen = drive(...disks)
    for (; time < 3000; time += 100) await system.sameMedium(chosen)
    expect(ran).toHaveLength(3)
    for (const other of [{ media: 'Another' }, { size: 8e9 }, { bus: 'Secure Digital' }]) {
      time += 1000
      now = info({ id: 'disk4', ...other })
      await expect(system.sameMedium(chosen)).rejects.toMatchObject({ failure: { code: 'gone' } })
    }
    await expect(macosSystem(programs({ diskutil: fails('Could not find disk: disk4') })).sameMedium(chosen)).rejects.toMatchObject({ failure: { code: 'gone' } })
  })

  test('ejects what can be taken out, as soon as macOS has looked at it', async () => {
    let busy = 1
    const { run, ran } = programs({ 'diskutil eject': () => (busy-- > 0 ? fails('Disk /dev/disk4 failed to eject') : '') })
    expect(await macosSystem({ run }).release(drive(...disks))).toBe(true)
    expect(ran).toEqual(['diskutil eject /dev/disk4', 'diskutil eject /dev/disk4'])
    expect(await macosSystem(programs({ diskutil: fails('busy') })).release(drive(...disks))).toBe(false)
    const inner = programs()
    expect(await macosSystem(inner).release({ ...drive(...disks), removable: false })).toBe(false)
    expect(inner.ran).toEqual([])
  })

  test('writes to the raw device', () => {
    expect(rawPath('/dev/disk4')).toBe('/dev/rdisk4')
    // What is no disk stays what it is.
    expect(rawPath('/dev/sdb')).toBe('/dev/sdb')
  })
})

describe('Windows', () => {
  const drive = stick({ path: '\\\\.\\PHYSICALDRIVE3' })
  /** A program that holds locks: says the first line, then one for each order. (The real one is run under Mono in powershell.test.ts.) */
  const locks = (first: string, ...answers: string[]): CsharpProgram =>
    spawn(process.execPath, ['-e', `const lines = ${JSON.stringify([first, ...answers])}; console.log(lines.shift()); require('readline').createInterface({ input: process.stdin }).on('line', () => lines.length > 0 ? console.log(lines.shift()) : process.exit(3))`], { stdio: ['pipe', 'pipe', 'pipe'] })
  const system = (...lines: [string, ...string[]]): ReturnType<typeof windowsSystem> => windowsSystem({ startLocks: () => locks(...lines), device: () => join(folder, 'disk') })

  test('names the volume that cannot be locked', async () => {
    const busy = system('{"busy":"E:\\\\","code":5}')
    await expect(busy.unmount(drive)).rejects.toMatchObject({ failure: { code: 'busy', what: 'E:\\ cannot be locked.', why: expect.stringContaining('error 5') } })
    busy.letGo?.()
    const failed = system('{"failed":"Access is denied","code":5}')
    await expect(failed.unmount(drive)).rejects.toMatchObject({ failure: { code: 'busy', why: expect.stringContaining('Access is denied') } })
    failed.letGo?.()
  })

  test('a program that ends, or says something else, is a failure', async () => {
    await expect(windowsSystem({ startLocks: () => spawn(process.execPath, ['-e', 'console.error("Add-Type: policy"); process.exit(1)'], { stdio: ['pipe', 'pipe', 'pipe'] }) }).unmount(drive)).rejects.toThrow(/Add-Type: policy/)
    const odd = system('"hello"')
    await expect(odd.unmount(drive)).rejects.toThrow()
    odd.letGo?.()
    await expect(windowsSystem({ startLocks: () => spawn(join(folder, 'none'), [], { stdio: ['pipe', 'pipe', 'pipe'] }) }).unmount(drive)).rejects.toThrow(/ENOENT/)
  })

  test('ejects sticks and cards, and no other drive', async () => {
    for (const [bus, ejected] of [['usb', true], ['card', true], ['sata', false]] as const) {
      const one = system('{"locked":[]}', '{"ejected":true}')
      await one.unmount(drive)
      expect(await one.release({ ...drive, bus })).toBe(ejected)
      one.letGo?.()
    }
  })

  test('an error without a name is looked into: a drive that was taken out is told as such', async () => {
    writeFileSync(join(folder, 'disk'), new Uint8Array(4096))
    const one = windowsSystem({ startLocks: () => locks('{"locked":[]}', '{"same":true}', '{"same":false,"code":1167}'), device: () => join(folder, 'disk') })
    await one.unmount(drive)
    const target = await one.open(drive)
    await target.write(new Uint8Array(512).fill(7), 1024)
    expect([...readFileSync(join(folder, 'disk')).subarray(1023, 1026)]).toEqual([0, 7, 7])
    const unnamed = Object.assign(new Error('UNKNOWN: unknown error, write'), { code: 'UNKNOWN' })
    const broken = new Proxy(new Uint8Array(512), { get: () => { throw unnamed } })
    await expect(target.write(broken, 0)).rejects.toBe(unnamed)
    await expect(target.write(broken, 0)).rejects.toMatchObject({ failure: { code: 'gone' } })
    await target.close()
    one.letGo?.()
  })

  test('only a number comes of a drive’s path; the disk is opened by the kernel’s name', () => {
    expect(devicePath('\\\\.\\PHYSICALDRIVE12')).toBe('\\\\.\\GLOBALROOT\\Device\\Harddisk12\\Partition0')
    for (const path of ['\\\\.\\PHYSICALDRIVE1;calc', '\\\\.\\C:', '/dev/sda', '\\\\.\\PHYSICALDRIVE', '\\\\.\\PHYSICALDRIVE99999']) expect(() => devicePath(path)).toThrow(/no such drive/)
  })
})
