import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { requireTool } from '../../../tests/support/tools'
import { linkKernel } from '../../../tests/support/link-kernel'
import { parseElf, readSymbols } from './elf'
import { noise, sampleElf } from './elf-sample'
import { ImageError } from './errors'

const content = noise(300, 1)
const samples = ([32, 64] as const).map((bits) => ({
  bits,
  file: sampleElf({ bits, segments: [{ virtualAddress: 0x100000n, content, memoryBytes: 0x1000n }, { virtualAddress: 0x200000n, physicalAddress: 0x300000n, content: noise(9, 2) }] }),
}))

/** Runs the parser on everything it reads. */
function read(bytes: Uint8Array): void {
  readSymbols(bytes, parseElf(bytes))
}

/** The bytes are refused with all four sentences; anything else that is thrown fails the test. */
function expectRefusal(bytes: Uint8Array): ImageError {
  try {
    read(bytes)
  } catch (error) {
    if (!(error instanceof ImageError)) throw error
    for (const sentence of [error.what, error.where, error.why, error.next]) expect(sentence).not.toBe('')
    return error
  }
  throw new Error('The bytes were accepted.')
}

describe('a whole ELF file', () => {
  test.each(samples)('$bits bits', ({ bits, file }) => {
    const elf = parseElf(file)
    expect(elf).toMatchObject({ bits, type: 2, machine: bits === 64 ? 62 : 3, entry: 0x100000n })
    expect(elf.segments).toHaveLength(2)
    expect(elf.segments[0]).toMatchObject({ type: 1, flags: 5, virtualAddress: 0x100000n, physicalAddress: 0x100000n, fileBytes: 300, memoryBytes: 0x1000n })
    expect(elf.segments[1]).toMatchObject({ virtualAddress: 0x200000n, physicalAddress: 0x300000n, fileBytes: 9 })
    expect(file.subarray(elf.segments[0]?.offset).slice(0, 300)).toEqual(content)
    expect(elf.sections.map(({ name }) => name)).toEqual(['', '.text', '.shstrtab', '.symtab', '.strtab'])
    expect(readSymbols(file, elf)).toEqual([{ name: 'start', address: 0x100000n, bytes: 5n, type: 2, binding: 1, sectionIndex: 1 }])
  })

  test('addresses of the upper half keep all their bits', () => {
    const file = sampleElf({ bits: 64, segments: [{ virtualAddress: 0xffffffff80123456n, content }] })
    expect(parseElf(file).segments[0]?.virtualAddress).toBe(0xffffffff80123456n)
    expect(parseElf(file).entry).toBe(0xffffffff80123456n)
  })
})

describe('a damaged ELF file is refused, never misread', () => {
  test('empty', () => expect(expectRefusal(new Uint8Array()).what).toBe('The file is empty.'))

  test('random bytes', () => {
    expect(expectRefusal(noise(5000, 7)).what).toMatch(/^This is not an ELF file: it starts with [0-9a-f ]{11} instead of 7f 45 4c 46\.$/)
  })

  test.each(samples)('cut off at every length, $bits bits', ({ file }) => {
    for (let length = 0; length < file.length; length++) expectRefusal(file.subarray(0, length))
  })

  test.each(samples)('noise after the magic number gives an answer or a refusal, $bits bits', ({ bits }) => {
    for (let seed = 1; seed <= 200; seed++) {
      const file = noise(400, seed)
      file.set([0x7f, 0x45, 0x4c, 0x46, bits / 32, 1])
      expectRefusal(file)
    }
  })

  test.each(samples)('every byte of the headers set to extremes, $bits bits', ({ file }) => {
    for (let at = 0; at < file.length; at++)
      for (const value of [0, 0x7f, 0x80, 0xff]) {
        const changed = file.slice()
        changed[at] = value
        try {
          read(changed)
        } catch (error) {
          if (!(error instanceof ImageError)) throw error
        }
      }
  })

  test.each<[string, (view: DataView) => void, RegExp]>([
    ['section headers far outside', (view) => view.setBigUint64(40, 2n ** 63n, true), /section header table/],
    ['program headers far outside', (view) => view.setBigUint64(32, 2n ** 64n - 1n, true), /program header table/],
    ['a count of sections beyond all files', (view) => view.setUint16(60, 0xffff, true), /section header table/],
    ['huge segment content', (view) => view.setBigUint64(64 + 32, 2n ** 62n, true), /content of segment 0/],
    ['tiny program headers', (view) => view.setUint16(54, 8, true), /program header has 8 bytes/],
    ['tiny section headers', (view) => view.setUint16(58, 8, true), /section header has 8 bytes/],
    ['a segment larger in the file than in memory', (view) => view.setBigUint64(64 + 40, 1n, true), /but only 0x1 in memory/],
    ['big endian', (view) => view.setUint8(5, 2), /data encoding 2/],
    ['an unknown class', (view) => view.setUint8(4, 7), /class 7/],
    ['65535 program headers', (view) => view.setUint16(56, 0xfffe, true), /program header table/],
  ])('%s', (_name, change, says) => {
    const file = samples[1]?.file.slice() ?? new Uint8Array()
    change(new DataView(file.buffer))
    expect(expectRefusal(file).what).toMatch(says)
  })
})

test('a damaged string table does not make every name as long as the file', () => {
  const file = new Uint8Array(samples[1]?.file ?? [])
  const names = parseElf(file).sections[2]
  const padded = new Uint8Array(file.length + 100_000).fill(0x41)
  padded.set(file)
  // The name table now is the padding: no zero byte in 100,000.
  const view = new DataView(padded.buffer)
  const at = Number(view.getBigUint64(40, true)) + 2 * 64
  expect(Number(view.getBigUint64(at + 24, true))).toBe(names?.offset)
  view.setBigUint64(at + 24, BigInt(file.length), true)
  view.setBigUint64(at + 32, 100_000n, true)
  expect(parseElf(padded).sections[1]?.name).toHaveLength(4096)
})

const readelf = requireTool('readelf')

/** readelf's lines whose columns start with a number, split at blanks. */
function rows(option: string, file: Uint8Array): string[][] {
  const folder = mkdtempSync(join(tmpdir(), 'bootlab-elf-'))
  try {
    const path = join(folder, 'kernel.elf')
    writeFileSync(path, file)
    const output = execFileSync(readelf ?? '', [option, '--wide', path], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } })
    return output.split('\n').map((line) => line.replace(/^\s*\[\s*(\d+)\]/, '$1').trim().split(/\s+/))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

describe.skipIf(readelf === undefined)('agrees with readelf about what the linker made', () => {
  test.each([32, 64] as const)('%i bits', async (bits) => {
    const file = await linkKernel({ bits, source: 'int data = 3, cleared[100]; const char text[] = "some text"; int start(void) { return data + cleared[5] + text[2]; }' })
    const elf = parseElf(file)
    const loads = rows('-l', file).filter(([type]) => type === 'LOAD')
    expect(elf.segments.filter(({ type }) => type === 1).map((s) => [s.offset, s.virtualAddress, s.physicalAddress, s.fileBytes, s.memoryBytes].map(BigInt))).toEqual(
      loads.map((columns) => columns.slice(1, 6).map(BigInt)),
    )
    expect(loads.length).toBeGreaterThan(1)

    const sections = rows('-S', file).filter(([index]) => /^[1-9]\d*$/.test(index ?? ''))
    expect(elf.sections.slice(1).map((s) => [s.name, s.address, BigInt(s.offset), BigInt(s.bytes)])).toEqual(
      sections.map((columns) => [columns[1], BigInt(`0x${columns[3]}`), BigInt(`0x${columns[4]}`), BigInt(`0x${columns[5]}`)]),
    )

    const symbols = rows('-s', file).filter(([index]) => /^[1-9]\d*:$/.test(index ?? ''))
    expect(readSymbols(file, elf).map((s) => [s.name, s.address, Number(s.bytes)])).toEqual(
      symbols.map((columns) => [columns[7] ?? '', BigInt(`0x${columns[1]}`), Number(columns[2])]),
    )
    expect(readSymbols(file, elf).find(({ name }) => name === 'start')?.address).toBe(elf.entry)
  })
})
