import { describe, expect, test } from 'vitest'
import { sampleElf } from './elf-sample'
import { parseElf } from './elf'
import { ImageError } from './errors'
import { planKernel } from './kernel'
import { findLimine } from './limine'
import { LIMINE_COMMON, LIMINE_END_MARKER, LIMINE_FEATURES, LIMINE_REVISION_TAG, LIMINE_START_MARKER } from './limine-requests'

const BASE = 0xffff_ffff_8000_0000n

/** Words of 8 bytes. */
const bytesOf = (...words: readonly bigint[]): Uint8Array => new Uint8Array(BigUint64Array.from(words).buffer)
const request = (key: string, ...fields: bigint[]): bigint[] => {
  const feature = LIMINE_FEATURES.find((candidate) => candidate.key === key)
  if (!feature) throw new Error(`There is no feature ${key}.`)
  return [...LIMINE_COMMON, ...feature.id, 0n, 0n, ...fields]
}
const tag = (revision: bigint): bigint[] => [...LIMINE_REVISION_TAG, revision]
const kernel = (content: Uint8Array, virtualAddress = BASE): Uint8Array => sampleElf({ bits: 64, segments: [{ virtualAddress, content }] })
const found = (content: Uint8Array, virtualAddress = BASE): ReturnType<typeof findLimine> => {
  const file = kernel(content, virtualAddress)
  return findLimine(file, parseElf(file))
}
const names = (requests: readonly { feature?: { name: string } }[]): (string | undefined)[] => requests.map(({ feature }) => feature?.name)

describe('the search', () => {
  test('finds requests and the base revision', () => {
    const limine = found(bytesOf(0n, ...tag(3n), ...request('HHDM'), ...request('MEMORY_MAP')))
    expect(limine).toMatchObject({ revision: 3n, outside: [], unaligned: [], section: false })
    expect(names(limine?.requests ?? [])).toEqual(['HHDM', 'Memory Map'])
    expect(limine?.requests[0]?.address).toBe(BASE + 32n)
  })
  test('without a tag the revision is 0', () => expect(found(bytesOf(...request('RSDP')))).toMatchObject({ revision: 0n }))
  test('only counts what is between the markers', () => {
    const limine = found(bytesOf(...request('RSDP'), ...LIMINE_START_MARKER, ...tag(6n), ...request('HHDM'), ...LIMINE_END_MARKER, ...request('SMBIOS')))
    expect(limine?.revision).toBe(6n)
    expect(names(limine?.requests ?? [])).toEqual(['HHDM'])
    expect(names(limine?.outside ?? [])).toEqual(['RSDP', 'SMBIOS'])
  })
  test('the last start marker counts', () => {
    expect(names(found(bytesOf(...LIMINE_START_MARKER, ...request('HHDM'), ...LIMINE_START_MARKER, ...request('RSDP')))?.requests ?? [])).toEqual(['RSDP'])
  })
  test('tells what is not aligned', () => expect(found(new Uint8Array([0, 0, 0, 0, ...bytesOf(...request('HHDM'))]))).toMatchObject({ requests: [], unaligned: [expect.any(Number)] }))
  test('counts from the address, not from the offset in the file', () => expect(names(found(new Uint8Array([0, 0, 0, 0, ...bytesOf(...request('HHDM'))]), BASE + 4n)?.requests ?? [])).toEqual(['HHDM']))
  test('finds nothing in other kernels', () => expect(found(new Uint8Array(4096))).toBeUndefined())
  test('a request that the segment ends in is none', () => expect(found(bytesOf(...LIMINE_COMMON))?.requests ?? []).toEqual([]))
})

describe('the kernel', () => {
  test('is booted by the protocol', () => expect(planKernel(kernel(bytesOf(...tag(6n), ...request('HHDM'))), 'k')).toMatchObject({ protocol: 'limine', warnings: [] }))
  test.each<[string, Uint8Array, RegExp]>([
    ['a revision that is not known', kernel(bytesOf(...tag(7n), ...request('HHDM'))), /asks for base revision 7.*0 to 6/],
    ['a request twice', kernel(bytesOf(...tag(1n), ...request('HHDM'), ...request('HHDM'))), /the Limine request HHDM twice/],
    ['an address in the lower half', kernel(bytesOf(...request('HHDM')), 0x200000n), /0x200000 does not lie in the last 2 GiB/],
    ['a stack of terabytes', kernel(bytesOf(...request('STACK_SIZE', 1n << 40n))), /a stack of 0x10000000000 bytes/],
    ['an entry point elsewhere', kernel(bytesOf(...request('ENTRY_POINT', 0x1000n))), /Entry Point request names 0x1000/],
  ])('with %s is refused', (_name, file, says) => {
    expect(() => planKernel(file, 'k')).toThrow(ImageError)
    try {
      planKernel(file, 'k')
    } catch (error) {
      expect(error instanceof ImageError && `${error.what} ${error.why}`).toMatch(says)
    }
  })
  test('without requests is told where they must be', () => expect(() => planKernel(kernel(new Uint8Array(64)), 'k', { protocol: 'limine' })).toThrow(/no Limine request and no base revision tag/))
  test('with requests that no loader finds gets a warning each', () => {
    const content = bytesOf(...LIMINE_START_MARKER, ...tag(6n), ...request('HHDM'), ...LIMINE_END_MARKER, ...request('SMBIOS'))
    expect(planKernel(kernel(content), 'k').warnings).toEqual([expect.stringMatching(/^k\+0x[0-9a-f]+: the Limine request SMBIOS lies outside the start and end markers/)])
  })
  test('that needs 5-level paging is told where it will not run', () => {
    const paging = [...request('PAGING_MODE').slice(0, 4), 1n, 0n]
    expect(planKernel(kernel(bytesOf(...tag(6n), ...paging, 1n, 1n, 1n)), 'k').warnings).toEqual([expect.stringMatching(/needs 5-level paging/)])
    expect(planKernel(kernel(bytesOf(...tag(6n), ...paging, 1n, 1n, 0n)), 'k').warnings).toEqual([])
  })
  test('with an unknown request gets a warning', () => {
    expect(planKernel(kernel(bytesOf(...tag(6n), ...LIMINE_COMMON, 1n, 2n, 0n, 0n)), 'k').warnings).toEqual([expect.stringMatching(/no request with this identifier/)])
  })
})
