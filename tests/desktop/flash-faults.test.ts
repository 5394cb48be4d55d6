/**
 * What goes wrong while a drive is written, made for real on loop devices: the command says what happened and what the drive is like now, and the drive is
 * like that. Faults that a kernel here cannot produce are in src/main/usb/writer/job-faults.test.ts.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../../scripts/build-if-stale.mjs'
import { bootlab } from '../support/cli'
import { deviceContent, loopDevices } from '../support/loop-devices'

const MIB = 1 << 20
const IMAGE_BYTES = 400 * MIB
const DEVICE_BYTES = 420 * MIB
const TIMEOUT_MS = 90_000

const devices = loopDevices()
afterAll(() => devices.release())

interface Progress {
  phase: string
  done: number
  total: number
}

interface Disturbed {
  code: number | null
  signal: NodeJS.Signals | null
  stderr: string
  device: string
}

/** Starts `bootlab flash`, and does something once it has come so far. */
async function disturbed(name: string, image: string, when: (progress: Progress) => boolean, disturb: (child: ChildProcess, device: string) => void): Promise<Disturbed> {
  const device = devices.make(name, DEVICE_BYTES)
  const child = spawn(process.execPath, [join(root, 'bin/bootlab.mjs'), 'flash', image, '--to', device, '--yes', '--json'], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [stderr, rest, begun] = ['', '', false]
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const progress: Progress = JSON.parse(line)
      if (begun || !('phase' in progress) || !when(progress)) continue
      begun = true
      disturb(child, device)
    }
  })
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => child.once('close', (...end) => resolve(end)))
  expect(begun).toBe(true)
  return { code, signal, stderr, device }
}

const reached = (phase: string, share: number) => (progress: Progress): boolean => progress.phase === phase && progress.total > 0 && progress.done / progress.total >= share

/** The writing process alone, as the lab starts it; the lines that it says. */
async function writer(request: object): Promise<string[]> {
  const child = spawn(process.execPath, [join(root, 'out/main/usb-writer.js')], { stdio: ['pipe', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  // Its input stays open: that it ends would mean that the lab is gone.
  child.stdin.write(`${JSON.stringify(request)}\n`)
  await new Promise((resolve) => child.once('close', resolve))
  return output.trim().split('\n')
}

/** Process ids of what writes for a lab. */
function writersOf(lab: ChildProcess): number[] {
  const pids = spawnSync('pgrep', ['-P', String(lab.pid)], { encoding: 'utf8' }).stdout.split('\n').filter((line) => line !== '').map(Number)
  return pids.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('usb-writer'))
}

/** The processes that have a file open. */
const holders = (path: string): string[] => spawnSync('sh', ['-c', `ls -l /proc/[0-9]*/fd 2>/dev/null | grep -- '-> ${path}$'`], { encoding: 'utf8' }).stdout.split('\n').filter((line) => line !== '')

describe.skipIf(!devices.possible)('faults on loop devices', () => {
  const file = join(devices.folder, 'disk.img')
  let image: Buffer = Buffer.alloc(0)
  const blank = (device: string): boolean => deviceContent(device, MIB).equals(Buffer.alloc(MIB))
  const whole = (device: string): boolean => deviceContent(device, MIB).equals(image.subarray(0, MIB))

  beforeAll(() => {
    // Full of something: a wrong byte anywhere is seen.
    image = Buffer.concat(Array.from({ length: 8 }, () => randomBytes(IMAGE_BYTES / 8)))
    writeFileSync(file, image)
  })

  test.each([
    ['0', 0],
    ['37', 0.37],
    ['99', 0.985],
  ])('cancelled at %s percent', async (name, share) => {
    const { code, stderr, device } = await disturbed(`cancel-${name}`, file, reached('writing', share), (child) => child.kill('SIGINT'))
    expect(code).toBe(130)
    expect(stderr).toMatch(/cancelled/)
    // Near the end the image may be there already when the wish to stop arrives.
    const told = /nothing boots from it/.test(stderr) ? 'blank' : /not read back to its end/.test(stderr) ? 'unverified' : stderr
    expect(share < 0.9 ? ['blank'] : ['blank', 'unverified']).toContain(told)
    expect(told === 'blank' ? blank(device) : whole(device)).toBe(true)
  }, TIMEOUT_MS)

  test('the writing process is killed', async () => {
    const { code, stderr, device } = await disturbed('killed', file, reached('writing', 0.2), (child) => {
      for (const pid of writersOf(child)) process.kill(pid, 'SIGKILL')
    })
    expect(code).not.toBe(0)
    expect(stderr).toMatch(/ended without saying[^]*nothing boots from it/)
    expect(blank(device)).toBe(true)
  }, TIMEOUT_MS)

  test('the lab is killed: the writing process ends, too', async () => {
    const { signal, device } = await disturbed('orphan', file, reached('writing', 0.2), (child) => child.kill('SIGKILL'))
    expect(signal).toBe('SIGKILL')
    for (let attempt = 0; attempt < 200 && holders(device).length > 0; attempt++) await new Promise((resolve) => setTimeout(resolve, 50))
    expect(holders(device)).toEqual([])
    expect(blank(device)).toBe(true)
  }, TIMEOUT_MS)

  test('the device shrinks while it is written', async () => {
    const { code, stderr, device } = await disturbed('shrinks', file, reached('writing', 0.2), (_, shrinking) => {
      truncateSync(join(devices.folder, 'shrinks'), 200 * MIB)
      expect(spawnSync('losetup', ['-c', shrinking]).status).toBe(0)
    })
    expect(code).not.toBe(0)
    expect(stderr).toMatch(/(ended before the image did|could not keep what was written)[^]*nothing boots from it/)
    expect(blank(device)).toBe(true)
  }, TIMEOUT_MS)

  test('a byte comes back other than it was written', async () => {
    const { code, stderr, device } = await disturbed('rots', file, ({ phase }) => phase === 'verifying', () => {
      const medium = openSync(join(devices.folder, 'rots'), 'r+')
      writeSync(medium, Buffer.from([(image[390 * MIB] ?? 0) ^ 1]), 0, 1, 390 * MIB)
      closeSync(medium)
    })
    expect(code).not.toBe(0)
    expect(stderr).toMatch(new RegExp(`other bytes than were written, from byte ${390 * MIB} on[^]*nothing boots from it`))
    // Read back before the first sectors are written.
    expect(blank(device)).toBe(true)
  }, TIMEOUT_MS)

  test('two writers at once: the second is told, the first goes on', async () => {
    let second: ReturnType<typeof bootlab> | undefined
    const { code, device } = await disturbed('shared', file, reached('writing', 0.05), (child, shared) => {
      // The first stands still meanwhile, so that it cannot be done before the second has looked.
      const held = writersOf(child)
      for (const pid of held) process.kill(pid, 'SIGSTOP')
      second = bootlab(['flash', file, '--to', shared, '--yes'], { timeout: TIMEOUT_MS }).finally(() => held.forEach((pid) => process.kill(pid, 'SIGCONT')))
    })
    expect(code).toBe(0)
    const told = await second
    expect(told?.code).not.toBe(0)
    expect(told?.stderr).toMatch(/in use by another program[^]*Nothing was written/)
    expect(deviceContent(device, IMAGE_BYTES).equals(image)).toBe(true)
  }, TIMEOUT_MS)

  test('another medium in the same place between choice and write: nothing is written', async () => {
    const device = devices.make('chosen', DEVICE_BYTES)
    const { stdout } = await bootlab(['drives', '--json'])
    const drives: { path: string; identity: string }[] = JSON.parse(stdout)
    const identity = drives.find(({ path }) => path === device)?.identity
    expect(identity).toMatch(/^diskseq \d+\|/)
    // As large, and empty, too: nothing but the kernel's count of media tells them apart.
    devices.swap(device, 'other', DEVICE_BYTES)
    const said = await writer({ task: 'image', image: file, drive: device, identity, confirmed: true, verify: true, keep: [] })
    expect(said.at(-1)).toMatch(/"code":"drive-changed".*"condition":"unchanged"/)
    expect(readFileSync(join(devices.folder, 'other')).equals(Buffer.alloc(DEVICE_BYTES))).toBe(true)
  }, TIMEOUT_MS)
})
