import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { requireTool } from '../../../../tests/support/tools'
import { bootedPc, findSignature } from './test-tables'
import { buildSmbios } from './smbios'

const dmidecode = requireTool('dmidecode')
const folder = mkdtempSync(join(tmpdir(), 'bootlab-smbios-'))
afterAll(() => rmSync(folder, { recursive: true }))

const sum = (bytes: Uint8Array): number => bytes.reduce((all, byte) => all + byte, 0) % 256

describe('MP table (Intel MultiProcessor Specification 1.4, chapter 4)', () => {
  const machine = bootedPc({})
  const { memory } = machine
  const pointer = findSignature(machine, '_MP_') ?? 0
  const table = memory.read32(pointer + 4)
  const bytes = memory.readBytes(table, memory.read16(table + 4))
  /** Entries by type; a processor's has 20 bytes, all others 8. */
  const entries = new Map<number, Uint8Array[]>()
  for (let at = 44; at < bytes.length; at += bytes[at] === 0 ? 20 : 8) entries.set(bytes[at] ?? 0, [...(entries.get(bytes[at] ?? 0) ?? []), bytes.subarray(at, at + (bytes[at] === 0 ? 20 : 8))])

  test('pointer and table sum up to 0, and the table has as many entries as it says', () => {
    expect([sum(memory.readBytes(pointer, 16)), sum(bytes)]).toEqual([0, 0])
    expect(Buffer.from(bytes.subarray(0, 4)).toString()).toBe('PCMP')
    expect([...entries.values()].flat()).toHaveLength(memory.read16(table + 34))
  })

  test('names the processor that boots, both buses, and the I/O APIC', () => {
    expect(entries.get(0)).toHaveLength(1)
    expect([entries.get(0)?.[0]?.[1], entries.get(0)?.[0]?.[3]]).toEqual([0, 3])
    expect(entries.get(1)?.map((entry) => Buffer.from(entry.subarray(2)).toString())).toEqual(['PCI   ', 'ISA   '])
    expect(entries.get(2)).toHaveLength(1)
  })

  test('leads the timer to input 2 and INTA# of device 1 to input 16', () => {
    const inputOf = (bus: number, source: number): number | undefined => entries.get(3)?.find((entry) => entry[1] === 0 && entry[4] === bus && entry[5] === source)?.[7]
    expect([inputOf(1, 0), inputOf(1, 1), inputOf(1, 9), inputOf(0, 1 << 2), inputOf(0, (3 << 2) | 3)]).toEqual([2, 1, 9, 16, 17])
  })
})

describe('SMBIOS (DSP0134 2.8.0)', () => {
  test('is in the ROM, with both checksums', () => {
    const machine = bootedPc({})
    const at = findSignature(machine, '_SM_') ?? 0
    const entry = machine.memory.readBytes(at, 31)
    expect([sum(entry), sum(entry.subarray(16))]).toEqual([0, 0])
  })

  test.skipIf(!dmidecode)('dmidecode understands it', () => {
    const file = join(folder, 'smbios.bin')
    writeFileSync(file, buildSmbios({ memoryBytes: 64 << 20, processors: 1, processor: 'Some Processor', has64Bit: true, signature: 0x6f1, features: 1, romBytes: 0x10000 }, 0))
    const text = execFileSync(dmidecode ?? '', ['--from-dump', file], { encoding: 'utf8' })
    expect(text).not.toMatch(/broken|truncated|out of spec|bad index|invalid/i)
    for (const line of ['SMBIOS 2.8 present.', 'Vendor: Bootlab', 'Version: Some Processor', 'Maximum Capacity: 64 MB', 'Range Size: 64 MB', 'System is a virtual machine']) expect(text).toContain(line)
  })
})
