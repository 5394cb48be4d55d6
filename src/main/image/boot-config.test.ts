import { describe, expect, test } from 'vitest'
import { type BootConfig, formatBootConfig, parseBootConfig } from './boot-config'
import { ImageError } from './errors'

const config: BootConfig = {
  timeout: 5,
  default: 2,
  entries: [
    { title: 'A kernel', protocol: 'multiboot2', kernel: '/boot/kernel.elf', commandLine: '  quiet # loud ', modules: [{ path: '/boot/a b.img', commandLine: 'first' }, { path: '@17+3000', commandLine: '' }], parameters: {} },
    { title: 'Ein flacher Kern, größer', protocol: 'flat16', kernel: '@1+512', commandLine: '', modules: [], parameters: { address: 0x8000n, 'stack-address': 0xffff_ffff_ffff_f000n } },
  ],
}
const entry = 'entry x\nkernel /k\n'

describe('a boot configuration', () => {
  test('is a text that gives it back', () => {
    const text = formatBootConfig(config)
    expect(text).toBe(`# What the boot loader starts.
timeout 5
default 2
entry A kernel
protocol multiboot2
kernel /boot/kernel.elf
cmdline   quiet # loud ${''}
module /boot/a b.img
module-cmdline first
module @17+3000
entry Ein flacher Kern, größer
protocol flat16
kernel @1+512
address 0x8000
stack-address 0xfffffffffffff000
`)
    expect(parseBootConfig(text)).toEqual(config)
  })
  test('may be written by hand: comments, indents, Windows line ends, nothing but the kernel', () => {
    expect(parseBootConfig('\r\n  # mine\r\nentry  Mine \r\n\tkernel\t/k\r\n')).toEqual({ default: 1, entries: [{ title: 'Mine', kernel: '/k', commandLine: '', modules: [], parameters: {} }] })
  })
  test.each<[string, string, RegExp]>([
    ['nothing', '', /cfg:1: There is no entry/],
    ['an unknown word', `${entry}colour red\n`, /cfg:3: "colour" is no word/],
    ['a word of JavaScript', `${entry}constructor 1\n`, /cfg:3: "constructor" is no word/],
    ['a carriage return inside', `${entry}cmdline a\rb`, /cfg:3: The line holds a zero byte, or a carriage return/],
    ['a zero byte', '# \0', /cfg:1: The line holds a zero byte/],
    ['a kernel outside', 'kernel /k\n', /cfg:1: "kernel" belongs to an entry/],
    ['two kernels', `${entry}kernel /k\n`, /cfg:3: "kernel" stands a second time/],
    ['no kernel', 'timeout 1\nentry x\n', /cfg:2: The entry "x" names no kernel/],
    ['an unknown protocol', `${entry}protocol multiboot3`, /cfg:3: "protocol" names "multiboot3"; the protocols are multiboot1, /],
    ['a command line for no module', `${entry}module-cmdline x`, /cfg:3: "module-cmdline" belongs to a module/],
    ['a number that is none', `${entry}address eight`, /cfg:3: "address" has a value that is no number/],
    ['a number too large', `${entry}address 0x10000000000000000`, /no number/],
    ['a late timeout', `${entry}timeout 5`, /cfg:3: "timeout" stands below an entry/],
    ['a long timeout', 'timeout 3601', /from 0 to 3600/],
    ['a default beyond', `default 2\n${entry}`, /default entry is 2, and there are 1/],
    ['ten entries', entry.repeat(10), /cfg:19: "entry" is one too many: a menu has at most 9/],
    ['a long command line', `${entry}cmdline ${'x'.repeat(4096)}`, /4096 bytes; at most 4095/],
    ['a long text', `${entry}${'# x\n'.repeat(5000)}`, /20018 bytes; at most 16384/],
  ])('with %s is refused, with the line', (_name, text, says) => {
    expect(() => parseBootConfig(text, 'cfg')).toThrow(ImageError)
    expect(() => parseBootConfig(text, 'cfg')).toThrow(says)
  })
  test.each<[string, Partial<BootConfig['entries'][number]>, RegExp]>([
    ['a line break in a command line', { commandLine: 'a\nb' }, /command line has a line break at offset 1/],
    ['a zero byte in a command line', { commandLine: 'ä\0b' }, /command line has a zero byte at offset 2/],
    ['a long command line', { commandLine: 'é'.repeat(2048) }, /4096 bytes; at most 4095/],
    ['too many modules', { modules: Array.from({ length: 129 }, () => ({ path: '/m', commandLine: '' })) }, /129 modules; at most 128/],
    ['more text than fits', { modules: Array.from({ length: 5 }, () => ({ path: '/m', commandLine: 'x'.repeat(4000) })) }, /have 20\d+ bytes together/],
  ])('is not made of %s', (_name, change, says) => {
    const [first] = config.entries
    if (!first) throw new Error('no entry')
    expect(() => formatBootConfig({ default: 1, entries: [{ ...first, ...change }] })).toThrow(says)
  })
})
