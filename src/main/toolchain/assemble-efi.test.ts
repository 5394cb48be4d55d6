import { expect, it } from 'vitest'
import { assembleEfi, type EfiAssembly } from './assemble-efi'
import { ownCache } from './testing'

const PROGRAM: Omit<EfiAssembly, 'machine'> = {
  sources: [
    { name: 'main.c', text: 'extern unsigned long long add(unsigned long long);\nvoid *at;\nunsigned long long efi_main(void *image, void *table) { at = table; return add((unsigned long long)(image == &at)); }\n' },
    { name: 'add.c', text: 'unsigned long long add(unsigned long long value) { return value + NUMBER; }\n' },
  ],
  defines: { NUMBER: 3 },
  flags: ['-Os'],
}

/** Microsoft PE Format: COFF file header, optional header. */
function readHeaders(file: Uint8Array): { machine: number; time: number; magic: number; subsystem: number } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const at = view.getUint32(0x3c, true)
  expect(view.getUint32(at, true)).toBe(0x4550)
  return { machine: view.getUint16(at + 4, true), time: view.getUint32(at + 8, true), magic: view.getUint16(at + 24, true), subsystem: view.getUint16(at + 24 + 68, true) }
}

it.each([
  ['x64', { machine: 0x8664, time: 0, magic: 0x20b, subsystem: 10 }],
  ['ia32', { machine: 0x14c, time: 0, magic: 0x10b, subsystem: 10 }],
] as const)('makes an EFI application for %s, the same bytes each time', async (machine, headers) => {
  await ownCache()
  const first = await assembleEfi({ ...PROGRAM, machine })
  expect(readHeaders(first)).toEqual(headers)
  await ownCache()
  expect(Buffer.from(await assembleEfi({ ...PROGRAM, machine })).equals(first)).toBe(true)
})

it('rejects with the words of the linker', async () => {
  await ownCache()
  await expect(assembleEfi({ ...PROGRAM, machine: 'x64', sources: PROGRAM.sources.slice(0, 1) })).rejects.toThrow(/undefined symbol: add/)
})
