import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { assembleFlat, type FlatAssembly } from './assemble-flat'
import { ownCache } from './testing'

const PROGRAM: FlatAssembly = {
  sources: [
    { name: 'values.h', text: '#define FIRST 0x11\n' },
    { name: 'start.S', text: '#include "values.h"\n.code16\n.globl _start\n_start: .byte FIRST, SECOND\n  call function\n' },
    { name: 'function.c', text: '#include "values.h"\nint function(void) { return FIRST; }\n' },
  ],
  linkerScript: 'SECTIONS { . = 0x7c00; .text : { *start.S.o(.text) *(.text) } /DISCARD/ : { *(.comment .note* .eh_frame) } }',
  defines: { SECOND: 0x22 },
  flags: ['-Os'],
}

it('assembles, compiles and links to bytes, and takes them from the cache the next time', async () => {
  const cache = await ownCache()
  const bytes = await assembleFlat(PROGRAM)
  expect(Array.from(bytes.subarray(0, 3))).toEqual([0x11, 0x22, 0xe8])
  expect(bytes.length).toBeLessThan(64)
  const [entry, ...others] = await readdir(join(cache, 'flat'))
  expect(others).toEqual([])
  const path = join(cache, 'flat', entry ?? '')
  expect(await readFile(path)).toEqual(Buffer.from(bytes))
  await writeFile(path, 'from the cache')
  expect(Buffer.from(await assembleFlat(PROGRAM)).toString()).toBe('from the cache')
})

it.each([
  ['a source', { sources: [{ name: 'a.S', text: '.byte 1\n' }] }],
  ['a definition', { defines: { SECOND: 0x23 } }],
  ['a flag', { flags: ['-Os', '-DX'] }],
  ['the linker script', { linkerScript: `${PROGRAM.linkerScript} ` }],
])('another %s is another program', async (_, change) => {
  const cache = await ownCache()
  await assembleFlat(PROGRAM)
  await assembleFlat({ ...PROGRAM, ...change })
  expect(await readdir(join(cache, 'flat'))).toHaveLength(2)
})

it('rejects with the words of the compiler, and caches nothing', async () => {
  const cache = await ownCache()
  await expect(assembleFlat({ ...PROGRAM, sources: [{ name: 'bad.S', text: 'movv\n' }] })).rejects.toThrow(/bad\.S:1:1.*invalid instruction mnemonic 'movv'/s)
  await expect(assembleFlat({ ...PROGRAM, linkerScript: 'SECTIONS {' })).rejects.toThrow(/link\.ld:1/)
  expect(await readdir(join(cache, 'flat'))).toEqual([])
})

it('refuses names that leave its folder', async () => {
  await ownCache()
  await expect(assembleFlat({ ...PROGRAM, sources: [{ name: '../a.S', text: '' }] })).rejects.toThrow(/not a plain file name/)
})
