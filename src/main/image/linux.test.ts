import { describe, expect, test } from 'vitest'
import { detectInput } from './input'
import { planKernel } from './kernel'
import { checkLinux, findLinuxHeader, linuxVersion } from './linux'

/** A bzImage without code: the fields of boot.rst that count. */
function bzImage(change: (view: DataView) => void = () => undefined): Uint8Array {
  const file = new Uint8Array(4096)
  const view = new DataView(file.buffer)
  view.setUint8(0x1f1, 3)
  view.setUint16(0x1fe, 0xaa55, true)
  view.setUint32(0x202, 0x53726448, true)
  view.setUint16(0x206, 0x20f, true)
  view.setUint16(0x20e, 0x100, true)
  view.setUint8(0x211, 1)
  view.setUint32(0x22c, 0x7fff_ffff, true)
  view.setUint32(0x230, 0x20_0000, true)
  view.setUint8(0x234, 1)
  view.setUint16(0x236, 3, true)
  view.setUint32(0x238, 2047, true)
  view.setBigUint64(0x258, 0x100_0000n, true)
  view.setUint32(0x260, 0x40_0000, true)
  file.set(new TextEncoder().encode('6.1.0 (somebody)'), 0x300)
  change(view)
  return file
}

test('the header is read', () => {
  expect(findLinuxHeader(bzImage())).toEqual({
    version: 0x20f,
    name: '6.1.0 (somebody)',
    setupBytes: 2048,
    loadedHigh: true,
    relocatable: true,
    commandLineBytes: 2047,
    alignment: 0x20_0000,
    ramdiskLast: 0x7fff_ffff,
    preferredAddress: 0x100_0000n,
    runBytes: 0x40_0000,
    xloadflags: 3,
  })
  expect(linuxVersion({ ...checkLinux(bzImage(), 'k') })).toBe('2.15')
})

test('it is a kernel, though it has the signature of a boot sector', () => {
  expect(detectInput(bzImage())).toBe('linux')
  expect(planKernel(bzImage())).toMatchObject({ protocol: 'linux', entry: 0x100_0000n, base: 0n })
  expect(planKernel(bzImage((view) => view.setUint16(0x206, 0x206, true)))).toMatchObject({ protocol: 'linux', entry: 0x10_0000n })
})

describe('a file is refused', () => {
  test.each<[string, Uint8Array, RegExp]>([
    ['without the mark', new Uint8Array(4096), /no "HdrS" at offset 0x202/],
    ['that is too short', bzImage().slice(0, 0x240), /no "HdrS"/],
    ['of an old protocol', bzImage((view) => view.setUint16(0x206, 0x205, true)), /speaks version 2\.05/],
    ['that is a zImage', bzImage((view) => view.setUint8(0x211, 0)), /is a zImage/],
    ['without a protected-mode part', bzImage((view) => view.setUint8(0x1f1, 7)), /begins at 4096/],
  ])('%s', (_name, file, says) => expect(() => checkLinux(file, 'k')).toThrow(says))
})
