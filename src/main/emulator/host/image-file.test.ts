/** Images that stay in their files: huge and sparse, read-only, written through, and changed by somebody else while the machine runs. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, chmodSync, closeSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { insertedDrives } from '../../services/boot-medium'
import { imageFileOf, MOST_READ_BYTES } from '../../services/image-file'
import { biosProgram, parseDumps, SCRATCH, type BiosCall } from '../firmware/test-program'
import { openImageFile } from './image-file'
import type { RunReport, StartOptions } from './options'
import { Session } from './session'

const GIB = 2 ** 30
const SECTOR = 512
let folder: string
let path: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'bootlab-images-'))))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(() => {
  path = join(folder, 'disk.img')
  rmSync(path, { force: true })
})

/** A disk of `bytes`, most of it a hole, that makes the calls; `marks`: sectors that begin with their number, in 32 bits. */
function sparse(bytes: number, calls: readonly BiosCall[], data: readonly number[] = [], marks: readonly number[] = [], memory = 0): void {
  writeFileSync(path, biosProgram(calls, data, memory, 100 * SECTOR))
  truncateSync(path, bytes)
  const file = openSync(path, 'r+')
  for (const lba of marks) writeSync(file, Uint8Array.from([lba, lba / 2 ** 8, lba / 2 ** 16, lba / 2 ** 24].map(Math.floor)), 0, 4, lba * SECTOR)
  closeSync(file)
}

/** A disk address packet (EDD 3.0): one sector to SCRATCH + 100h. */
const packet = (lba: number): number[] => {
  const bytes = new Uint8Array(16)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, 16, true)
  view.setUint16(2, 1, true)
  view.setUint16(4, SCRATCH + 0x100, true)
  view.setBigUint64(8, BigInt(lba), true)
  return [...bytes]
}
const READ: BiosCall = { int: 0x13, eax: 0x4200, edx: 0x80, esi: SCRATCH }
const WRITE: BiosCall = { ...READ, eax: 0x4300 }

interface Run {
  readonly report: RunReport
  readonly output: Uint8Array
}

async function run(options: Partial<StartOptions> & Pick<StartOptions, 'image'>, meanwhile?: (session: Session) => void): Promise<Run> {
  const output: number[] = []
  let finish: (report: RunReport) => void = () => undefined
  const ended = new Promise<RunReport>((resolve) => (finish = resolve))
  const session = new Session({ memoryBytes: 4 << 20, backend: 'interp', pace: 'fast', medium: 'disk', timeoutMilliseconds: 20_000, ...options }, {
    screen: () => undefined, state: () => undefined, end: finish, serial: (port, bytes) => void (port === 'debug' && output.push(...bytes)),
  })
  meanwhile?.(session)
  void session.run()
  return { report: await ended, output: Uint8Array.from(output) }
}

async function fileImage(write = false): Promise<NonNullable<Awaited<ReturnType<typeof imageFileOf>>>> {
  const image = await imageFileOf(path, { write, bootable: true })
  if (!image) throw new Error('The image is to be read as a whole.')
  return image
}

const sum = (): string => createHash('sha256').update(readFileSync(path)).digest('hex')

describe('a sparse disk of 100 GiB', () => {
  const last = (100 * GIB) / SECTOR - 1

  test('opens at once, is read where the guest reads it, and tells its size', async () => {
    sparse(100 * GIB, [READ, { int: 0x13, eax: 0x4800, edx: 0x80, esi: SCRATCH + 0x400 }, { int: 0x13, eax: 0x1500, edx: 0x80 }], [...packet(last)], [last], 0x420)
    const before = process.memoryUsage().rss
    const started = performance.now()
    const image = await fileImage()
    expect(performance.now() - started).toBeLessThan(500)
    const { report, output } = await run({ image })
    expect(report.reason).toBe('debug-exit')
    const { registers, memory } = parseDumps(output, 3)
    expect((registers[0]?.eax ?? 0xff00) & 0xff00).toBe(0)
    expect(new DataView(memory.buffer, memory.byteOffset).getUint32(0x100, true)).toBe(last)
    expect([registers[2]?.ecx, registers[2]?.edx]).toEqual([(last + 1) >>> 16, (last + 1) & 0xffff])
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20)
    expect(statSync(path).blocks * SECTOR).toBeLessThan(2 ** 20)
  })

  test('the same run twice ends in the same state', async () => {
    sparse(100 * GIB, [READ, WRITE], packet(last), [last])
    const hashes: string[] = []
    for (let i = 0; i < 2; i++) {
      let session: Session | undefined
      await run({ image: await fileImage() }, (one) => void (session = one))
      hashes.push(session?.machine.cpu.snapshotHash() ?? '')
    }
    expect(hashes[0]).toBe(hashes[1])
    expect(hashes[0]).not.toBe('')
  })

  test('what the guest writes beyond 4 GiB goes to memory, and not to the file', async () => {
    sparse(100 * GIB, [WRITE, READ], packet(last), [last])
    const { mtimeNs, blocks } = statSync(path, { bigint: true })
    expect((await run({ image: await fileImage() })).report.reason).toBe('debug-exit')
    const after = statSync(path, { bigint: true })
    expect([after.mtimeNs, after.blocks]).toEqual([mtimeNs, blocks])
  })

  test('in a further drive', async () => {
    sparse(5 * GIB, [])
    const [drive] = await insertedDrives(biosProgram([]), 'disk', [{ path, medium: 'disk', readOnly: false }], () => Promise.reject(new Error('read as a whole')))
    expect(drive?.image).toMatchObject({ bytes: 5 * GIB, write: false })
  })
})

describe('a file that somebody else changes meanwhile', () => {
  const lba = 300_000
  beforeEach(() => sparse(MOST_READ_BYTES + 2 ** 26, [READ], packet(lba), [lba]))

  test.each<[string, () => void, RegExp]>([
    ['is written to', () => appendSecond(), /something wrote to it/],
    ['grows', () => appendFileSync(path, 'more'), /bytes instead of/],
    ['shrinks', () => truncateSync(path, 2 ** 20), /1048576 bytes instead of/],
    ['is gone', () => rmSync(path), /cannot be opened/],
    ['is another one', () => { writeFileSync(`${path}.new`, 'x'); renameSync(`${path}.new`, path) }, /another file has its name/],
  ])('%s before the machine starts: it says so', async (_name, change, why) => {
    const image = await fileImage()
    change()
    expect(() => new Session({ image, memoryBytes: 4 << 20, backend: 'interp', pace: 'fast' }, { screen: () => undefined, state: () => undefined, end: () => undefined, serial: () => undefined })).toThrow(why)
  })

  test.each<[string, () => void, RegExp]>([
    ['is written to', () => appendSecond(), /disk\.img: The image changed while the machine used it: something wrote to it\. .*Boot again/],
    ['grows', () => appendFileSync(path, 'more'), /bytes instead of/],
    ['shrinks', () => truncateSync(path, 2 ** 20), /1048576 bytes instead of/],
  ])('%s while it runs: the run ends with what happened', async (_name, change, why) => {
    const { report } = await run({ image: await fileImage() }, change)
    expect(report).toMatchObject({ reason: 'image-failed', summary: expect.stringMatching(why) })
  })

  test.each<[string, () => void]>([['is deleted', () => rmSync(path)], ['is replaced', () => { writeFileSync(`${path}.new`, 'x'); renameSync(`${path}.new`, path) }]])('%s while it runs: the machine keeps the old one', async (_name, change) => {
    expect((await run({ image: await fileImage() }, change)).report.reason).toBe('debug-exit')
  })

  function appendSecond(): void {
    const file = openSync(path, 'r+')
    writeSync(file, 'x', lba * SECTOR)
    closeSync(file)
    utimesSync(path, new Date(), new Date(Date.now() + 5000))
  }
})

describe('written through', () => {
  const target = 150
  const prepare = (): void => writeFileSync(path, biosProgram([READ, WRITE], packet(target), 0, 1 << 20))

  test('what the guest writes is in the file, where dd finds it; all else is as it was', async () => {
    writeFileSync(path, biosProgram([{ int: 0x13, eax: 0x0301, ebx: 0x7c00, ecx: 0x0002 | (2 << 8), edx: 0x0080 }], [], 0, 1 << 20))
    const before = readFileSync(path)
    const lba = 2 * 16 * 63 + 1
    truncateSync(path, 2 << 20)
    const image = await fileImage(true)
    expect((await run({ image })).report.reason).toBe('debug-exit')
    const sector = execFileSync('dd', [`if=${path}`, 'bs=512', `skip=${lba}`, 'count=1', 'status=none'])
    expect(sector.subarray(510)).toEqual(Buffer.from([0x55, 0xaa]))
    expect(sector.subarray(0, 16)).toEqual(before.subarray(0, 16))
    const expected = Buffer.concat([before, Buffer.alloc(1 << 20)])
    sector.copy(expected, lba * SECTOR)
    expect(readFileSync(path).equals(expected)).toBe(true)
  })

  test('a small image is read as a whole, and never written, unless it is asked for', async () => {
    prepare()
    const before = sum()
    expect(await imageFileOf(path, { write: false, bootable: true })).toBeUndefined()
    expect((await run({ image: new Uint8Array(readFileSync(path)) })).report.reason).toBe('debug-exit')
    expect(sum()).toBe(before)
  })

  test.skipIf(process.platform !== 'linux')('a full disk ends the run with what to do', () => {
    // A device that is as empty as it is full.
    const { size, dev, ino, mtimeNs } = statSync('/dev/full', { bigint: true })
    const image = openImageFile({ path: '/dev/full', bytes: Number(size), id: `${dev}:${ino}`, modified: mtimeNs, write: true })
    expect(() => image.write?.(0, new Uint8Array(SECTOR))).toThrow(/cannot be written: ENOSPC.*\n.*Make room there/)
    image.close()
  })

  test.each<[string, () => void, RegExp]>([
    ['no whole sectors', () => writeFileSync(path, new Uint8Array(700)), /no whole sectors/],
    ['nothing', () => writeFileSync(path, ''), /no whole sectors/],
    ['a virtual disk', () => writeFileSync(path, Buffer.concat([Buffer.from('QFI\xfb\0\0\0\x03', 'latin1'), Buffer.alloc(1016)])), /virtual disk \(qcow2\)/],
    ['a kernel', () => writeFileSync(path, Buffer.concat([Buffer.from('\x7fELF'), Buffer.alloc(1020)])), /a kernel/],
  ])('is refused for %s', async (_name, make, why) => {
    make()
    await expect(imageFileOf(path, { write: true, bootable: true })).rejects.toThrow(why)
  })

  test.skipIf(process.getuid?.() === 0)('is refused for a file that is write-protected', async () => {
    prepare()
    chmodSync(path, 0o444)
    await expect(imageFileOf(path, { write: true, bootable: true })).rejects.toThrow(/cannot be written/)
  })

  test('is refused for a folder and a pipe', async () => {
    execFileSync('mkfifo', [path])
    for (const place of [folder, path, '/dev/null']) {
      await expect(imageFileOf(place, { write: true, bootable: true })).rejects.toThrow(/not a file/)
      expect(await imageFileOf(place, { write: false, bootable: false })).toBeUndefined()
    }
  })

  test('one file is in one drive', async () => {
    prepare()
    const image = await fileImage(true)
    await expect(insertedDrives(image, 'disk', [{ path, medium: 'disk', readOnly: false, writeThrough: true }], () => Promise.reject(new Error('read as a whole')))).rejects.toThrow(/two drives/)
  })
})

test('a large disk that ends within its active partition is refused, a large kernel is left to be read', async () => {
  const first = biosProgram([], [], 0, 1 << 20).slice(0, SECTOR)
  first.set([0x80, 0, 0, 0, 0x83, 0, 0, 0, ...[2048, MOST_READ_BYTES / 128].flatMap((value) => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24])], 446)
  writeFileSync(path, first)
  truncateSync(path, MOST_READ_BYTES + SECTOR)
  await expect(imageFileOf(path, { write: false, bootable: true })).rejects.toThrow(/cut short/)
  writeFileSync(path, '\x7fELF')
  truncateSync(path, MOST_READ_BYTES + SECTOR)
  expect(await imageFileOf(path, { write: false, bootable: true })).toBeUndefined()
})
