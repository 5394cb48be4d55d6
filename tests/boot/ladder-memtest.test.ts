/**
 * Debian's memtest86+ on our own firmware, started by syslinux as a Linux kernel: its first tests over 8 MiB without an error. A whole pass takes
 * minutes, most of them waiting: `tests/judges/memtest.ts`.
 */
import { expect, test } from 'vitest'
import { climb, debianFile, hasSyslinux, syslinuxFloppy, told } from './ladder'

const LIMIT = 120_000
const file = debianFile('/boot/memtest86+ia32.bin', 'memtest86+')

test.skipIf(!hasSyslinux() || file === undefined)('memtest86+ finds no error in 8 MiB', { timeout: LIMIT }, () => {
  const image = syslinuxFloppy('DEFAULT memtest\nPROMPT 0\nLABEL memtest\n LINUX memtest\n', [], { memtest: file ?? '' })
  const run = climb({ image, medium: 'floppy', memoryMib: 8, untilText: 'Test #3', seconds: 60 })
  console.log(told('memtest86+', run))
  expect(run.lines.join('\n')).toMatch(/Test #3/)
  expect(run.lines.join('\n')).toMatch(/Errors: 0\s/)
})
