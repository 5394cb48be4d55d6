/** `bootlab restore`, and `bootlab flash` to a file, through the built command; the file systems' own checkers judge. */
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bootlab } from '../support/cli'
import { deviceContent, loopDevices } from '../support/loop-devices'
import { findTool, requireTool } from '../support/tools'

const MIB = 1 << 20
const TIMEOUT_MS = 90_000
const devices = loopDevices()
const { folder } = devices
afterAll(() => devices.release())

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
/** What the kernel's own tools see in the partition: looked at in a copy, which needs no partition devices. */
const checked = (tool: string, args: string[]): { status: number | null; output: string } => {
  const { status, stdout, stderr } = spawnSync(findTool(tool) ?? tool, args, { encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

describe.skipIf(!devices.possible || requireTool('fsck.fat') === undefined || requireTool('fsck.exfat') === undefined)('bootlab restore', () => {
  test('a stick that had an image gets one FAT32 partition', async () => {
    const device = devices.make('stick', 256 * MIB)
    const image = join(folder, 'image')
    writeFileSync(image, randomBytes(3 * MIB))
    expect((await bootlab(['flash', image, '--to', device, '--yes'], { timeout: TIMEOUT_MS })).code).toBe(0)
    const { code, stdout, stderr } = await bootlab(['restore', '--to', device, '--yes', '--label', 'Holiday'], { timeout: TIMEOUT_MS })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/one partition of 268 MB with an empty file system, fat32, named HOLIDAY/)
    const table: { partitiontable: { label: string; partitions: { start: number; size: number; type: string }[] } } = JSON.parse(execFileSync('sfdisk', ['-J', device], { encoding: 'utf8' }))
    const [partition, ...more] = table.partitiontable.partitions
    expect(more).toEqual([])
    expect(partition?.type).toBe('c')
    const { start = 0, size = 0 } = partition ?? {}
    const part = join(folder, 'part')
    writeFileSync(part, deviceContent(device, size * 512, start * 512))
    // The label counts as a file.
    expect(checked('fsck.fat', ['-n', part])).toMatchObject({ status: 0, output: expect.stringContaining(': 1 files, 1/') })
    expect(checked('blkid', ['-p', part]).output).toMatch(/LABEL="HOLIDAY".*TYPE="vfat"/)
  }, TIMEOUT_MS * 2)

  test('exFAT when it is wished for, through a link to the drive; and JSON', async () => {
    const device = devices.make('wished', 256 * MIB)
    const link = join(folder, 'by-id')
    symlinkSync(device, link)
    // A link elsewhere than in /dev leads to the drive, too.
    const { code, stdout } = await bootlab(['restore', '--to', link, '--file-system', 'exfat', '--yes', '--json'], { timeout: TIMEOUT_MS })
    expect(code).toBe(0)
    expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({ type: 'done', verified: true, made: { fileSystem: 'exfat', label: '' } })
    const part = join(folder, 'exfat')
    writeFileSync(part, deviceContent(device, 255 * MIB, MIB))
    expect(checked('fsck.exfat', ['-n', part]).status).toBe(0)
  }, TIMEOUT_MS)

  test('without --yes and without a terminal nothing is written', async () => {
    const device = devices.make('unasked', 64 * MIB)
    const { code, stderr } = await bootlab(['restore', '--to', device])
    expect(code).not.toBe(0)
    expect(stderr).toMatch(/not confirmed/)
    expect(deviceContent(device, MIB).equals(Buffer.alloc(MIB))).toBe(true)
  })

  test('a label that no FAT may have, and a drive that is too small', async () => {
    const device = devices.make('tiny', MIB)
    expect((await bootlab(['restore', '--to', device, '--yes'])).stderr).toMatch(/too small for a partition[^]*Nothing was written/)
    const other = devices.make('label', 64 * MIB)
    expect((await bootlab(['restore', '--to', other, '--yes', '--label', 'a*b'])).stderr).toMatch(/"a\*b" cannot be the name of a drive[^]*Nothing was written/)
    expect(deviceContent(other, MIB).equals(Buffer.alloc(MIB))).toBe(true)
  })
})

describe('bootlab flash to a file', () => {
  const image = join(folder, 'disk.img')
  let bytes: Buffer = Buffer.alloc(0)
  beforeAll(() => {
    bytes = Buffer.concat([randomBytes(2 * MIB), Buffer.alloc(6 * MIB)])
    writeFileSync(image, bytes)
  })

  test('packed and bare again, with the checksum of the image', async () => {
    const packed = join(folder, 'saved.img.gz')
    const { code, stdout } = await bootlab(['flash', image, '--to', packed])
    expect(code).toBe(0)
    expect(stdout).toContain(`SHA-256 of the image ${sha256(bytes)}`)
    expect(gunzipSync(readFileSync(packed)).equals(bytes)).toBe(true)
    const bare = join(folder, 'again.img')
    expect((await bootlab(['flash', packed, '--to', bare, '--json'])).code).toBe(0)
    expect(readFileSync(bare).equals(bytes)).toBe(true)
  })

  test('a file that is there is replaced only with --yes, the image itself never', async () => {
    const there = join(folder, 'mine.txt')
    writeFileSync(there, 'mine')
    expect((await bootlab(['flash', image, '--to', there])).stderr).toMatch(/There is a file of this name/)
    expect(readFileSync(there, 'utf8')).toBe('mine')
    expect((await bootlab(['flash', image, '--to', there, '--yes'])).code).toBe(0)
    expect(readFileSync(there).equals(bytes)).toBe(true)
    expect((await bootlab(['flash', image, '--to', image, '--yes'])).code).not.toBe(0)
    expect(readFileSync(image).equals(bytes)).toBe(true)
  })
})
