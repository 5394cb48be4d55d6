/** Images of every sort taken apart. Judges: what readelf, fdisk and mdir say of the same files. */
import { execFileSync } from 'node:child_process'
import { appendFile, mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { linkKernel } from '../../../../tests/support/link-kernel'
import { requireTool } from '../../../../tests/support/tools'
import type { Piece } from '../../../shared/image-explorer'
import { buildDiskImage, inFormat } from '../../image'
import { MAGIC } from '../../image/layout'
import { imageHandlers } from './calls'
import { answer } from './answer'
import { ImageExplorer } from './explorer'
import { answerTable, questionSchema, type Ask } from './messages'

const SOURCE = `const char greeting[] = "Hello from the image";
int counter = 7;
__attribute__((noinline)) int work(int *place) {
  return place[0] + 3;
}
void start(void) {
  for (;;)
    __asm__ volatile("" :: "r"(work(&counter)), "r"(greeting));
}
`
const stage1 = new Uint8Array(512)
stage1.set([0xeb, 0xfe])
stage1.set([0x55, 0xaa], 510)
const loader = { stage1, stage2: new Uint8Array(2000).fill(0x90) }
loader.stage2.set(new Uint8Array(Uint32Array.of(MAGIC.STAGE2_MAGIC).buffer))

let folder: string
let kernel: Uint8Array
let disk: Uint8Array
let path: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bootlab-explorer-'))
  kernel = await linkKernel({ bits: 64, source: SOURCE, debug: true, linkArguments: ['--image-base=0xffffffff80000000'] })
  disk = (await buildDiskImage({ kernel, loader, commandLine: 'quiet', image: { layout: 'mbr', fileSystem: 'auto', firmware: 'bios' } })).image
  path = join(folder, 'disk.img')
  await writeFile(path, disk)
}, 60_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

const explorer = new ImageExplorer()
const pieces = async (file: string): Promise<readonly Piece[]> => (await explorer.inspect(file)).pieces
const of = (all: readonly Piece[], role: Piece['role'], name?: string): Piece | undefined => all.find((each) => each.role === role && (name === undefined || each.name === name))
const fact = (piece: Piece | undefined, name: string): string | undefined => piece?.facts.find((each) => each.name === name)?.value

describe('a disk', () => {
  test('its pieces leave nothing out down to the files', async () => {
    const { pieces: all, bytes } = await explorer.inspect(path)
    expect(all[0]).toMatchObject({ role: 'disk', offset: 0, bytes: disk.length, depth: 0, remarks: [] })
    expect(bytes).toBe(disk.length)
    for (const parent of all.filter(({ role }) => ['disk', 'partition', 'fat-volume'].includes(role))) {
      const from = all.indexOf(parent) + 1
      const end = all.findIndex(({ depth }, index) => index >= from && depth <= parent.depth)
      const children = all.slice(from, end < 0 ? undefined : end).filter(({ depth }) => depth === parent.depth + 1)
      let at = parent.offset
      for (const child of children) {
        expect(child.offset).toBe(at)
        at += child.bytes
      }
      expect(at).toBe(parent.offset + parent.bytes)
    }
    for (const role of ['stage1', 'stage2', 'stage2-pointer', 'partition-table', 'boot-signature', 'fat-boot-sector', 'fat-table', 'directory', 'kernel', 'boot-configuration', 'unused', 'free'] as const) expect(of(all, role), role).toBeDefined()
    expect(fact(of(all, 'kernel'), 'command-line')).toBe('quiet')
    expect(of(all, 'unused')?.facts).toEqual([{ name: 'non-zero-bytes', value: '0' }])
  })

  const fdisk = requireTool('fdisk')
  test.skipIf(fdisk === undefined)('partitions are where fdisk has them', async () => {
    const said = execFileSync(fdisk ?? '', ['-l', '-o', 'Start,Sectors,Type,Boot', path], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } })
    const [, start, sectors] = /^\s*(\d+)\s+(\d+)\s/m.exec(said.slice(said.indexOf('Start'))) ?? []
    const partition = of(await pieces(path), 'partition', '1')
    expect([partition?.offset, partition?.bytes]).toEqual([Number(start) * 512, Number(sectors) * 512])
  })

  const mdir = requireTool('mdir')
  test.skipIf(mdir === undefined)('files are those of mdir, and their bytes those that mtype reads', async () => {
    const all = await pieces(path)
    const partition = of(all, 'partition')
    const drive = `${path}@@${partition?.offset}`
    const listed = execFileSync(mdir ?? '', ['-/', '-b', '-i', drive, '::'], { encoding: 'utf8' }).split('\n').map((line) => line.trim().replace(/^::/, '').toLowerCase()).filter((line) => line !== '' && !line.endsWith('/'))
    const files = all.filter(({ role, base }) => base === 0 && ['file', 'kernel', 'module', 'boot-configuration', 'uefi-program'].includes(role))
    expect(files.map(({ name }) => name.toLowerCase()).toSorted()).toEqual(listed.toSorted())
    const configuration = of(all, 'boot-configuration')
    const { version } = await explorer.inspect(path)
    expect(new TextDecoder().decode(await explorer.read(path, version, configuration?.offset ?? 0, configuration?.bytes ?? 0))).toBe(execFileSync(requireTool('mtype') ?? '', ['-i', drive, `::${configuration?.name}`], { encoding: 'utf8' }))
  })

  const readelf = requireTool('readelf')
  test.skipIf(readelf === undefined)('symbols are where readelf has them, and their lines those of the source', async () => {
    const elf = join(folder, 'kernel.elf')
    await writeFile(elf, kernel)
    const all = await pieces(path)
    const file = of(all, 'kernel')
    const sections = [...execFileSync(readelf ?? '', ['-W', '-S', elf], { encoding: 'utf8' }).matchAll(/^ +\[ *(\d+)\] (\S+) +\S+ +([0-9a-f]+) ([0-9a-f]+)/gm)]
    const symbols = execFileSync(readelf ?? '', ['-W', '-s', elf], { encoding: 'utf8' })
    const { version } = await explorer.inspect(path)
    for (const [name, line] of [['greeting', 1], ['counter', 2], ['work', 3], ['start', 6]] as const) {
      const [, address = '', index = ''] = new RegExp(`^ +\\d+: ([0-9a-f]+) .* +(\\d+) ${name}$`, 'm').exec(symbols) ?? []
      const [, , section, start = '', at = ''] = sections.find(([, number]) => number === index) ?? []
      const expected = (file?.offset ?? 0) + parseInt(at, 16) + Number(BigInt(`0x${address}`) - BigInt(`0x${start}`))
      const [place] = await explorer.find(path, version, { symbol: name })
      expect(place?.offset, name).toBe(expected)
      const origin = await explorer.at(path, version, expected)
      expect(origin).toMatchObject({ address: `0x${address}`, source: { file: 'kernel.c' } })
      expect(origin.chain.map((each) => each.name)).toEqual(expect.arrayContaining([file?.name, section, name]))
      // Variables and functions lead to their declaration, whose line leads back to them.
      if (name === 'greeting' || name === 'counter') expect(origin.source).toMatchObject({ line, declared: true })
      expect((await explorer.find(path, version, { file: 'kernel.c', line }))[0]).toMatchObject({ offset: expected, line })
    }
  })

  test('a line of code is found at each of its places, by the end of its path, and a line without code at the next one', async () => {
    const { version } = await explorer.inspect(path)
    const [place] = await explorer.find(path, version, { file: 'src/kernel.c', line: 4 })
    expect((await explorer.at(path, version, place?.offset ?? 0)).source).toMatchObject({ file: 'kernel.c', line: 4, declared: false })
    expect(await explorer.find(path, version, { file: 'kernel.c', line: 4 })).toEqual(await explorer.find(path, version, { file: 'src/kernel.c', line: 4 }))
    await expect(explorer.find(path, version, { file: 'kernel.c', line: 99 })).rejects.toMatchObject({ failure: { code: 'not-found' } })
    await expect(explorer.find(path, version, { file: 'el.c', line: 4 })).rejects.toMatchObject({ failure: { code: 'not-found' } })
    await expect(explorer.find(path, version, { symbol: 'nobody' })).rejects.toMatchObject({ failure: { code: 'not-found' } })
    expect(await explorer.find(path, version, { path: 'KERNEL.ELF' })).toHaveLength(1)
  })
})

describe('containers', () => {
  test.each(['vhd', 'vmdk', 'vdi', 'qcow2'] as const)('%s: the disk inside is told, and its bytes given', async (format) => {
    const file = join(folder, `disk.${format}`)
    await writeFile(file, inFormat(disk, format, 'disk'))
    const { version, bytes, pieces: all } = await explorer.inspect(file)
    expect(bytes).toBeGreaterThanOrEqual(disk.length)
    expect(of(all, 'kernel')?.offset).toBe(of(await pieces(path), 'kernel')?.offset)
    expect(fact(all[0], 'container')).toBeDefined()
    expect(await explorer.read(file, version, 0, 512)).toEqual(disk.slice(0, 512))
  })

  test('a gzip file is opened, an xz file is told to be one', async () => {
    const file = join(folder, 'disk.img.gz')
    await writeFile(file, gzipSync(disk))
    const { version, pieces: all } = await explorer.inspect(file)
    expect(fact(all[0], 'container')).toBe('gzip')
    expect(await explorer.read(file, version, 510, 2)).toEqual(Uint8Array.of(0x55, 0xaa))
    const packed = join(folder, 'disk.img.xz')
    await writeFile(packed, Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 1, 2, 3))
    expect((await pieces(packed))[0]).toMatchObject({ role: 'bytes', bytes: 9, remarks: [expect.stringContaining('xz')] })
  })

  test('a kernel by itself, and bytes that are nothing', async () => {
    const elf = join(folder, 'alone.elf')
    await writeFile(elf, kernel)
    expect((await pieces(elf))[0]).toMatchObject({ role: 'program', bytes: kernel.length })
    const noise = join(folder, 'noise')
    await writeFile(noise, new Uint8Array(1000).fill(7))
    expect(await pieces(noise)).toMatchObject([{ role: 'bytes' }, { role: 'unused', bytes: 1000, facts: [{ name: 'non-zero-bytes', value: '1000' }] }])
  })
})

describe('files that are not what they should be', () => {
  test('a huge sparse one is told by its first bytes, and read to its last one', async () => {
    const file = join(folder, 'huge.img')
    await writeFile(file, disk)
    await truncate(file, 3 * 2 ** 40)
    const { bytes, version, pieces: all } = await explorer.inspect(file)
    expect(bytes).toBe(3 * 2 ** 40)
    expect(of(all, 'kernel')).toBeDefined()
    expect(all[0]?.remarks).toEqual([expect.stringContaining('only what lies in the first 64 MiB')])
    expect(all.at(-1)).toMatchObject({ role: 'unused', facts: [] })
    expect((all.at(-1)?.offset ?? 0) + (all.at(-1)?.bytes ?? 0)).toBe(bytes)
    expect(await explorer.read(file, version, bytes - 4, 100)).toEqual(new Uint8Array(4))
    expect((await explorer.at(file, version, bytes - 1)).chain.map(({ role }) => role)).toEqual(['disk', 'unused'])
  })

  test('only the head of one that is too large is known, and the volume ends where its partition does', async () => {
    const small = new ImageExplorer(2 << 20)
    const { pieces: all } = await small.inspect(path)
    expect(all[0]).toMatchObject({ bytes: disk.length })
    expect(of(all, 'partition')).toMatchObject({ offset: of(await pieces(path), 'partition')?.offset, bytes: of(await pieces(path), 'partition')?.bytes })
  })

  test('cut short anywhere it is described, and nothing outside of it is told', async () => {
    const file = join(folder, 'short.img')
    for (const length of [1, 511, 512, 513, 4096, 1 << 20, (1 << 20) + 700, (1 << 20) + 40_000]) {
      await writeFile(file, disk.subarray(0, length))
      const { pieces: all, bytes } = await explorer.inspect(file)
      expect(bytes).toBe(length)
      for (const piece of all) expect(piece.offset + piece.bytes).toBeLessThanOrEqual(length)
    }
  })

  test('an image that was written anew, grew or went is told to be another one', async () => {
    const file = join(folder, 'changing.img')
    await writeFile(file, disk)
    const { version } = await explorer.inspect(file)
    await appendFile(file, new Uint8Array(512))
    for (const question of [explorer.read(file, version, 0, 1), explorer.at(file, version, 0), explorer.find(file, version, { symbol: 'start' })]) await expect(question).rejects.toMatchObject({ failure: { code: 'file-changed' } })
    const next = await explorer.inspect(file)
    expect(next.bytes).toBe(disk.length + 512)
    expect(await explorer.read(file, next.version, disk.length + 500, 100)).toHaveLength(12)
    expect(await explorer.read(file, next.version, next.bytes + 5, 10)).toHaveLength(0)
    await expect(explorer.at(file, next.version, next.bytes)).rejects.toThrow(/no byte/)
    await rm(file)
    await expect(explorer.read(file, next.version, 0, 1)).rejects.toMatchObject({ failure: { code: 'not-found' } })
  })

  test('an empty file, a folder, a device and nothing are refused', async () => {
    const empty = join(folder, 'empty.img')
    await writeFile(empty, '')
    await expect(explorer.inspect(empty)).rejects.toThrow(/empty/)
    await expect(explorer.inspect(folder)).rejects.toMatchObject({ failure: { code: 'bad-input' } })
    await expect(explorer.inspect('/dev/null')).rejects.toMatchObject({ failure: { code: 'bad-input' } })
    await expect(explorer.inspect(join(folder, 'nothing'))).rejects.toMatchObject({ failure: { code: 'not-found' } })
  })
})

describe('what a door may look at', () => {
  /** As through the thread, without one. */
  const ask: Ask = async (name, args) => answerTable[name].answer.parse(await answer(explorer, questionSchema.parse({ id: 1, name, args })))
  const signal = new AbortController().signal
  const file = () => ({ type: 'file' as const, path })

  test('any file with permission; without it only a project’s own', async () => {
    expect((await imageHandlers({ ask, anyFile: true })['image.inspect']({ source: file() }, { signal })).bytes).toBe(disk.length)
    const calls = imageHandlers({ ask, anyFile: false })
    for (const call of [calls['image.inspect']({ source: file() }, { signal }), calls['image.bytes']({ source: file(), version: 'x', offset: 0, length: 1 }, { signal }), calls['image.at']({ source: file(), version: 'x', offset: 0 }, { signal }), calls['image.find']({ source: file(), version: 'x', thing: { symbol: 'a' } }, { signal })])
      await expect(call).rejects.toMatchObject({ failure: { code: 'not-allowed' } })

    const directory = join(folder, 'project')
    const image = join(directory, 'build', 'own.img')
    const source = { type: 'project' as const, directory }
    await mkdir(join(directory, 'build'), { recursive: true })
    await writeFile(join(directory, 'bootlab.json'), JSON.stringify({ name: 'own', kind: 'boot-sector', target: 'x.json', sources: ['boot.S'] }))
    await expect(calls['image.inspect']({ source }, { signal })).rejects.toMatchObject({ failure: { code: 'not-found' } })
    await writeFile(image, await readFile(path))
    const { version } = await calls['image.inspect']({ source }, { signal })
    expect(await calls['image.bytes']({ source, version, offset: 510, length: 2 }, { signal })).toEqual({ data: 'Vao=' })
    const { places } = await calls['image.find']({ source, version, thing: { symbol: 'work' } }, { signal })
    expect((await calls['image.at']({ source, version, offset: places[0]?.offset ?? 0 }, { signal })).source).toMatchObject({ path: 'kernel.c' })
    // A link that leads out of the project is another file.
    await rm(image)
    await symlink(path, image)
    await expect(calls['image.inspect']({ source }, { signal })).rejects.toMatchObject({ failure: { code: 'not-allowed' } })
    await expect(calls['image.inspect']({ source: { type: 'project', directory: 'relative' } }, { signal })).rejects.toMatchObject({ failure: { code: 'bad-request' } })
  })
})
