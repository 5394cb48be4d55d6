/** Compressed kernels and modules: zlib makes them in all its ways, the loader inflates them, GRUB is told the same. Alone: 15 s. */
import { constants, gzipSync, type ZlibOptions } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { grubCdOf, hasGrub } from '../support/grub'
import { linkKernel } from '../support/link-kernel'
import { findQemu } from '../support/qemu'
import { noise } from '../../src/main/image/elf-sample'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { runInOwnPc } from './own-pc'
import { bootImage, imageOf } from './qemu-judge'
import source from './qemu-kernels/modules.c?raw'

const text = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => 'the quick brown fox jumps over the lazy dog\n'.charCodeAt((index * index) % 44))
const zeros = new Uint8Array(400_000)

const ways = ({ strategy, level }: ZlibOptions): ZlibOptions => ({ ...(strategy === undefined ? {} : { strategy }), ...(level === undefined ? {} : { level }) })
const MODULES: readonly { name: string; bytes: Uint8Array; stored: Uint8Array }[] = [
  { name: 'stored-blocks', bytes: noise(150_000, 3), stored: gzipSync(noise(150_000, 3), ways({ level: 0 })) },
  { name: 'fixed-codes', bytes: text(60_000), stored: gzipSync(text(60_000), ways({ strategy: constants.Z_FIXED })) },
  { name: 'huffman-only', bytes: text(60_001), stored: gzipSync(text(60_001), ways({ strategy: constants.Z_HUFFMAN_ONLY })) },
  { name: 'run-lengths', bytes: zeros, stored: gzipSync(zeros, ways({ strategy: constants.Z_RLE })) },
  { name: 'best', bytes: text(100_003), stored: gzipSync(text(100_003), ways({ level: 9 })) },
  { name: 'noise', bytes: noise(70_001, 9), stored: gzipSync(noise(70_001, 9)) },
  { name: 'one-byte', bytes: Uint8Array.of(7), stored: gzipSync(Uint8Array.of(7)) },
  { name: 'empty', bytes: new Uint8Array(), stored: gzipSync(new Uint8Array()) },
  { name: 'with-a-name', bytes: text(5000), stored: withName(gzipSync(text(5000)), 'fox.txt') },
  { name: 'not-compressed', bytes: text(5001), stored: text(5001) },
]

/** RFC 1952, 2.3.1: flag bit 3, and a text behind the ten bytes. */
function withName(gzip: Uint8Array, name: string): Uint8Array {
  const named = Buffer.concat([gzip.subarray(0, 10), Buffer.from(`${name}\0`), gzip.subarray(10)])
  named[3] = 8
  return new Uint8Array(named)
}

const line = ({ name, bytes }: { name: string; bytes: Uint8Array }): string => {
  const sum = bytes.reduce((total, byte) => (Math.imul(total, 31) + byte) >>> 0, bytes.length)
  return `module 0x${sum.toString(16).padStart(16, '0')} ${name}`
}
const moduleLines = (serial: string): string[] => serial.split('\n').filter((found) => found.startsWith('module '))

const kernel = (): Promise<Uint8Array> => linkKernel({ bits: 32, source, linkArguments: ['--image-base=0x100000'], defines: { EXPECTED_MODULES: MODULES.length } })
const stored = MODULES.map(({ name, stored: bytes }) => ({ bytes, commandLine: name }))
const image = async (): Promise<Uint8Array> => imageOf(await kernel(), '', { modules: stored, compress: true, protocol: 'multiboot1' })

describe('a compressed kernel with compressed modules', () => {
  test('is inflated in Bootlab’s own PC', async () => {
    const run = runInOwnPc(await image(), { backend: DEFAULT_BACKEND, seconds: 10 })
    expect(moduleLines(run.serial)).toEqual(MODULES.map(line))
    expect(run.outcome).toEqual({ reason: 'debug-exit', value: 0x10 })
  })

  test.skipIf(findQemu() === undefined)('is inflated in QEMU', async () => {
    const run = await bootImage(await image(), { timeoutMs: 30_000 })
    expect(moduleLines(run.serial)).toEqual(MODULES.map(line))
    expect(run.exit).toEqual({ reason: 'debug-exit', code: 33 })
  })

  test.skipIf(findQemu() === undefined || !hasGrub())('is inflated by GRUB to the same', async () => {
    const files = Object.fromEntries(MODULES.map(({ name, stored: bytes }) => [`boot/${name}.gz`, bytes]))
    const commands = ['insmod gzio', 'set gfxpayload=text', 'multiboot /boot/kernel.gz', ...MODULES.map(({ name }) => `module /boot/${name}.gz ${name}`), 'boot']
    const cd = grubCdOf(commands, { ...files, 'boot/kernel.gz': new Uint8Array(gzipSync(await kernel())) })
    const run = await bootImage(cd, { timeoutMs: 20_000, disk: 'CD' })
    expect(moduleLines(run.serial)).toEqual(MODULES.map(line))
  })
})

describe('a damaged compressed module', () => {
  const whole = gzipSync(text(20_000))
  const changed = (at: number, value: number): Uint8Array => {
    const copy = Uint8Array.from(whole)
    copy[at < 0 ? copy.length + at : at] = value
    return copy
  }
  test.each<[string, Uint8Array, string]>([
    ['its sum is wrong', changed(-8, (whole.at(-8) ?? 0) ^ 1), 'its checksum is wrong'],
    ['it says too little', changed(-4, 1), 'it becomes longer than it says'],
    ['it says too much', changed(-4, (whole.at(-4) ?? 0) + 1), 'it becomes shorter than it says'],
    ['it says more than there can be', changed(-1, 0x40), 'it says it becomes longer than it can'],
    ['it is of another method', changed(2, 7), 'its method is not the one of gzip'],
    ['its first block is of no kind', changed(10, (whole[10] ?? 0) | 6), 'it has a block of unknown kind'],
    ['it is cut in the middle', new Uint8Array(Buffer.concat([whole.subarray(0, whole.length / 2), whole.subarray(-8)])), 'it ends too early'],
    ['another follows it', new Uint8Array(Buffer.concat([whole, whole])), 'it goes on behind its end'],
  ])('%s', async (_name, bytes, says) => {
    const run = runInOwnPc(await imageOf(await kernel(), '', { modules: [{ bytes, commandLine: '' }] }), { backend: DEFAULT_BACKEND, seconds: 5, untilText: 'write the image again' })
    expect(run.screenFlow).toContain(`Bootlab: a module is compressed, but damaged: ${says}.`)
  })
})
