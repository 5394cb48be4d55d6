/** Kernels packed by the programs that Linux' build calls: gzip, zstd, xz (scripts/xz_wrap.sh). */
import { execFileSync } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { sampleElf } from '../image/elf-sample'
import { requireTool } from '../../../tests/support/tools'
import { unpackedLinux } from './unpacked-linux'

const SETUP = 1024
const PLACE = 0x100_0000

/** Code full of calls and jumps, in which also lie bytes that only look so. */
function code(): Uint8Array {
  const bytes = new Uint8Array(60_000)
  for (let at = 0, seed = 1; at + 8 < bytes.length; at += 3 + (seed >>> 28)) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
    bytes[at] = (seed >>> 8) % 3 === 0 ? 0xe8 : (seed >>> 8) % 3 === 1 ? 0xe9 : seed & 0xff
    new DataView(bytes.buffer).setInt32(at + 1, (seed >>> 12) % 4 === 0 ? seed : (seed | 0) >> 9, true)
  }
  return bytes
}

const content = code()
const vmlinux = sampleElf({ bits: 64, entry: BigInt(PLACE), segments: [{ virtualAddress: BigInt(PLACE), content }] })

function bzImage(payload: Uint8Array): Uint8Array {
  const file = new Uint8Array(SETUP + payload.length)
  const view = new DataView(file.buffer)
  view.setUint8(0x1f1, SETUP / 512 - 1)
  view.setUint32(0x202, 0x53726448, true)
  view.setUint16(0x206, 0x20f, true)
  view.setUint8(0x211, 1)
  view.setUint32(0x24c, payload.length, true)
  file.set(payload, SETUP)
  return file
}

/** "Its length follows", arch/x86/boot/compressed/Makefile. */
function withLength(packed: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(packed.length + 4)
  bytes.set(packed)
  new DataView(bytes.buffer).setUint32(packed.length, vmlinux.length, true)
  return bytes
}

const loaded = (kernel: Uint8Array): Uint8Array => kernel.subarray(SETUP + 0x1_0000)
const packedBy = (program: string, args: readonly string[]): Uint8Array => new Uint8Array(execFileSync(program, args, { input: vmlinux, maxBuffer: 1 << 24 }))

describe.each([
  ['gzip', 'gzip', ['-n', '-c'], (packed: Uint8Array) => packed],
  ['zstd', 'zstd', ['-c', '-q'], withLength],
  ['xz with the x86 filter', 'xz', ['--format=xz', '--check=crc32', '--x86', '--lzma2=preset=1', '-c'], withLength],
  ['xz with the x86 filter, and sizes in its header', 'xz', ['--format=xz', '--check=crc32', '--x86', '--lzma2=preset=1', '-c', '-T2', '--block-size=1MiB'], withLength],
  ['xz alone', 'xz', ['--format=xz', '--check=crc32', '--lzma2=preset=1', '-c'], withLength],
] as const)('a kernel packed by %s', (_name, program, args, finish) => {
  const tool = requireTool(program)
  it.skipIf(tool === undefined)('is unpacked', async () => {
    const kernel = await unpackedLinux(bzImage(finish(packedBy(program, args))), 'k')
    expect(Buffer.compare(loaded(kernel), content)).toBe(0)
  })

  it.skipIf(tool === undefined)('is refused when it is damaged', async () => {
    const packed = finish(packedBy(program, args))
    packed[packed.length >> 1] = (packed[packed.length >> 1] ?? 0) ^ 0x10
    await expect(unpackedLinux(bzImage(packed), 'k')).rejects.toMatchObject({ name: 'ImageError' })
  })
})

it('one packed in another way is named', async () => {
  await expect(unpackedLinux(bzImage(Uint8Array.from([0x02, 0x21, 0x4c, 0x18, ...randomFillSync(new Uint8Array(32))])), 'k')).rejects.toThrow(/packed with lz4/)
})

it('one that is not packed is taken as it is', async () => expect(Buffer.compare(loaded(await unpackedLinux(bzImage(vmlinux), 'k')), content)).toBe(0))
