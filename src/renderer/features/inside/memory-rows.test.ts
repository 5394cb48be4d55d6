import { expect, test } from 'vitest'
import { toBase64 } from '../machine/base64'
import { byteAt, bytesAt, layoutRows, partOf, physicalAt, rowOf, stateAt } from './memory-rows'

/** Two pages: RAM that holds its own offsets, and one that is not mapped. */
function sample(change: (bytes: Uint8Array) => void = () => undefined) {
  const bytes = new Uint8Array(0x30)
  for (let at = 0; at < 0x20; at++) bytes[at] = at + 0x38
  change(bytes)
  return partOf('linear', {
    address: '0xfe0',
    data: toBase64(bytes),
    pages: [
      { address: '0xfe0', bytes: 0x20, state: 'ram', physical: '0x7fe0' },
      { address: '0x1000', bytes: 0x10, state: 'unmapped' },
    ],
  })
}

test('a row shows its bytes, their characters, and what its page is', () => {
  const [first, second, third, fourth] = layoutRows({ top: 0xfe0n, count: 4, group: 1, part: sample(), before: undefined })
  expect(first).toMatchObject({ address: 0xfe0n, state: 'ram' })
  expect(first?.cells.map(({ text }) => text).join(' ')).toBe('38 39 3a 3b 3c 3d 3e 3f 40 41 42 43 44 45 46 47')
  expect(first?.characters.map(({ text }) => text).join('')).toBe('89:;<=>?@ABCDEFG')
  expect(second?.characters.at(-1)?.text).toBe('W')
  expect(third).toMatchObject({ state: 'unmapped' })
  expect(third?.cells[0]?.text).toBe('··')
  expect(fourth).toMatchObject({ state: undefined })
})

test('groups are little-endian numbers', () => {
  const texts = (group: 2 | 4 | 8) => layoutRows({ top: 0xfe0n, count: 1, group, part: sample(), before: undefined })[0]?.cells.map(({ text }) => text)
  expect(texts(2)?.slice(0, 2)).toEqual(['3938', '3b3a'])
  expect(texts(4)?.[0]).toBe('3b3a3938')
  expect(texts(8)).toEqual(['3f3e3d3c3b3a3938', '4746454443424140'])
})

test('what differs from the pause before is marked, in its group and as a character', () => {
  const part = sample((bytes) => (bytes[5] = 0))
  const changes = (before: ReturnType<typeof sample>, group: 1 | 4) => layoutRows({ top: 0xfe0n, count: 2, group, part, before })[0]
  expect(changes(sample(), 1)?.cells.flatMap(({ changed }, index) => (changed ? [index] : []))).toEqual([5])
  expect(changes(sample(), 4)?.cells.flatMap(({ changed }, index) => (changed ? [index] : []))).toEqual([1])
  expect(changes(sample(), 1)?.characters[5]).toMatchObject({ text: '.', changed: true })
  // The same addresses of another space are other memory.
  expect(changes({ ...sample(), space: 'physical' }, 1)?.cells.some(({ changed }) => changed)).toBe(false)
})

test('rows end with the address space', () => {
  expect(layoutRows({ top: 0xffff_ffff_ffff_ffe0n, count: 9, group: 1, part: undefined, before: undefined }).map(({ address }) => address)).toEqual([0xffff_ffff_ffff_ffe0n, 0xffff_ffff_ffff_fff0n])
})

test('single bytes, what they are, and where they lie', () => {
  expect([byteAt(sample(), 0xfffn), byteAt(sample(), 0x1000n), byteAt(sample(), 0xfdfn)]).toEqual([0x57, undefined, undefined])
  expect([stateAt(sample(), 0x1000n), stateAt(sample(), 0x2000n)]).toEqual(['unmapped', undefined])
  expect([physicalAt(sample(), 0xff1n), physicalAt(sample(), 0x1001n)]).toEqual([0x7ff1n, undefined])
  expect([...bytesAt(sample(), 0xffen, 8)]).toEqual([0x56, 0x57])
  expect(rowOf(0x1234n)).toBe(0x1230n)
})
