/** Writing to block devices of Linux: loop devices that the tests make, through the built command. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bootlab } from '../support/cli'
import { deviceContent, loopDevices } from '../support/loop-devices'

const MIB = 1 << 20
const devices = loopDevices()
const { folder } = devices
const content = deviceContent

afterAll(() => devices.release())

describe.skipIf(!devices.possible)('bootlab flash on loop devices', () => {
  const image = join(folder, 'disk.img')
  const bytes = randomBytes(64 * MIB)
  let device = ''
  beforeAll(() => {
    writeFileSync(image, bytes)
    device = devices.make('stick', 96 * MIB)
  })

  test('64 MiB, read back', async () => {
    const { code, stdout, stderr } = await bootlab(['flash', image, '--to', device, '--yes'])
    expect(stderr).toBe('')
    expect(stdout).toMatch(/67108864 bytes written to \/dev\/loop\d+ and read back without a difference\. SHA-256 [0-9a-f]{64}/)
    expect(code).toBe(0)
    expect(Buffer.compare(content(device, bytes.length), bytes)).toBe(0)
  })

  test('a packed image', async () => {
    const packed = join(folder, 'disk.img.gz')
    writeFileSync(packed, gzipSync(bytes.subarray(0, 5 * MIB), { level: 1 }))
    const { code, stdout } = await bootlab(['flash', packed, '--to', device, '--yes', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({ type: 'done', bytes: 5 * MIB, verified: true })
    expect(Buffer.compare(content(device, 5 * MIB), bytes.subarray(0, 5 * MIB))).toBe(0)
  })

  test('the list of drives knows the device, and why it asks', async () => {
    const { stdout } = await bootlab(['drives', '--json'])
    expect(JSON.parse(stdout)).toContainEqual(expect.objectContaining({ path: device, verdict: 'confirm', bytes: 96 * MIB }))
  })

  test('without --yes and without a terminal nothing is written', async () => {
    const before = content(device, MIB)
    const { code, stderr } = await bootlab(['flash', image, '--to', device])
    expect(code).not.toBe(0)
    expect(stderr).toMatch(/not confirmed/)
    expect(Buffer.compare(content(device, MIB), before)).toBe(0)
  })

  test('what is too small, read-only, or no drive is refused', async () => {
    const small = devices.make('small', 8 * MIB)
    expect((await bootlab(['flash', image, '--to', small, '--yes'])).stderr).toMatch(/too small: it holds 8\.4 MB/)
    const locked = devices.make('locked', 96 * MIB, '-r')
    expect((await bootlab(['flash', image, '--to', locked, '--yes'])).stderr).toMatch(/write-protected/)
    expect((await bootlab(['flash', image, '--to', '/dev/null', '--yes'])).stderr).toMatch(/no such drive/)
    expect(content(small, MIB).equals(Buffer.alloc(MIB))).toBe(true)
  })

  test('a mounted file system is unmounted first; one in use is left alone', async () => {
    const point = join('/mnt', `bootlab-${process.pid}`)
    mkdirSync(point)
    try {
      const stick = devices.make('mounted', 80 * MIB)
      execFileSync('mkfs.ext4', ['-q', stick])
      execFileSync('mount', [stick, point])
      writeFileSync(join(point, 'open.txt'), 'mine')
      const held = openSync(join(point, 'open.txt'), 'r')
      const refused = await bootlab(['flash', image, '--to', stick, '--yes'])
      expect(refused.stderr).toMatch(/cannot be unmounted[^]*Nothing was written/)
      expect(readFileSync(join(point, 'open.txt'), 'utf8')).toBe('mine')
      closeSync(held)
      expect((await bootlab(['flash', image, '--to', stick, '--yes'])).code).toBe(0)
      expect(Buffer.compare(content(stick, bytes.length), bytes)).toBe(0)
    } finally {
      spawnSync('umount', [point])
      rmSync(point, { recursive: true })
    }
  })

  test('a drive that another program holds is busy', async () => {
    const holder = spawn(process.execPath, ['-e', `require('fs').openSync(${JSON.stringify(device)}, require('fs').constants.O_RDWR | require('fs').constants.O_EXCL); console.log('held'); setInterval(() => {}, 1000)`], { stdio: ['ignore', 'pipe', 'inherit'] })
    await new Promise((resolve) => holder.stdout.once('data', resolve))
    const { stderr } = await bootlab(['flash', image, '--to', device, '--yes'])
    holder.kill()
    expect(stderr).toMatch(/in use by another program[^]*Nothing was written/)
  })
})
