/** Multiboot 1 and 2: what the loader tells a kernel, against what GRUB tells the same kernel on the same machine. */
import { describe, expect, test } from 'vitest'
import { findMultibootHeader } from '../../src/main/image/multiboot'
import { findMultiboot2Header } from '../../src/main/image/multiboot2'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { hasGrub, grubAccepts, grubCd } from '../support/grub'
import { linkKernel } from '../support/link-kernel'
import { findQemu } from '../support/qemu'
import { script } from './kernels'
import { runInOwnPc } from './own-pc'
import { bootImage, imageOf } from './qemu-judge'
import source from './qemu-kernels/dump.c?raw'

const COMMAND_LINE = 'root=/dev/hda1 verbose'
const MODULES = [
  { bytes: Uint8Array.from({ length: 70_001 }, (_, index) => (index * 31) >>> 3), commandLine: 'first module' },
  { bytes: Uint8Array.of(1, 2, 3), commandLine: '' },
]

/** A tag of a Multiboot 2 header, in assembly. */
const tag = (type: number, flags: number, ...words: (number | string)[]): string => `.balign 8; .short ${type}, ${flags}; .long ${8 + 4 * words.length}${words.map((word) => `, ${word}`).join('')};`

interface Case {
  version: 1 | 2
  defines?: Record<string, string | number>
  graphics?: boolean
}

const KERNELS: Record<string, Case> = {
  'Multiboot 1': { version: 1 },
  'Multiboot 2': { version: 2 },
  'Multiboot 2 with requests and aligned modules': { version: 2, defines: { TAGS: `"${tag(1, 0, 1, 2, 3, 4, 5, 6, 8, 9)}${tag(6, 0)}${tag(4, 0, 3)}"` } },
  'Multiboot 1 that asks for graphics': { version: 1, graphics: true, defines: { HEADER_FLAGS: 7, HEADER_REST: '", 0, 0, 0, 0, 0, 0, 800, 600, 32"' } },
  'Multiboot 2 that asks for graphics': { version: 2, graphics: true, defines: { TAGS: `"${tag(5, 1, 1280, 720, 24)}"` } },
  'Multiboot 2 that asks for any graphics or text': { version: 2, graphics: true, defines: { TAGS: `"${tag(5, 0, 640, 480, 32)}${tag(4, 0, 3)}"` } },
  'Multiboot 2 with an entry address': { version: 2, defines: { TAGS: `"${tag(3, 0, 'start')}"` } },
}

function kernelOf({ version, defines }: Case): Promise<Uint8Array> {
  return linkKernel({ bits: 32, source, defines: { VERSION: version, ...defines }, linkerScript: script('0x100000', '0') })
}

/** The report without what loaders differ in by right: their name, the medium, and what only one of them tells. */
function facts(serial: string): string[] {
  const lines = serial.split('\n').filter((line) => line !== '' && !/^(loader|boot device|drive|management|map)/.test(line))
  return [...lines, ...mapOf(serial)]
}

/** The memory map as such, whatever way it is cut into pieces. */
function mapOf(serial: string): string[] {
  const regions = [...serial.matchAll(/^map base=(\w+) bytes=(\w+) type=(\w+)$/gm)].map(([, base, bytes, type]) => ({ base: BigInt(base ?? 0), end: BigInt(base ?? 0) + BigInt(bytes ?? 0), type: BigInt(type ?? 0) }))
  const merged: typeof regions = []
  for (const region of regions.toSorted((a, b) => (a.base < b.base ? -1 : 1))) {
    const last = merged.at(-1)
    if (last && last.type === region.type && last.end === region.base) last.end = region.end
    else merged.push({ ...region })
  }
  return merged.map(({ base, end, type }) => `map ${base.toString(16)}-${end.toString(16)} ${type}`)
}

describe.skipIf(findQemu() === undefined || !hasGrub())('GRUB and Bootlab’s loader tell the same kernel the same', () => {
  test.each(Object.entries(KERNELS))('%s', async (_name, kernelCase) => {
    const kernel = await kernelOf(kernelCase)
    expect(grubAccepts(kernel, kernelCase.version)).toBe(true)
    const ours = await bootImage(await imageOf(kernel, COMMAND_LINE, { modules: MODULES }), { timeoutMs: 20_000 })
    const cd = grubCd({ kernel, multiboot: kernelCase.version, commandLine: COMMAND_LINE, modules: MODULES, graphics: kernelCase.graphics })
    const grubs = await bootImage(cd, { timeoutMs: 25_000, disk: 'CD' })
    expect(facts(ours.serial)).toEqual(facts(grubs.serial))
    expect(facts(ours.serial).filter((line) => line.startsWith('module'))).toHaveLength(2)
    expect(facts(ours.serial).some((line) => line.startsWith('section '))).toBe(true)
    expect(facts(ours.serial).find((line) => line.startsWith('screen'))).toMatch(kernelCase.graphics ? / type=0x0{15}1 colours=/ : / type=0x0{15}2$/)
  })
})

describe('in Bootlab’s own PC', () => {
  test.each(Object.entries(KERNELS))('%s', async (_name, kernelCase) => {
    const run = runInOwnPc(await imageOf(await kernelOf(kernelCase), COMMAND_LINE, { modules: MODULES }), { backend: DEFAULT_BACKEND, seconds: 5 })
    expect(run.outcome).toEqual({ reason: 'debug-exit', value: 0x10 })
    const lines = facts(run.serial)
    expect(lines.find((line) => line.startsWith('command line'))).toBe(`command line ${COMMAND_LINE}`)
    expect(lines.filter((line) => line.startsWith('module'))).toEqual([
      expect.stringMatching(/^module bytes=0x0{11}11171 hash=0x\w+ offset=0x0{16} first module$/),
      expect.stringMatching(/^module bytes=0x0{15}3 hash=0x\w+ offset=0x0{16} $/),
    ])
    expect(lines.filter((line) => line.startsWith('section ')).length).toBeGreaterThan(4)
    expect(lines.find((line) => line.startsWith('screen'))).toMatch(kernelCase.graphics ? / type=0x0{15}1 colours=/ : / type=0x0{15}2$/)
    expect(run.screen.mode).toBe(kernelCase.graphics ? 'graphics' : 'text')
    expect(run.serial).toMatch(kernelCase.version === 1 ? /^drive number=0x0{14}80 mode=0x0{15}1/m : /^boot device number=0x0{14}80 partition=0x0{16} sub=0x0{8}ffffffff$/m)
  })
})

/** Reports the MiB it runs in, wherever that is: it uses no address of its own. */
const ANYWHERE = `__asm__(${JSON.stringify(`.section .multiboot,"a"
.balign 8
header: .long 0xe85250d6, 0, header_end - header, -(0xe85250d6 + header_end - header)
${tag(10, 0, '0x3000000', '0x7000000', '0x1000000', 1)}
.balign 8
.short 0, 0
.long 8
header_end:
.text
.globl start
start: call 1f
1: popl %eax
  shrl $20, %eax
  movw $0x3f8, %dx
  outb %al, %dx
  movb $0x10, %al
  movw $0xf4, %dx
  outb %al, %dx
2: hlt
  jmp 2b
`)});`

test('a relocatable Multiboot 2 kernel is moved to where it wants to be', async () => {
  const kernel = await linkKernel({ bits: 32, source: ANYWHERE, linkerScript: script('0x100000', '0') })
  const run = runInOwnPc(await imageOf(kernel), { backend: DEFAULT_BACKEND, seconds: 2 })
  expect(run.outcome).toEqual({ reason: 'debug-exit', value: 0x10 })
  expect(run.serial.charCodeAt(0)).toBe(0x30)
})

describe.skipIf(!hasGrub())('the detector agrees with grub-file', () => {
  const words = (...values: number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer)
  const fileWith = (offset: number, header: Uint8Array): Uint8Array => {
    const file = new Uint8Array(0x10000)
    file.set(header, offset)
    return file
  }
  const FIRST = words(0x1badb002, 3, -(0x1badb002 + 3))
  const SECOND = words(0xe85250d6, 0, 24, -(0xe85250d6 + 24), 0, 8)
  test.each<[string, Uint8Array]>([
    ['Multiboot 1 at the start', fileWith(0, FIRST)],
    ['Multiboot 1 at the end of the window', fileWith(8192 - 12, FIRST)],
    ['Multiboot 1 behind the window', fileWith(8192, FIRST)],
    ['Multiboot 1 unaligned', fileWith(6, FIRST)],
    ['Multiboot 1 with a wrong checksum', fileWith(64, words(0x1badb002, 3, 0))],
    ['Multiboot 2 at the start', fileWith(0, SECOND)],
    ['Multiboot 2 behind the window', fileWith(32_768, SECOND)],
    ['Multiboot 2 aligned to 4 only', fileWith(4, SECOND)],
    ['Multiboot 2 with a wrong checksum', fileWith(8, words(0xe85250d6, 0, 24, 1, 0, 8))],
    ['neither', fileWith(0, words(1, 2, 3))],
  ])('%s', (_name, file) => {
    expect([findMultibootHeader(file).header !== undefined, findMultiboot2Header(file).header !== undefined]).toEqual([grubAccepts(file, 1), grubAccepts(file, 2)])
  })
})
