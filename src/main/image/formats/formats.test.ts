import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { requireTool } from '../../../../tests/support/tools'
import { IMAGE_FORMATS, VIRTUAL_DISK_FORMATS, type VirtualDiskFormat } from '../../../shared/image'
import { noise } from '../elf-sample'
import { ImageError } from '../errors'
import { formatOf, inFormat, rawDiskOf } from './index'

const MIB = 1 << 20

/** Mostly empty, with something at both ends and across the borders of blocks. */
function sparseDisk(bytes = 5 * MIB): Uint8Array {
  const disk = new Uint8Array(bytes)
  disk.set(noise(3000, 1), 0)
  disk.set(noise(200_000, 2), 1_000_000)
  disk.set(noise(512, 3), bytes - 512)
  return disk
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
/** QEMU's names. */
const QEMU: Readonly<Record<VirtualDiskFormat, string>> = { vhd: 'vpc', vmdk: 'vmdk', vdi: 'vdi', qcow2: 'qcow2' }

describe.each(VIRTUAL_DISK_FORMATS)('%s', (format) => {
  test.each<[string, Uint8Array]>([
    ['a sparse disk', sparseDisk()],
    ['an empty disk', new Uint8Array(2 * MIB)],
    ['a diskette', sparseDisk(1_474_560)],
    ['a disk of 70 MiB', sparseDisk(70 * MIB)],
  ])('gives back %s', (_name, raw) => {
    const file = inFormat(raw, format, 'disk')
    expect(formatOf(file)).toBe(format)
    expect(same(rawDiskOf(file, 'disk'), raw)).toBe(true)
    expect(same(inFormat(raw, format, 'disk'), file)).toBe(true)
    if (format !== 'vhd') expect(file.length).toBeLessThan(6 * MIB)
  })

  test('a file cut short is refused, and never read beyond its end', () => {
    const file = inFormat(sparseDisk(), format, 'disk')
    // A VHD has its mark at the end, so a cut one is not known as such.
    for (const length of [file.length - 512, 200_000, 70_000, 520, 513]) {
      const cut = file.subarray(0, length)
      if (format === 'vhd') expect(formatOf(cut)).toBeUndefined()
      else expect(() => rawDiskOf(cut, 'cut')).toThrow(ImageError)
    }
  })

  const qemuImg = requireTool('qemu-img')
  test.skipIf(qemuImg === undefined)('is what qemu-img takes it for, and reads from it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'bootlab-format-'))
    try {
      const run = (...args: string[]): string => execFileSync(qemuImg ?? '', args, { cwd: folder, encoding: 'utf8' })
      const raw = sparseDisk(70 * MIB)
      writeFileSync(join(folder, 'disk.img'), raw)
      writeFileSync(join(folder, `disk.${format}`), inFormat(raw, format, `disk.${format}`))
      expect(run('compare', '-f', 'raw', '-F', QEMU[format], 'disk.img', `disk.${format}`)).toContain('Images are identical')
      expect(JSON.parse(run('info', '-f', QEMU[format], '--output=json', `disk.${format}`))).toMatchObject({ 'virtual-size': raw.length })
      if (format === 'qcow2' || format === 'vdi') expect(run('check', '-f', QEMU[format], `disk.${format}`)).toContain('No errors')
      run('convert', '-f', 'raw', '-O', QEMU[format], 'disk.img', 'theirs')
      expect(formatOf(readFileSync(join(folder, 'theirs')))).toBe(format)
      // QEMU rounds the size of a VHD to its geometry.
      const theirs = rawDiskOf(readFileSync(join(folder, 'theirs')), 'theirs')
      expect(same(theirs.subarray(0, raw.length), raw)).toBe(true)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

test('a raw disk is left as it is', () => {
  expect(IMAGE_FORMATS[0]).toBe('raw')
  const raw = sparseDisk()
  expect(inFormat(raw, 'raw', 'x')).toBe(raw)
  expect(rawDiskOf(raw, 'x')).toBe(raw)
})

describe('what is not read', () => {
  test.each<[string, VirtualDiskFormat, (view: DataView, file: Uint8Array) => void, RegExp]>([
    ['a VHD with a wrong checksum', 'vhd', (view) => view.setUint8(view.byteLength - 1, 9), /checksum/],
    ['a compressed VMDK', 'vmdk', (view) => view.setUint16(77, 1, true), /compressed/],
    ['a VMDK of no grains', 'vmdk', (view) => view.setBigUint64(20, 0n, true), /grains of 0 sectors/],
    ['a difference VDI', 'vdi', (view) => view.setUint32(76, 4, true), /differences/],
    ['a VDI of a huge size', 'vdi', (view) => view.setBigUint64(368, 1n << 60n, true), /says that it has 1152921504606846976 bytes/],
    ['a VDI of no blocks', 'vdi', (view) => view.setUint32(376, 0, true), /blocks of 0 bytes/],
    ['an encrypted qcow2', 'qcow2', (view) => view.setUint32(32, 1), /encrypted/],
    ['a qcow2 on another disk', 'qcow2', (view) => view.setBigUint64(8, 600n), /differences/],
    ['a qcow2 of odd clusters', 'qcow2', (view) => view.setUint32(20, 40), /2\^40 bytes/],
    ['a qcow2 with tables outside', 'qcow2', (view) => view.setBigUint64(40, 1n << 50n), /cut short or damaged/],
  ])('%s', (_name, format, damage, says) => {
    const file = inFormat(sparseDisk(), format, 'disk')
    damage(new DataView(file.buffer), file)
    expect(() => rawDiskOf(file, 'disk')).toThrow(ImageError)
    expect(() => rawDiskOf(file, 'disk')).toThrow(says)
  })
})
