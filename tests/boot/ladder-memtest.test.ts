/**
 * Debian's memtest86+ on our own firmware, started by syslinux as a Linux kernel: one pass over 8 MiB without an error.
 */
import { expect, test } from 'vitest'
import { climb, debianFile, hasSyslinux, syslinuxFloppy, told } from './ladder'

const LIMIT = 300_000
const NAMES = ['ia32', 'x64'] as const
const configuration = 'DEFAULT memtest\nPROMPT 0\nLABEL memtest\n LINUX memtest\n'
const file = (name: string): string | undefined => debianFile(`/boot/memtest86+${name}.bin`, 'memtest86+')

test.skipIf(!hasSyslinux() || file('x64') === undefined).each(NAMES)('memtest86+ %s finds no error in 8 MiB', { timeout: LIMIT }, (name) => {
  const image = syslinuxFloppy(configuration, [], { memtest: file(name) ?? '' })
  const run = climb({ image, medium: 'floppy', memoryMib: 8, untilText: 'Pass: 1', seconds: 600 })
  console.log(told(`memtest86+ ${name}`, run))
  expect(run.lines.join('\n')).toMatch(/Pass: 1\s+Errors: 0/)
})
