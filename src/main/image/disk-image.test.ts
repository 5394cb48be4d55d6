import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { buildBootSectorImage, buildDiskImage, type DiskImageInput, withCommandLine } from './disk-image'
import type { DiskLoader } from './disk-content'
import { unpackDisk } from './disk-unpack'
import { noise, sampleElf } from './elf-sample'
import { ImageError } from './errors'
import { readFat } from './fat-read'

const kernel = sampleElf({ bits: 64, segments: [{ virtualAddress: 0x100000n, content: noise(5000, 4) }] })
const second = sampleElf({ bits: 32, segments: [{ virtualAddress: 0x100000n, content: noise(3000, 5) }] })
const loader: DiskLoader = { stage1: noise(512, 8), stage2: Uint8Array.from([0x42, 0x4c, 0x53, 0x32, ...new Uint8Array(12), ...noise(2000, 9)]), uefi: { x64: noise(3000, 1), ia32: noise(2000, 2) } }
loader.stage1?.fill(0, 0x1ae)
loader.stage1?.set([0x55, 0xaa], 510)

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
const build = (more: Partial<DiskImageInput> = {}): Promise<{ image: Uint8Array; report: Awaited<ReturnType<typeof buildDiskImage>>['report'] }> => buildDiskImage({ kernel, loader, ...more })
/** Files of the boot volume of an image with the usual layout. */
const volumeOf = (image: Uint8Array): ReturnType<typeof readFat> => readFat(image.subarray(2048 * 512))
const pathsOf = (image: Uint8Array): string[] => volumeOf(image).entries.filter(({ directory }) => !directory).map(({ path }) => path)

describe('a disk image', () => {
  test('is the same for the same input, another for another', async () => {
    const { image } = await build({ commandLine: 'quiet' })
    expect(same((await build({ kernel: kernel.slice(), commandLine: 'quiet' })).image, image)).toBe(true)
    expect(same((await build({ commandLine: 'loud' })).image, image)).toBe(false)
  })

  test('has FAT16, the kernel, its configuration and the programs of UEFI', async () => {
    const { image, report } = await build({ commandLine: 'quiet', title: 'Mine' })
    expect(report).toMatchObject({ protocol: 'elf64', entry: 0x100000n, imageBytes: image.length, warnings: [] })
    expect(pathsOf(image)).toEqual(expect.arrayContaining(['/boot/bootlab.cfg', '/boot/kernel.elf', '/EFI/BOOT/BOOTX64.EFI', '/EFI/BOOT/BOOTIA32.EFI']))
    expect(volumeOf(image)).toMatchObject({ kind: 'fat16', label: 'BOOTLAB', hiddenSectors: 2048 })
    expect(new TextDecoder().decode(volumeOf(image).read('/boot/bootlab.cfg'))).toBe('# What the boot loader starts.\nentry Mine\nprotocol elf64\nkernel /boot/kernel.elf\ncmdline quiet\n')
  })

  test('carries its identity in both stages, and where they and the volume lie', async () => {
    const { image } = await build()
    const view = new DataView(image.buffer)
    expect([view.getUint32(0x1ae, true), view.getUint16(0x1b2, true), view.getUint32(512 + 8, true)]).toEqual([1, 4, 2048])
    expect(view.getUint32(0x1b4, true)).toBe(view.getUint32(512 + 4, true))
    expect(view.getUint32(0x1b4, true)).not.toBe(0)
  })

  test('holds modules under their names, a second of a name under another', async () => {
    const modules = [
      { name: 'initrd.tar', bytes: noise(700, 6), commandLine: 'first module' },
      { bytes: new Uint8Array(), commandLine: '' },
      { name: 'initrd.tar', bytes: noise(10, 7), commandLine: 'x'.repeat(1000) },
      { name: 'bootlab.cfg', bytes: noise(11, 7), commandLine: '' },
      { name: 'a:b?. ', bytes: noise(12, 7), commandLine: '' },
    ]
    const { entries } = unpackDisk((await build({ modules })).image)
    expect(entries[0]?.modules.map(({ path }) => path)).toEqual(['/boot/initrd.tar', '/boot/module-2', '/boot/initrd-2.tar', '/boot/bootlab-2.cfg', '/boot/a_b_'])
    expect(entries[0]?.modules.map(({ bytes, commandLine }) => ({ bytes, commandLine }))).toEqual(modules.map(({ bytes, commandLine }) => ({ bytes, commandLine })))
  })

  test('holds several kernels, each file once', async () => {
    const module = { name: 'ram.img', bytes: noise(700, 6), commandLine: 'one' }
    const { image } = await build({ modules: [module], title: 'First', entries: [{ kernel: second, title: 'Second', modules: [{ ...module, commandLine: 'two' }] }, { kernel, title: 'Third', commandLine: 'again' }], timeout: 7, default: 3 })
    expect(pathsOf(image).filter((path) => path.startsWith('/boot/')).toSorted()).toEqual(['/boot/bootlab.cfg', '/boot/kernel-2.elf', '/boot/kernel.elf', '/boot/ram.img'])
    expect(unpackDisk(image)).toMatchObject({ timeout: 7, default: 3, entries: [{ title: 'First', protocol: 'elf64' }, { title: 'Second', protocol: 'elf32' }, { title: 'Third', kernel: { path: '/boot/kernel.elf' } }] })
  })

  test('holds compressed files as gzip has them, the same on every system', async () => {
    const zeros = new Uint8Array(100_000)
    const { image } = await build({ compress: true, modules: [{ name: 'zeros', bytes: zeros, commandLine: '', compress: true }] })
    const packed = volumeOf(image).read('/boot/zeros.gz')
    expect([...packed.subarray(0, 4), packed[9]]).toEqual([0x1f, 0x8b, 8, 0, 255])
    expect(packed.length).toBeLessThan(1000)
    expect(same(gunzipSync(packed), zeros)).toBe(true)
    expect(same(gunzipSync(volumeOf(image).read('/boot/kernel.elf.gz')), kernel)).toBe(true)
  })

  test('holds files of one’s own', async () => {
    const { image } = await build({ files: [{ path: '/boot/kernel.elf', bytes: noise(9, 1) }, { path: '/a/b c.txt', bytes: noise(10, 1) }] })
    expect(pathsOf(image)).toEqual(expect.arrayContaining(['/a/b c.txt', '/boot/kernel-2.elf']))
    expect(volumeOf(image).read('/boot/kernel.elf')).toEqual(new Uint8Array(noise(9, 1)))
  })

  test.each([0, 4094, 4095])('takes a command line of %i bytes', async (length) => {
    expect(unpackDisk((await build({ commandLine: 'x'.repeat(length) })).image).entries[0]?.commandLine.length).toBe(length)
  })
  test.each<[string, Partial<DiskImageInput>, RegExp]>([
    ['an empty kernel', { kernel: new Uint8Array(), where: 'k.elf' }, /k\.elf: The file is empty/],
    ['a second kernel that is none', { entries: [{ kernel: noise(100, 1), where: 'other.elf' }] }, /other\.elf/],
    ['a command line that is too long', { commandLine: 'é'.repeat(2048) }, /4096 bytes; at most 4095/],
    ['a command line with a zero byte', { commandLine: 'a\0b' }, /zero byte at offset 1/],
    ['too many modules', { modules: Array.from({ length: 129 }, () => ({ bytes: new Uint8Array(1), commandLine: '' })) }, /129 modules; at most 128/],
    ['a 16-bit kernel for UEFI', { kernel: noise(600, 1), protocol: 'flat16', address: 0x8000, image: { firmware: 'uefi' } }, /16-bit kernel is to be started by UEFI/],
  ])('is not made of %s', async (_name, more, says) => {
    await expect(build(more)).rejects.toThrow(ImageError)
    await expect(build(more)).rejects.toThrow(says)
  })
})

describe('a disk with another command line', () => {
  const image = { fileSystem: 'none' as const, firmware: 'bios' as const }
  test.each<[string, DiskImageInput['image']]>([
    ['FAT16', {}],
    ['bare sectors', image],
    ['a GPT', { layout: 'gpt' }],
    ['a diskette', { layout: 'floppy' }],
    ['64 MiB', { sizeBytes: 64 << 20 }],
  ])('is as if built with it: %s', async (_name, options) => {
    const input = { modules: [{ name: 'm', bytes: noise(700, 6), commandLine: 'first' }], bootloader: { version: '0.9.8', features: ['map_physical_memory'] }, image: options }
    const other = 'x'.repeat(900)
    const changed = await withCommandLine((await build({ ...input, commandLine: 'quiet' })).image, other)
    expect(same(changed, (await build({ ...input, commandLine: other })).image)).toBe(true)
  })
  test('has it for the entry that boots by itself', async () => {
    const { image: disk } = await build({ commandLine: 'a', entries: [{ kernel: second, commandLine: 'b' }], default: 2 })
    // Other systems may have written the folder's name in capitals.
    const { image: floppy } = await build({ image: { layout: 'floppy', firmware: 'bios' } })
    const caseBits = 12
    floppy[(readFat(floppy).find('/boot')?.entryOffset ?? 0) + caseBits] = 0
    expect(readFat(floppy).find('/boot')?.path).toBe('/BOOT')
    expect(unpackDisk(await withCommandLine(floppy, 'loud')).entries[0]?.commandLine).toBe('loud')
    expect(unpackDisk(await withCommandLine(disk, 'c')).entries.map(({ commandLine }) => commandLine)).toEqual(['a', 'c'])
  })
  test('of a flat kernel keeps its mode', async () => {
    const flat = await build({ kernel: noise(600, 1), protocol: 'flat32', address: 0x10000, image })
    expect(unpackDisk(await withCommandLine(flat.image, 'x')).entries[0]).toMatchObject({ protocol: 'flat32', parameters: { address: 0x10000n }, commandLine: 'x' })
  })
})

describe('a boot sector image', () => {
  const sector = noise(512, 6)
  sector.set([0x55, 0xaa], 510)

  test('starts with the sector and is zero up to 1 MiB', () => {
    const image = buildBootSectorImage(sector)
    expect(image.length).toBe(1 << 20)
    expect(image.slice(0, 512)).toEqual(sector)
    expect(image.slice(512).every((byte) => byte === 0)).toBe(true)
  })

  test.each<[string, Uint8Array, RegExp]>([
    ['empty', new Uint8Array(), /only 0 bytes/],
    ['short', sector.slice(0, 511), /only 511 bytes/],
    ['long', new Uint8Array(513), /513 bytes, 1 too many/],
    ['unsigned', new Uint8Array(512), /55 AA/],
  ])('refuses one that is %s', (_name, bytes, says) => {
    expect(() => buildBootSectorImage(bytes)).toThrow(ImageError)
    expect(() => buildBootSectorImage(bytes)).toThrow(says)
  })
})
