import { describe, expect, test } from 'vitest'
import { Disk } from './disk'
import { Drives } from './drives'
import { cdBootEntry } from './el-torito'
import { contentOf } from './image-content'
import { idePositions } from './ide-positions'
import { busProblem, controllerPath } from './storage'
import { BOOT_IMAGE_SECTOR, testCd } from './test-cd'

const bootSector = (fill: number): Uint8Array => {
  const sector = new Uint8Array(512).fill(fill)
  sector.set([0x55, 0xaa], 510)
  return sector
}

/** Boot code of os tutorials: sectors one after the other, to be given to a diskette drive. */
const bootCode = (bytes: number, code: readonly number[] = []): Uint8Array => {
  const image = new Uint8Array(bytes)
  image.set(bootSector(0x90))
  image.set(code)
  return image
}

describe('what an image is put in as', () => {
  test.each<[string, Uint8Array, string]>([
    ['short boot code', bootCode(12 * 1024), 'floppy'],
    ['a whole MiB', bootCode(1 << 20), 'disk'],
    ['no boot signature', new Uint8Array(12 * 1024), 'disk'],
    ['boot code that asks for LBA', bootCode(12 * 1024, [0xb4, 0x42, 0xcd, 0x13]), 'disk'],
    ['boot code that asks for the extensions', bootCode(12 * 1024, [0xb8, 0x00, 0x41, 0xcd, 0x13]), 'disk'],
    ['a CD', testCd({ bootImage: bootSector(1) }), 'cd'],
    ['more than a diskette', bootCode(3_000_000), 'disk'],
  ])('%s', (_name, image, medium) => expect(new Drives(image).boot.medium).toBe(medium))

  test('is as asked', () => {
    const cd = testCd({ bootImage: bootSector(1) })
    expect(new Drives(cd, 'disk').boot).toMatchObject({ drive: 0x80, sectorBytes: 512 })
    expect(new Drives(cd, 'floppy').boot).toMatchObject({ drive: 0, sectors: 2880 })
    expect(new Drives(bootCode(12 * 1024), 'disk').boot.drive).toBe(0x80)
    expect(new Drives(bootCode(2_000_000), 'floppy').boot.floppy?.driveType).toBe(5)
    expect(() => new Drives(bootCode(3_000_000), 'floppy')).toThrow(/the largest diskette 2949120/)
  })

  test('short boot code is followed by zeros up to the end of the diskette', () => {
    const { boot } = new Drives(bootCode(1000).fill(7, 512))
    expect(boot.sectors).toBe(2880)
    expect([boot.read(1)[487], boot.read(1)[488], boot.read(2879)[0]]).toEqual([7, 0, 0])
  })
})

describe('buses', () => {
  const extra = { image: bootCode(1 << 20), medium: 'disk', readOnly: false } as const

  test('a drive is on the one that it is given, for firmware by its path', () => {
    const drives = new Drives(bootCode(1 << 20), 'disk', [{ ...extra, bus: 'ahci' }, extra, { ...extra, bus: 'nvme' }], 'nvme')
    expect(drives.all.map(({ bus, drive }) => [bus, drive])).toEqual([['nvme', 0x80], ['ahci', 0x81], ['ide', 0x82], ['nvme', 0x83]])
    expect(idePositions(drives).map((disk) => disk?.drive)).toEqual([0x82, undefined, undefined, undefined])
    expect(drives.all.map((disk) => controllerPath(drives, disk))).toEqual(['pci1b36,10@5/namespace@1,0', 'pci8086,2922@4/drive@0/disk@0', undefined, 'pci1b36,10@6/namespace@1,0'])
  })

  test('not every medium can be on every one', () => {
    expect([busProblem('cd', 'ahci'), busProblem('disk', 'nvme'), busProblem('floppy', 'ide')]).toEqual([undefined, undefined, undefined])
    expect([busProblem('cd', 'nvme'), busProblem('floppy', 'ahci')]).toEqual([expect.stringContaining('CD drive'), expect.stringContaining('diskette')])
  })
})

describe('a CD', () => {
  test('is read in its own sectors, and may have a drive beside it', () => {
    const none = new Drives(testCd({ bootImage: bootSector(1) }))
    expect(none.all.map(({ drive, sectorBytes }) => [drive, sectorBytes])).toEqual([[0xe0, 2048]])
    const floppy = new Drives(testCd({ bootImage: bootSector(2), media: 2 }))
    expect(floppy.all.map(({ drive }) => drive)).toEqual([0x00, 0xe0])
    expect([floppy.boot.sectors, floppy.boot.read(0)[0], floppy.get(0xe0)?.read(BOOT_IMAGE_SECTOR)[0]]).toEqual([2880, 2, 2])
    const disk = new Drives(testCd({ bootImage: bootSector(3), media: 4 }))
    expect([disk.boot.drive, disk.hardDisks, disk.boot.read(0)[0]]).toEqual([0x80, 1, 3])
  })

  test('boots the entry for a PC, wherever it stands', () => {
    expect(cdBootEntry(contentOf(testCd({ bootImage: bootSector(1), platform: 0xef, segment: 0x1000, sectors: 4 })))).toEqual({
      emulation: 'none', media: 0, lba: BOOT_IMAGE_SECTOR, segment: 0x1000, sectors: 4,
    })
  })

  const damaged = (change: (cd: Uint8Array) => void): Uint8Array => {
    const cd = testCd({ bootImage: bootSector(1) })
    change(cd)
    return cd
  }
  test.each<[string, Uint8Array, RegExp]>([
    ['without a boot record', new Uint8Array(100_000), /no El Torito boot record/],
    ['with a catalogue beyond its end', damaged((cd) => cd.set([0xff, 0xff], 17 * 2048 + 0x47)), /beyond the end/],
    ['with a broken checksum', damaged((cd) => cd.set([1], 19 * 2048 + 4)), /valid validation entry/],
    ['for other computers', damaged((cd) => cd.set([0], 19 * 2048 + 32)), /no bootable entry for a PC/],
    ['with an unknown medium', damaged((cd) => cd.set([9], 19 * 2048 + 33)), /media type 9/],
    ['with a boot image beyond its end', damaged((cd) => cd.set([0xff, 0xff, 1], 19 * 2048 + 40)), /boot image should begin at sector/],
  ])('says why it does not boot: %s', (_name, cd, why) => expect(cdBootEntry(contentOf(cd))).toEqual({ why: expect.stringMatching(why) }))

  test('survives any damage', () => {
    const cd = testCd({ bootImage: bootSector(1) })
    for (let length = 0; length < cd.length; length += 511) expect(() => cdBootEntry(contentOf(cd.subarray(0, length)))).not.toThrow()
  })
})

test('a disk reads many sectors at once, with what was written among them', () => {
  const disk = new Disk(Uint8Array.from({ length: 4 * 512 }, (_, i) => i >> 9), 'disk')
  disk.write(2, new Uint8Array(512).fill(9))
  const bytes = disk.read(1, 3)
  expect([bytes.length, bytes[0], bytes[512], bytes[1024]]).toEqual([1536, 1, 9, 3])
  expect(() => disk.read(2, 3)).toThrow(/Sector 4 is not on a disk of 4 sectors/)
})

test('further drives have the next numbers of their kind, and are protected where a person says so', () => {
  const disk = new Uint8Array(64 * 512)
  const drives = new Drives(disk, 'disk', [
    { image: disk, medium: 'floppy', readOnly: true },
    { image: disk, medium: 'disk', readOnly: false },
    { image: new Uint8Array(4096), medium: 'cd', readOnly: true },
  ])
  expect(drives.all.map(({ drive, readOnly }) => [drive, readOnly])).toEqual([[0x80, false], [0x00, true], [0x81, false], [0xe0, true]])
  expect(drives.boot.drive).toBe(0x80)
  expect(drives.hardDisks).toBe(2)
  expect(() => new Drives(disk, 'floppy', [{ image: disk, medium: 'floppy', readOnly: false }])).toThrow('no further drive of the kind "floppy"')
})
