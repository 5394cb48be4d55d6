import { expect, test } from 'vitest'
import { readWanted } from './go-to'

test.each([
  ['', undefined],
  ['  ', undefined],
  ['0x1be', { offset: 0x1be }],
  [' 446 ', { offset: 446 }],
  ['7c00h', { offset: 0x7c00 }],
  ['lba 2048', { offset: 2048 * 512 }],
  ['LBA: 0x10', { offset: 16 * 512 }],
  ['sector 3', { offset: 1536 }],
  ['扇区 3', { offset: 1536 }],
  ['kernel.c:12', { things: [{ file: 'kernel.c', line: 12 }, { symbol: 'kernel.c:12' }] }],
  ['src/a b.c:12:5', { things: [{ file: 'src/a b.c', line: 12 }, { symbol: 'src/a b.c:12:5' }] }],
  ['C:\\k\\kernel.c:7', { things: [{ file: 'C:\\k\\kernel.c', line: 7 }, { symbol: 'C:\\k\\kernel.c:7' }] }],
  ['kernel.c:0', { things: [{ symbol: 'kernel.c:0' }, { path: 'kernel.c:0' }] }],
  ['core::fmt::write', { things: [{ symbol: 'core::fmt::write' }, { path: 'core::fmt::write' }] }],
  ['/boot/kernel.elf', { things: [{ path: '/boot/kernel.elf' }] }],
  ['kernel_main', { things: [{ symbol: 'kernel_main' }, { path: 'kernel_main' }] }],
  ['each', { things: [{ symbol: 'each' }, { path: 'each' }] }],
  ['beef', { things: [{ symbol: 'beef' }, { path: 'beef' }] }],
])('%j', (text, wanted) => expect(readWanted(text)).toEqual(wanted))
