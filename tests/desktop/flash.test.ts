/** Writing to block devices of Linux: loop devices that the tests make, through the built command. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync, closeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../../scripts/build-if-stale.mjs'
import { bootlab } from '../support/cli'

const MIB = 1 << 20
const folder = mkdtempSync(join(tmpdir(), 'bootlab-flash-'))
const loops: string[] = []

/** A loop device; undefined where this user or this computer may make none. */
function loop(name: string, bytes: number, ...options: string[]): string | undefined {
  const file = join(folder, name)
  writeFileSync(file, '')
  truncateSync(file, bytes)
  const made = spawnSync('losetup', ['-f', '--show', ...options, file], { encoding: 'utf8' })
  if (made.status !== 0) return undefined
  loops.push(made.stdout.trim())
  return made.stdout.trim()
}

/** Making block devices is a right of the computer's, not a tool that can be installed. */
const possible = process.platform === 'linux' && loop('probe', MIB) !== undefined

const content = (device: string, bytes: number): Buffer => execFileSync('dd', [`if=${device}`, 'iflag=direct,count_bytes,fullblock', 'bs=1M', `count=${bytes}`, 'status=none'], { maxBuffer: 256 * MIB })

afterAll(() => {
  for (const device of loops) spawnSync('losetup', ['-d', device])
  rmSync(folder, { recursive: true, force: true })
})

describe.skipIf(!possible)('bootlab flash on loop devices', () => {
  const image = join(folder, 'disk.img')
  const bytes = randomBytes(64 * MIB)
  let device = ''
  beforeAll(() => {
    writeFileSync(image, bytes)
    device = loop('stick', 96 * MIB) ?? ''
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
    const small = loop('small', 8 * MIB) ?? ''
    expect((await bootlab(['flash', image, '--to', small, '--yes'])).stderr).toMatch(/too small: it holds 8\.4 MB/)
    const locked = loop('locked', 96 * MIB, '-r') ?? ''
    expect((await bootlab(['flash', image, '--to', locked, '--yes'])).stderr).toMatch(/write-protected/)
    expect((await bootlab(['flash', image, '--to', '/dev/null', '--yes'])).stderr).toMatch(/no such drive/)
    expect(content(small, MIB).equals(Buffer.alloc(MIB))).toBe(true)
  })

  test('a mounted file system is unmounted first; one in use is left alone', async () => {
    const point = join('/mnt', `bootlab-${process.pid}`)
    mkdirSync(point)
    try {
      const stick = loop('mounted', 80 * MIB) ?? ''
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

  /** Starts a long write, and does something at the first sign of it. */
  async function disturbed(disturb: (child: ReturnType<typeof spawn>) => void): Promise<{ code: number | null; stderr: string; target: string }> {
    const target = loop('disturbed', 1024 * MIB) ?? ''
    const big = join(folder, 'big.img')
    writeFileSync(big, '')
    truncateSync(big, 1000 * MIB)
    const child = spawn(process.execPath, [join(root, 'bin/bootlab.mjs'), 'flash', big, '--to', target, '--yes', '--json'], { stdio: ['ignore', 'pipe', 'pipe'] })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    let done = false
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (done || !/"writing","done":[1-9]/.test(text)) return
      done = true
      disturb(child)
    })
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
    return { code, stderr, target }
  }

  test('stopped in the middle: it says what the drive is like, and nothing is left that boots', async () => {
    const { code, stderr, target } = await disturbed((child) => child.kill('SIGINT'))
    expect(stderr).toMatch(/cancelled[^]*nothing boots from it/)
    expect(code).toBe(130)
    expect(content(target, MIB).equals(Buffer.alloc(MIB))).toBe(true)
  })

  test('when the lab is killed, the writing process ends, too', async () => {
    const { target } = await disturbed((child) => child.kill('SIGKILL'))
    const holds = (): boolean => spawnSync('fuser', [target]).status === 0 || spawnSync('sh', ['-c', `ls -l /proc/[0-9]*/fd 2>/dev/null | grep -q '${target}$'`]).status === 0
    for (let attempt = 0; attempt < 100 && holds(); attempt++) await new Promise((resolve) => setTimeout(resolve, 100))
    expect(holds()).toBe(false)
    expect(content(target, MIB).equals(Buffer.alloc(MIB))).toBe(true)
  })
})
