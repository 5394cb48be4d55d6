import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requireTool } from '../../../tests/support/tools'
import { makeFat } from './fat'
import { type IsoImage, type IsoInput, makeIso } from './iso'
import { looksLikeIso, readIso } from './iso-read'

const CD = 2048
let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bootlab-iso-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

function content(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (Math.imul(at + seed, 2_654_435_761) >>> 13) & 0xff)
}

const FILES = [
  { path: '/boot/bios.img', bytes: content(40_000, 1) },
  { path: '/boot/kernel.elf', bytes: content(100_001, 2) },
  { path: '/boot/bootlab.cfg', bytes: Buffer.from('timeout 5\n') },
  { path: '/empty', bytes: new Uint8Array() },
  { path: '/A name with spaces – Größe ☃.text', bytes: content(3000, 3) },
  { path: '/a.name.with.dots', bytes: content(1, 4) },
  { path: '/one/two/three/four/five/six/deep.txt', bytes: content(10, 5) },
  { path: `/${'long name '.repeat(5)}1.txt`, bytes: content(11, 6) },
  { path: `/${'long name '.repeat(5)}2.txt`, bytes: content(12, 7) },
  ...Array.from({ length: 200 }, (_, index) => ({ path: `/many/Module number ${index}.mod`, bytes: content(index, index) })),
]

describe('a CD', () => {
  let made: IsoImage
  let input: IsoInput
  const path = (): string => join(folder, 'made.iso')
  beforeAll(async () => {
    const efi = await makeFat({ kind: 'auto', sectors: 'fit', files: [{ path: '/EFI/BOOT/BOOTX64.EFI', bytes: content(30_000, 8) }] })
    input = { label: 'Boot lab', files: [...FILES, { path: '/boot/efi.img', bytes: efi }], biosBoot: { path: '/boot/bios.img', loadSectors: 4 }, efiBoot: { path: '/boot/efi.img' }, systemArea: content(32_768, 9), padTo: 1 << 20 }
    made = makeIso(input)
    writeFileSync(path(), made.image)
  })

  it('is the same each time, and as long as asked', () => {
    expect(Buffer.from(makeIso(input).image).equals(made.image)).toBe(true)
    expect(made.image.length % (1 << 20)).toBe(0)
    expect(Buffer.from(made.image.subarray(0, 32_768)).equals(content(32_768, 9))).toBe(true)
  })

  it('is read back with the same paths and bytes, at the places told', () => {
    const volume = readIso(made.image)
    expect(volume).toMatchObject({ label: 'BOOT_LAB', names: 'rock-ridge', blockBytes: CD, problems: [] })
    expect(volume.entries.filter(({ directory }) => !directory).map((entry) => entry.path).toSorted()).toEqual(input.files.map((file) => file.path).toSorted())
    for (const { path: name, bytes } of input.files) {
      expect(Buffer.from(volume.read(name)).equals(bytes), name).toBe(true)
      const place = made.places.get(name)
      expect(place?.bytes).toBe(bytes.length)
      if (bytes.length > 0) expect(volume.find(name)?.extents).toEqual([{ offset: (place?.sector ?? 0) * 512, bytes: bytes.length }])
    }
  })

  it('boots in a BIOS and in UEFI', () => {
    const { boot } = readIso(made.image)
    expect(boot?.problems).toEqual([])
    expect(boot?.offset).toBe(made.catalogSector * 512)
    expect(boot?.entries).toMatchObject([
      { platform: 'BIOS', bootable: true, emulation: 'none', loadSegment: 0, sectors: 4, offset: (made.places.get('/boot/bios.img')?.sector ?? 0) * 512 },
      { platform: 'UEFI', bootable: true, emulation: 'none', sectors: made.places.get('/boot/efi.img')?.sectors, offset: (made.places.get('/boot/efi.img')?.sector ?? 0) * 512 },
    ])
  })

  it('shows the same files through Joliet, and under its own names', () => {
    const blind = Uint8Array.from(made.image)
    // Without SP in the root directory's first record there is no Rock Ridge.
    const root = new DataView(blind.buffer).getUint32(16 * CD + 156 + 2, true) * CD
    expect(Buffer.from(blind.subarray(root + 34, root + 36)).toString()).toBe('SP')
    blind[root + 34] = 0
    const joliet = readIso(blind)
    expect(joliet.names).toBe('joliet')
    for (const { path: name, bytes } of input.files) expect(Buffer.from(joliet.read(name)).equals(bytes), name).toBe(true)
    blind[18 * CD + 88] = 0
    const plain = readIso(blind)
    expect(plain.names).toBe('plain')
    expect(plain.entries.length).toBe(joliet.entries.length)
    expect(plain.entries.map(({ name }) => name)).toContain('LONG_NAME_LONG_NAME_LONG_NA.TXT')
    for (const { name, directory } of plain.entries) expect(name).toMatch(directory ? /^[A-Z0-9_]{1,31}$/ : /^[A-Z0-9_]{1,30}(\.[A-Z0-9_]{1,8})?$/)
  })

  const xorriso = requireTool('xorriso')
  it.skipIf(xorriso === undefined)('is understood by xorriso', () => {
    const report = execFileSync(xorriso ?? '', ['-indev', path(), '-report_el_torito', 'plain', '-find', '/', '-type', 'f', '-exec', 'lsdl', '--'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
    expect(report).toMatch(/El Torito boot img :\s+1\s+BIOS\s+y\s+none\s+0x0000\s+0x00\s+4\s/)
    expect(report).toMatch(/El Torito boot img :\s+2\s+UEFI\s+y\s+none\s/)
    expect(report).toMatch(/El Torito img path :\s+1\s+\/boot\/bios\.img/)
    expect(report).toMatch(/El Torito img path :\s+2\s+\/boot\/efi\.img/)
    const out = join(folder, 'extracted')
    mkdirSync(out)
    execFileSync(xorriso ?? '', ['-osirrox', 'on', '-indev', path(), '-extract', '/', out], { stdio: ['ignore', 'ignore', 'pipe'] })
    for (const { path: name, bytes } of input.files) expect(readFileSync(join(out, name)).equals(bytes), name).toBe(true)
    execFileSync('chmod', ['-R', 'u+w', out])
  })

  const isoinfo = requireTool('isoinfo')
  it.skipIf(isoinfo === undefined)('is understood by isoinfo, in all three ways', () => {
    const run = (...args: string[]): string => execFileSync(isoinfo ?? '', ['-i', path(), ...args], { encoding: 'latin1', stdio: ['ignore', 'pipe', 'pipe'] })
    const header = run('-d')
    expect(header).toMatch(/Volume id: BOOT_LAB/)
    expect(header).toMatch(/El Torito VD version 1 found, boot catalog is in sector 20/)
    expect(header).toMatch(/Joliet with UCS level 3 found/)
    expect(header).toMatch(/Rock Ridge signatures version 1 found/)
    expect(header).toMatch(/Arch 0 \(x86\)/)
    expect(run('-f', '-R')).toContain('/one/two/three/four/five/six/deep.txt')
    expect(run('-f', '-J')).toContain('/many/Module number 199.mod')
    expect(run('-f')).toContain('/BOOT/KERNEL.ELF;1')
    expect(run('-l', '-R').match(/Module number/g)?.length).toBe(200)
    expect(run('-p')).toMatch(/SIX/)
    for (const [args, name] of [[['-R'], '/boot/kernel.elf'], [['-J'], '/boot/kernel.elf'], [[], '/BOOT/KERNEL.ELF;1']] as const)
      expect(execFileSync(isoinfo ?? '', ['-i', path(), ...args, '-x', name]).equals(FILES[1]?.bytes ?? Buffer.from('')), name).toBe(true)
  })

  it('boots where only one firmware is served', () => {
    const bios = readIso(makeIso({ label: 'B', files: FILES, biosBoot: { path: '/boot/bios.img', loadSegment: 0x800 } }).image)
    expect(bios.boot?.entries).toMatchObject([{ platform: 'BIOS', loadSegment: 0x800, sectors: 79 }])
    const efi = readIso(makeIso({ label: 'E', files: FILES, efiBoot: { path: '/boot/bios.img' } }).image)
    expect(efi.boot?.entries).toMatchObject([{ platform: 'UEFI' }])
  })
})

describe('what cannot be on a CD', () => {
  const one = (name: string): IsoInput => ({ label: 'L', files: [{ path: name, bytes: content(1, 1) }], where: 'cd.iso' })
  it.each([
    ['/a:b', /cannot be a path on a CD: "a:b" has one of the signs/],
    [`/${'n'.repeat(65)}`, /more than 64 characters/],
    [`/${'☃'.repeat(50)}`, /140 bytes/],
    ['/1/2/3/4/5/6/7/8/9', /9 directories deep, and 8 are allowed/],
  ])('refuses the path %j', (name, sentence) => {
    expect(() => makeIso(one(name))).toThrow(sentence)
  })
  it('refuses labels that do not fit', () => {
    expect(() => makeIso({ ...one('/a'), label: 'seventeen letters' })).toThrow(/1 to 16 characters/)
  })
})

describe('other people’s CDs', () => {
  const genisoimage = requireTool('genisoimage')
  it.skipIf(genisoimage === undefined)('are read with moved directories and long names', () => {
    const tree = join(folder, 'tree')
    const deep = `/${Array.from({ length: 12 }, (_, index) => `folder ${index}`).join('/')}/end`
    const files = [{ path: deep, bytes: content(10, 1) }, { path: `/${'n'.repeat(250)}`, bytes: content(5000, 2) }]
    for (const { path: name, bytes } of files) {
      mkdirSync(dirname(join(tree, name)), { recursive: true })
      writeFileSync(join(tree, name), bytes)
    }
    execFileSync(genisoimage ?? '', ['-quiet', '-R', '-o', join(folder, 'other.iso'), tree], { stdio: ['ignore', 'ignore', 'pipe'] })
    const volume = readIso(readFileSync(join(folder, 'other.iso')))
    expect(volume.problems).toEqual([])
    for (const { path: name, bytes } of files) expect(Buffer.from(volume.read(name)).equals(bytes), name).toBe(true)
  })
})

describe('reading what is damaged', () => {
  const volume = (): Uint8Array => makeIso({ label: 'DAMAGED', files: FILES, biosBoot: { path: '/boot/bios.img' } }).image

  it('is an ImageError or a problem told', () => {
    expect(looksLikeIso(volume())).toBe(true)
    expect(looksLikeIso(new Uint8Array(40_000))).toBe(false)
    expect(() => readIso(new Uint8Array(40_000))).toThrow(/no primary volume descriptor/)
    const blocks = volume()
    blocks[16 * CD + 128] = 1
    expect(() => readIso(blocks)).toThrow(/logical blocks have 2049 bytes/)
    const cut = readIso(volume().subarray(0, 60 * CD))
    expect(cut.problems.join(' ')).toMatch(/only 122880 are there/)
    expect(() => cut.read('/boot/kernel.elf')).toThrow(/beyond the end of the image/)
    const ring = volume()
    const root = new DataView(ring.buffer).getUint32(16 * CD + 158, true)
    const boot = readIso(ring).find('/boot')?.recordOffset ?? 0
    new DataView(ring.buffer).setUint32(boot + 2, root, true)
    expect(readIso(ring).find('/boot')?.problem).toMatch(/that of another directory/)
  })

  it('reads each sector once, however many directories share it', () => {
    const image = makeIso({ label: 'SHARED', files: [{ path: '/a', bytes: new Uint8Array(2 << 20) }] }).image
    const view = new DataView(image.buffer)
    const root = view.getUint32(16 * CD + 158, true)
    const sectors = image.length / CD - root
    for (let sector = 1; sector < sectors; sector++) {
      for (let place = 0; place < 40; place++) {
        const at = (root + sector) * CD + place * 48
        image[at] = 48
        view.setUint32(at + 2, root + 1 + ((sector * 40 + place) * 7919) % (sectors - 1), true)
        view.setUint32(at + 10, 1 << 20, true)
        image[at + 25] = 2
        image[at + 32] = 1
        image[at + 33] = 0x41
      }
    }
    view.setUint32(16 * CD + 166, 1 << 20, true)
    const { entries } = readIso(image)
    expect(entries.length).toBeGreaterThan(1000)
    expect(new Set(entries.map(({ recordOffset }) => recordOffset)).size).toBe(entries.length)
  })

  it('ends in an answer whatever the bytes are', () => {
    const original = volume()
    let state = 1
    const random = (limit: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      return Math.floor((state / 2 ** 32) * limit)
    }
    let errors = 0
    for (let round = 0; round < 1500; round++) {
      const image = original
      const changes = Array.from({ length: 1 + random(6) }, () => ({ at: 16 * CD + random(random(2) ? 40 * CD : 5 * CD), to: random(2) ? random(256) : [0, 0xff, 0x80, 1][random(4)] }))
      const before = changes.map(({ at }) => image[at] ?? 0)
      for (const { at, to } of changes) image[at] = to ?? 0
      try {
        readIso(image)
      } catch (error) {
        expect(error).toMatchObject({ name: 'ImageError' })
        errors++
      }
      for (const [index, { at }] of changes.toReversed().entries()) image[at] = before[changes.length - 1 - index] ?? 0
    }
    expect(errors).toBeGreaterThan(0)
  })
})
