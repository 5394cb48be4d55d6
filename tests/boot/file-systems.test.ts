/** The loader's FAT and ISO 9660, on volumes that other people's tools made, fragmented and damaged. Takes about 11 s of processor time. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeFat } from '../../src/main/image/fat'
import { readFat } from '../../src/main/image/fat-read'
import { requireTool } from '../support/tools'
import { buildHost, type Found, type Host } from './file-systems/host'

const folder = mkdtempSync(join(tmpdir(), 'bootlab-file-systems-'))
const compiler = requireTool('cc')
const hasFatTools = ['mkfs.fat', 'mcopy', 'mmd', 'mdel'].every((name) => requireTool(name) !== undefined)
const hasIsoTools = ['genisoimage', 'xorriso'].every((name) => requireTool(name) !== undefined)
const MTOOLS = { ...process.env, LC_ALL: 'C.UTF-8', MTOOLS_SKIP_CHECK: '1' }

let host: Host
beforeAll(() => {
  if (compiler !== undefined) host = buildHost(compiler, join(folder, 'host'))
}, 60_000)
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

function content(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = Math.imul(seed, 2_654_435_761)
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[at] = state >>> 24
  }
  return bytes
}

function tool(name: string, ...args: string[]): void {
  execFileSync(name, args, { env: MTOOLS, stdio: ['ignore', 'ignore', 'pipe'] })
}

/** A file of the host with this content. */
function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, 'files', name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, bytes)
  return path
}

/** FAT32 remembers where it wrote last and would not go back to gaps (FSI_Nxt_Free at 492 of sector 1). */
function forgetFreeCluster(image: string): void {
  const bytes = readFileSync(image)
  bytes.writeUInt32LE(0xffff_ffff, bytes.readUInt16LE(0x0b) + 492)
  writeFileSync(image, bytes)
}

const seen = (bytes: Uint8Array): Found => ({ found: { bytes: bytes.length, crc32: crc32(bytes), reads: expect.any(Number) as number } })

describe.skipIf(compiler === undefined || !hasFatTools)('FAT by mkfs.fat and mtools', () => {
  const GEOMETRIES: { name: string; kib: number; options: string[]; kind: string }[] = [
    { name: 'FAT12, 512-byte clusters', kib: 1440, options: ['-F12', '-s1', '-n', 'SMALL'], kind: 'fat12' },
    { name: 'FAT12, 32 KiB clusters', kib: 20_000, options: ['-F12', '-s64'], kind: 'fat12' },
    { name: 'FAT16, 512-byte clusters, one table', kib: 9000, options: ['-F16', '-s1', '-f1'], kind: 'fat16' },
    { name: 'FAT16, 32 KiB clusters, 4 tables', kib: 300_000, options: ['-F16', '-s64', '-f4', '-n', 'LARGE'], kind: 'fat16' },
    { name: 'FAT16, 1024-byte sectors, 7 reserved', kib: 18_000, options: ['-F16', '-S1024', '-s2', '-R7'], kind: 'fat16' },
    { name: 'FAT16, 4096-byte sectors', kib: 40_000, options: ['-F16', '-S4096', '-s1'], kind: 'fat16' },
    { name: 'FAT32, 512-byte clusters', kib: 36_000, options: ['-F32', '-s1', '-n', 'THIRTY TWO'], kind: 'fat32' },
    { name: 'FAT32, 4 KiB clusters, root elsewhere', kib: 300_000, options: ['-F32', '-s8', '-R100'], kind: 'fat32' },
    { name: 'FAT32, 2048-byte sectors', kib: 150_000, options: ['-F32', '-S2048', '-s1'], kind: 'fat32' },
  ]
  const LONG = '/boot/Directory with a Name/Größe – ☃, longer than thirteen characters.text'
  const kernel = content(300_001, 1)
  const other = content(70_000, 2)

  it.each(GEOMETRIES)('$name', ({ name, kib, options, kind }) => {
    const image = join(folder, `${name}.img`)
    tool('mkfs.fat', '-C', ...options, image, String(kib))
    tool('mmd', '-i', image, '::/boot', '::/boot/Directory with a Name', '::/boot/many')
    // Every other small file goes again, and the kernel fills the gaps.
    const fillers = Array.from({ length: 24 }, (_, index) => file(`filler${index}.bin`, content(700 + index * 40, index)))
    tool('mcopy', '-i', image, ...fillers, '::/boot/many')
    tool('mdel', '-i', image, ...Array.from({ length: 12 }, (_, index) => `::/boot/many/filler${index * 2}.bin`))
    if (kind === 'fat32') forgetFreeCluster(image)
    tool('mcopy', '-i', image, file('kernel.elf', kernel), '::/boot/KERNEL.ELF')
    tool('mcopy', '-i', image, file('long', other), `::${LONG}`)
    tool('mcopy', '-i', image, file('empty', new Uint8Array()), '::/empty')

    const volume = readFat(readFileSync(image))
    expect(volume).toMatchObject({ kind, problems: [] })
    expect(volume.find('/boot/kernel.elf')?.extents.length).toBeGreaterThan(1)
    expect(Buffer.from(volume.read('/boot/kernel.elf')).equals(kernel)).toBe(true)
    expect(Buffer.from(volume.read(LONG)).equals(other)).toBe(true)

    const paths = ['/boot/kernel.elf', '/BOOT/Kernel.ELF', LONG, LONG.replace('longer', 'LONGER'), LONG.replace('ö', 'Ö'), '/boot/many/filler0.bin', '/boot/many/filler1.bin', '/empty', '/boot', '/boot/nothing', '/nowhere/kernel.elf', '/boot/kernel.elf/x', '/bad\u0080name'] as const
    const found = host.look(image, paths)
    expect(Object.fromEntries(found)).toEqual({
      '/boot/kernel.elf': seen(kernel),
      '/BOOT/Kernel.ELF': seen(kernel),
      [LONG]: seen(other),
      [LONG.replace('longer', 'LONGER')]: seen(other),
      [LONG.replace('ö', 'Ö')]: { missing: LONG.replace('ö', 'Ö').slice('/boot/Directory with a Name/'.length) },
      '/boot/many/filler0.bin': { missing: 'filler0.bin' },
      '/boot/many/filler1.bin': seen(content(740, 1)),
      '/empty': seen(new Uint8Array()),
      '/boot': { missing: '' },
      '/boot/nothing': { missing: 'nothing' },
      '/nowhere/kernel.elf': { missing: 'nowhere/kernel.elf' },
      '/boot/kernel.elf/x': { missing: 'x' },
      '/bad\u0080name': { missing: 'bad\u0080name' },
    })
    rmSync(image)
  })

  it('finds each of many files in a directory', () => {
    const image = join(folder, 'many.img')
    tool('mkfs.fat', '-C', '-F32', '-s1', image, '40000')
    tool('mmd', '-i', image, '::/many')
    // mcopy takes a time that grows with the square of their number.
    const names = Array.from({ length: 512 }, (_, index) => `file ${index} with a long name`)
    for (const [index, name] of names.entries()) file(`many/${name}`, content(index % 600, index))
    tool('mcopy', '-i', image, ...names.map((name) => join(folder, 'files/many', name)), '::/many')
    const some = names.flatMap((name, index) => (index % 37 === 0 || index === 511 ? [{ path: `/many/${name}`, bytes: content(index % 600, index) }] : []))
    const found = host.look(image, [...some.map(({ path }) => path), '/many/file 512 with a long name'])
    for (const { path, bytes } of some) expect(found.get(path)).toEqual(seen(bytes))
    expect(found.get('/many/file 512 with a long name')).toEqual({ missing: 'file 512 with a long name' })
    expect(readFat(readFileSync(image)).entries.length).toBe(513)
  })

  it('finds names with characters beyond 16 bits', async () => {
    const image = join(folder, 'beyond.img')
    const path = '/𝄞/clef 𝄢 and more'
    writeFileSync(image, await makeFat({ kind: 'fat12', sectors: 'fit', files: [{ path, bytes: other }] }))
    expect(host.look(image, [path, '/𝄢']).get(path)).toEqual(seen(other))
  })

  it('reads neighbouring clusters at once', async () => {
    const image = join(folder, 'contiguous.img')
    const big = content(4 << 20, 3)
    writeFileSync(image, await makeFat({ kind: 'fat32', sectors: 100_000, files: [{ path: '/big', bytes: big }] }))
    const big1 = host.look(image, ['/big']).get('/big')
    expect(big1).toEqual(seen(big))
    // 8192 clusters in a row, and a table of 33 KB twice in pieces of 4 KiB; the file itself comes in pieces for the progress line.
    expect(big1 && 'found' in big1 ? big1.found.reads : Infinity).toBeLessThan(64)
  })
})

describe.skipIf(compiler === undefined)('damage to FAT', () => {
  const bytes = content(20_000, 1)
  const FILES = [
    { path: '/boot/kernel.elf', bytes },
    { path: '/boot/second file with a long name', bytes: content(5000, 2) },
  ]

  /** Changes a volume and looks for the kernel. */
  async function damaged(kind: 'fat12' | 'fat16' | 'fat32', change: (view: DataView, fat: ReturnType<typeof readFat>) => void): Promise<Found | undefined> {
    const volume = await makeFat({ kind, sectors: 'fit', files: FILES })
    change(new DataView(volume.buffer), readFat(volume))
    const image = join(folder, 'damaged.img')
    writeFileSync(image, volume)
    return host.look(image, ['/boot/kernel.elf']).get('/boot/kernel.elf')
  }

  /** Links the kernel's cluster number 10 to another one than the next. */
  function link(view: DataView, fat: ReturnType<typeof readFat>, to: (first: number) => number): void {
    const first = fat.find('/boot/kernel.elf')?.firstCluster ?? 0
    const table = fat.reservedSectors * fat.sectorBytes
    const cluster = first + 10
    if (fat.kind === 'fat32') view.setUint32(table + cluster * 4, to(first), true)
    else if (fat.kind === 'fat16') view.setUint16(table + cluster * 2, to(first), true)
    else {
      const at = table + cluster + (cluster >> 1)
      const before = view.getUint16(at, true)
      view.setUint16(at, cluster & 1 ? (before & 0xf) | (to(first) << 4) : (before & 0xf000) | to(first), true)
    }
  }

  const MARKS = { fat12: { bad: 0xff7, end: 0xfff }, fat16: { bad: 0xfff7, end: 0xffff }, fat32: { bad: 0x0fff_fff7, end: 0x0fff_ffff } }
  it.each(['fat12', 'fat16', 'fat32'] as const)('%s: a broken chain is told with the file and the cluster', async (kind) => {
    const sentence = (start: RegExp): Found => ({ failed: expect.stringMatching(start) as string })
    expect(await damaged(kind, (view, fat) => link(view, fat, () => MARKS[kind].bad))).toEqual(sentence(/\/boot\/kernel\.elf cluster \d+ is followed by one marked as bad/))
    expect(await damaged(kind, (view, fat) => link(view, fat, () => 0))).toEqual(sentence(/\/boot\/kernel\.elf cluster \d+ is followed by none/))
    expect(await damaged(kind, (view, fat) => link(view, fat, () => MARKS[kind].bad - 3))).toEqual(sentence(/\/boot\/kernel\.elf cluster \d+ is followed by \d+, and the last one is/))
    expect(await damaged(kind, (view, fat) => link(view, fat, (first) => first))).toEqual(sentence(/the clusters of \/boot\/kernel\.elf, from \d+ on, never end/))
    expect(await damaged(kind, (view, fat) => link(view, fat, () => MARKS[kind].end))).toEqual(sentence(/\/boot\/kernel\.elf has 20000 bytes, which need 40 clusters, but its clusters end after 11/))
  })

  it('a longer chain than the file needs is no damage', async () => {
    expect(await damaged('fat16', (view, fat) => view.setUint32((fat.find('/boot/kernel.elf')?.entryOffset ?? 0) + 28, 1000, true))).toEqual(seen(bytes.subarray(0, 1000)))
  })

  it('a first cluster that does not exist', async () => {
    expect(await damaged('fat16', (view, fat) => view.setUint16((fat.find('/boot/kernel.elf')?.entryOffset ?? 0) + 26, 0xffee, true))).toEqual({ failed: expect.stringMatching(/something begins at cluster 65518, and clusters are 2 to/) as string })
  })

  it('a directory that is a ring', async () => {
    const answer = await damaged('fat16', (view, fat) => {
      const boot = fat.find('/boot')
      // Full of deleted names, so that no free place ends the search, and its only cluster is followed by itself.
      for (const { offset, bytes: length } of boot?.extents ?? []) for (let at = offset; at < offset + length; at += 32) view.setUint8(at, 0xe5)
      view.setUint16(fat.reservedSectors * 512 + (boot?.firstCluster ?? 0) * 2, boot?.firstCluster ?? 0, true)
    })
    expect(answer).toEqual({ failed: expect.stringMatching(/a directory on the way to \/boot\/kernel\.elf never ends/) as string })
  })

  it.each([
    ['bytes per sector', 0x0b, 0, /boot sector has a wrong size of sectors/],
    ['a table too short', 0x16, 1, /wrong size of its tables/],
    ['no sectors', 0x13, 9, /wrong number of sectors/],
    ['an empty root directory', 0x11, 0, /wrong size of the root directory/],
  ])('a boot sector that contradicts itself: %s', async (_, at, value, sentence) => {
    expect(await damaged('fat16', (view) => view.setUint16(at, value, true))).toEqual({ failed: expect.stringMatching(sentence) as string })
  })

  it.each(['fat12', 'fat16', 'fat32'] as const)('%s: thousands of damaged volumes end in an answer', async (kind) => {
    const image = join(folder, `fuzz-${kind}.img`)
    writeFileSync(image, await makeFat({ kind, sectors: 'fit', files: FILES }))
    const outcomes = host.fuzz(image, FILES.map(({ path }) => path), { seed: 1, rounds: 4000 })
    expect(Math.min(outcomes.found, outcomes.missing, outcomes.failed)).toBeGreaterThan(50)
  })
})

describe.skipIf(compiler === undefined || !hasIsoTools)('ISO 9660 by genisoimage and xorriso', () => {
  const kernel = content(100_001, 1)
  const deep = `/${Array.from({ length: 12 }, (_, index) => `folder number ${index}`).join('/')}/file at the end`
  const long = `/${'long '.repeat(40)}end`
  const joliet = '/A name for Windows, Größe ☃.text'
  const FILES = [
    { path: '/boot/kernel.elf', bytes: kernel },
    { path: deep, bytes: content(10, 2) },
    { path: long, bytes: content(3000, 3) },
    { path: joliet, bytes: content(2048, 4) },
    { path: '/empty', bytes: new Uint8Array() },
  ]
  let tree = ''
  beforeAll(() => {
    tree = join(folder, 'tree')
    for (const { path, bytes } of FILES) {
      mkdirSync(dirname(join(tree, path)), { recursive: true })
      writeFileSync(join(tree, path), bytes)
    }
    for (let index = 0; index < 500; index++) writeFileSync(join(tree, 'boot', `Module Number ${index}.mod`), `${index}`)
  })

  const WRITERS: { name: string; tool: string; args: string[]; names: 'all' | 'long' | 'plain' }[] = [
    { name: 'Rock Ridge by genisoimage', tool: 'genisoimage', args: ['-quiet', '-R'], names: 'all' },
    { name: 'Rock Ridge by xorriso', tool: 'xorriso', args: ['-as', 'mkisofs', '-quiet', '-R'], names: 'all' },
    { name: 'Rock Ridge and Joliet', tool: 'genisoimage', args: ['-quiet', '-R', '-J', '-joliet-long'], names: 'all' },
    { name: 'Joliet alone', tool: 'genisoimage', args: ['-quiet', '-J', '-joliet-long', '-D', '-input-charset', 'utf-8'], names: 'long' },
    { name: 'its own names', tool: 'genisoimage', args: ['-quiet', '-D', '-input-charset', 'utf-8'], names: 'plain' },
  ]
  it.each(WRITERS)('$name', ({ name, tool: writer, args, names }) => {
    const image = join(folder, `${name}.iso`)
    tool(writer, ...args, '-o', image, tree)
    const wanted = FILES.filter(({ path }) => names === 'all' || path.length < 30 || (names === 'long' && path === joliet)).filter(({ path }) => names !== 'plain' || path !== joliet)
    const found = host.look(image, [...wanted.map(({ path }) => path), '/BOOT/Kernel.elf', '/boot/nothing', '/no/kernel'])
    for (const { path, bytes } of wanted) expect(found.get(path), path).toEqual(seen(bytes))
    expect(found.get('/BOOT/Kernel.elf')).toEqual(seen(kernel))
    expect(found.get('/boot/nothing')).toEqual({ missing: 'nothing' })
    expect(found.get('/no/kernel')).toEqual({ missing: 'no/kernel' })
    if (names !== 'plain') expect(host.look(image, ['/boot/module number 499.MOD']).get('/boot/module number 499.MOD')).toEqual(seen(Buffer.from('499')))
  })

  it('thousands of damaged volumes end in an answer', () => {
    for (const [seed, args] of [['-R'], ['-J', '-joliet-long', '-D', '-input-charset', 'utf-8']].entries()) {
      const image = join(folder, `fuzz-${seed}.iso`)
      tool('genisoimage', '-quiet', ...args, '-o', image, join(tree, 'boot'))
      const outcomes = host.fuzz(image, ['/Module Number 400.mod'], { seed, rounds: 4000 })
      expect(outcomes.found, `${outcomes.missing} ${outcomes.failed}`).toBeGreaterThan(50)
      expect(Math.min(outcomes.missing, outcomes.failed)).toBeGreaterThan(10)
    }
  })
})
