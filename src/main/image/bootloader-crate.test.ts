import { describe, expect, test } from 'vitest'
import { crateParameters } from './bootloader-crate'
import { ImageError } from './errors'

const ADDRESSES = ['stack-address', 'boot-info-address', 'physical-offset', 'recursive-address'] as const

function read(crate: Parameters<typeof crateParameters>[0]): { flags: number; pages: number; addresses: (bigint | undefined)[] } {
  const parameters = crateParameters(crate, 'k')
  return { flags: Number(parameters['crate-flags']), pages: Number(parameters['stack-pages']), addresses: ADDRESSES.map((name) => parameters[name]) }
}

describe('a version decides the hand-off', () => {
  const fixed = [0x57ac_0000_0000n, 0xb0_071f_0000n, 0xffff_fc00_0000_0000n, 0xffff_ffff_ffff_f000n]
  const free = [undefined, undefined, undefined, undefined]
  test.each<[string, number, (bigint | undefined)[]]>([
    ['0.6.1', 0, fixed],
    ['0.7.1', 0, fixed],
    ['0.8.1', 32, free],
    ['0.8.2', 32 | 64, free],
    ['0.8.7', 32 | 64, free],
    ['0.8.8', 16 | 32 | 64, free],
    ['0.9.0', 16 | 32 | 64, free],
    ['0.9.34', 16 | 32 | 64, free],
  ])('%s', (version, flags, addresses) => expect(read({ version, features: [] })).toEqual({ flags, pages: 512, addresses }))

  test.each(['0.5.3', '0.10.1', '0.11.16', '1.0.0', 'what'])('%s is refused', (version) => {
    expect(() => crateParameters({ version, features: [] }, 'k')).toThrow(ImageError)
    expect(() => crateParameters({ version, features: [] }, 'k')).toThrow(`version ${version} of the crate bootloader`)
  })
})

test('features and metadata', () => {
  expect(read({ version: '0.9.34', features: ['binary', 'recursive_page_table', 'map_physical_memory', 'sse', 'vga_320x200'] }).flags).toBe(127)
  const given = { kernelStackAddress: 0xffff_9000_0000_0000n, kernelStackPages: 64, bootInfoAddress: 0x1000n, physicalMemoryOffset: 0xffff_8000_0000_0000n }
  expect(read({ version: '0.9.34', features: [], ...given })).toMatchObject({ pages: 64, addresses: [0xffff_9000_0000_0000n, 0x1000n, 0xffff_8000_0000_0000n, undefined] })
})

test.each<[string, object, RegExp]>([
  ['an address inside a page', { kernelStackAddress: 0x1001n }, /kernel-stack-address is 0x1001/],
  ['an address that is not canonical', { bootInfoAddress: 0x8000_0000_0000n }, /boot-info-address is 0x800000000000/],
  ['an empty stack', { kernelStackPages: 0 }, /kernel-stack-size is 0/],
  ['half a page', { kernelStackPages: 1.5 }, /kernel-stack-size is 1.5/],
])('%s is refused', (_name, metadata, says) => {
  expect(() => crateParameters({ version: '0.9.34', features: [], ...metadata }, 'k')).toThrow(says)
})
