import { describe, expect, test } from 'vitest'
import type { FileMap, Inspection } from '../shared/inspection'
import { describeInspection, describeMap, describeOrigin } from './inspect-text'

const FOUND: Inspection = {
  version: 1,
  bytes: 4096,
  format: '32-bit ELF executable (ET_EXEC)',
  elf: {
    bits: 32,
    type: 'executable (ET_EXEC)',
    machine: 3,
    entry: '0x100000',
    entrySymbol: 'start',
    segments: [{ type: 'LOAD', offset: 4096, virtualAddress: '0xc0100000', physicalAddress: '0x100000', fileBytes: 16, memoryBytes: '0x20', flags: 'R-X', sections: ['.text', '.bss'] }],
    sections: [{ name: '.text', type: 'PROGBITS', address: '0xc0100000', offset: 4096, bytes: 16, flags: 'AX' }],
    symbolCount: 1,
    symbols: [{ name: `_R${'very'.repeat(30)}long`, address: '0xc0100000', bytes: '0x10', type: 'function', binding: 'global', section: '.text', source: 'kernel.c:3' }],
    sourceLines: 1,
    remarks: ['A remark.'],
  },
  headers: [{ name: 'Multiboot header', offset: 64, bytes: 12, fields: [{ name: 'flags', value: '0x3', meaning: 'memory information' }], remarks: [] }],
  bootedAs: 'multiboot1',
  protocols: [{ protocol: 'multiboot1', fits: true, reasons: [] }, { protocol: 'elf64', fits: false, reasons: ['It is a 32-bit file.'] }],
  foreign: [],
}

describe('an inspection', () => {
  const lines = describeInspection('kernel.elf', FOUND)
  test('begins with what the file is, and ends with who boots it', () => {
    expect(lines.slice(0, 2)).toEqual(['kernel.elf: 32-bit ELF executable (ET_EXEC), 4096 bytes', 'Booted as: multiboot1'])
    expect(lines.slice(-3)).toEqual(['  yes  multiboot1', '  no   elf64', '       It is a 32-bit file.'])
  })
  test('has run and load addresses in columns, and names that fit a screen', () => {
    expect(lines).toContain('  LOAD     0x1000  0xc0100000     0x100000         0x10     0x20       R-X  .text .bss')
    expect(lines.find((line) => line.includes('kernel.c:3'))?.length).toBeLessThan(140)
    expect(lines).toContain('Multiboot header at offset 0x40, 12 bytes')
  })
  test('is silent about what is not there', () => expect(lines.join('\n')).not.toMatch(/undefined|Partition|Also/))
})

describe('a map', () => {
  const map: FileMap = { version: 1, bytes: 2048, regions: [{ depth: 0, kind: 'volume', name: 'FAT12', offset: 512, bytes: 1024, base: 0 }, { depth: 1, kind: 'file', name: '/a', offset: 1024, bytes: 100, base: 512 }] }
  test('tells gaps, depth, and how far into a thing a piece begins', () =>
    expect(describeMap(map)).toEqual(['       0x0     0x200  (in no table, volume or program)', '     0x200     0x400  FAT12', '     0x400      0x64    file /a from +0x200', '     0x600     0x200  (in no table, volume or program)']))
})

describe('where a byte comes from', () => {
  test('from the outside in', () =>
    expect(describeOrigin({ version: 1, offset: 1030, chain: [{ kind: 'file', name: '/a', offset: 1024, bytes: 100, base: 512 }, { kind: 'symbol', name: 'work', offset: 1028, bytes: 8, base: 0, detail: 'k.c:1' }], address: '0x100006', source: { file: 'k.c', line: 2 } })).toEqual([
      '0x406:',
      '  file /a from +0x200, +0x206',
      '    symbol work, k.c:1, +0x2',
      'Run address 0x100006',
      'Compiled from k.c:2',
    ]))
  test('or that nothing is known', () => expect(describeOrigin({ version: 1, offset: 5, chain: [] })).toEqual(['0x5: in no table, volume or program that is known']))
})
