/** A boot configuration that names no protocol: the loader finds the one that the image builder finds. About 5 seconds alone. */
import { describe, expect, test } from 'vitest'
import { planKernel } from '../../src/main/image/kernel'
import { LIMINE_COMMON } from '../../src/main/image/limine-requests'
import type { BootProtocol } from '../../src/shared/boot'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { linkKernel } from '../support/link-kernel'
import { crateSection } from './crate11-config'
import { header, script } from './kernels'
import { runInOwnPc } from './own-pc'
import { imageOf } from './qemu-judge'
import { setConfig } from './refusals'

/** Says on COM1 what EAX and EDI hold, which tells the protocols apart, and ends the run; the same instructions in every mode. */
const SAY = ['movl %eax, %ecx', 'movw $0x3f8, %dx', ...['%ecx', '%edi'].flatMap((register) => [`movl ${register}, %eax`, ...[0, 1, 2, 3].flatMap(() => ['outb %al, %dx', 'shrl $8, %eax'])]), 'movb $0x10, %al', 'movw $0xf4, %dx', 'outb %al, %dx', '1: jmp 1b']
const source = (more = ''): string => `${more}__asm__(${JSON.stringify(`.text\n.globl start\nstart: ${SAY.join('\n')}\n.data\n.long 1\n`)});`
const section = (name: string, content: string): string => `__asm__(${JSON.stringify(`.section ${name},"aw"\n.balign 8\n${content}\n`)});`

const MULTIBOOT2 = section('.multiboot', `.long 0xe85250d6, 0, 24, ${-(0xe85250d6 + 24) >>> 0}, 0, 8`)
const LIMINE = section('.data', `.quad ${[...LIMINE_COMMON, 0xf55038d8e2a1202fn, 0x279426fcf5f59740n, 0n, 0n].map(String).join(', ')}`)
const HIGHER_HALF = ['--image-base=0xffffffff80000000', '-z', 'separate-code']

const KERNELS: [BootProtocol, () => Promise<Uint8Array>][] = [
  ['elf32', () => linkKernel({ bits: 32, source: source() })],
  ['elf64', () => linkKernel({ bits: 64, source: source() })],
  ['multiboot1', () => linkKernel({ bits: 32, source: source(`__asm__(${header(3)});`), linkerScript: script('0x100000', '0') })],
  ['multiboot2', () => linkKernel({ bits: 32, source: source(MULTIBOOT2), linkerScript: script('0x100000', '0') })],
  ['limine', () => linkKernel({ bits: 64, source: source(LIMINE), linkArguments: HIGHER_HALF })],
  ['bootloader11', () => linkKernel({ bits: 64, source: source(section('.bootloader-config', `.byte ${crateSection({ patch: 16 }).join(', ')}`)), linkArguments: ['-z', 'separate-code'] })],
]

describe('without a line "protocol"', () => {
  test.each(KERNELS)('%s', async (protocol, link) => {
    const kernel = await link()
    expect(planKernel(kernel).protocol).toBe(protocol)
    const named = await imageOf(kernel)
    const left = named.slice()
    setConfig(left, `protocol ${protocol}\n`, '')
    const [first, second] = [named, left].map((image) => runInOwnPc(image, { backend: DEFAULT_BACKEND, seconds: 5 }))
    expect(first?.outcome).toEqual({ reason: 'debug-exit', value: 0x10 })
    expect(first?.serial).toHaveLength(8)
    expect([second?.outcome, second?.serial]).toEqual([first?.outcome, first?.serial])
  })
})
