import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { requireTool } from '../../../../../tests/support/tools'
import { tablesOf } from '../test-tables'
import { eisaId, integer, nameString, packageOf, scope } from './aml'

const iasl = requireTool('iasl')
const folder = mkdtempSync(join(tmpdir(), 'bootlab-acpi-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('AML (ACPI 6.5, chapter 20)', () => {
  test('integers take the shortest form', () => {
    expect([0, 1, 2, 0x100, 0x1_0000, 2 ** 32].map(integer)).toEqual([[0], [1], [0x0a, 2], [0x0b, 0, 1], [0x0c, 0, 0, 1, 0], [0x0e, 0, 0, 0, 0, 1, 0, 0, 0]])
  })

  test('names are padded, and told apart by prefixes', () => {
    expect(['_S5', '\\_SB.PCI0', '\\_SB.PCI0.ISA'].map((name) => Buffer.from(nameString(name)).toString('latin1'))).toEqual(['_S5_', '\\\x2e_SB_PCI0', '\\\x2f\x03_SB_PCI0ISA_'])
  })

  test('EISA identifiers are packed', () => {
    expect(eisaId('PNP0A03')).toEqual([0x0c, 0x41, 0xd0, 0x0a, 0x03]) // as in the specification's example
  })

  // 20.2.4: one byte up to 3Fh, then the low four bits first. The length counts itself.
  test.each([[10, [0x0b]], [62, [0x3f]], [63, [0x41, 0x04]], [4093, [0x4f, 0xff]], [4094, [0x81, 0x00, 0x01]]])('lengths count themselves (%i bytes behind them)', (bytes, length) => {
    const content = Array.from({ length: bytes - 4 }, () => 0)
    expect(scope('NAME', content).slice(1, 1 + length.length)).toEqual(length)
  })

  test('packages have no more elements than a byte can count', () => {
    expect(packageOf([integer(0), integer(1)])).toEqual([0x12, 0x04, 2, 0, 1])
    expect(() => packageOf(Array.from({ length: 256 }, () => integer(0)))).toThrow(RangeError)
  })
})

describe('tables', () => {
  const tables = tablesOf({})

  test('are all there, sum up to 0, and lie in memory that E820 gives to ACPI', () => {
    expect([...tables.keys()].toSorted()).toEqual(['APIC', 'DSDT', 'FACP', 'FACS', 'HPET', 'RSDT', 'XSDT'])
    for (const [signature, { bytes }] of tables) if (signature !== 'FACS') expect(bytes.reduce((sum, byte) => sum + byte, 0) % 256, signature).toBe(0)
    const area = 16 * 2 ** 20 - 0x10000
    for (const { at, bytes } of tables.values()) expect(at >= area && at + bytes.length <= 16 * 2 ** 20).toBe(true)
    expect((tables.get('FACS')?.at ?? 1) % 64).toBe(0)
  })

  test('a PC without APIC has no MADT, one with little memory no ACPI', () => {
    expect(tablesOf({ model: '486' }).has('APIC')).toBe(false)
    expect(tablesOf({ memoryBytes: 2 << 20 }).size).toBe(0)
  })

  test.skipIf(!iasl)('iasl disassembles every table, and compiles what it got without a warning', () => {
    for (const [signature, { bytes }] of tables) {
      const file = join(folder, `${signature.toLowerCase()}.dat`)
      writeFileSync(file, bytes)
      expect(run(['-d', file]), signature).not.toMatch(/warning|error|invalid|incorrect/i)
      // A table that is data is read back as such, and RSDT and XSDT have nothing to compile.
      if (signature === 'DSDT') expect(run(['-oa', join(folder, 'dsdt.dsl')])).toContain('0 Errors, 0 Warnings')
    }
  })
})

function run(args: string[]): string {
  // Its greeting and its reports come on either stream.
  return execFileSync('sh', ['-c', `"$0" "$@" 2>&1`, iasl ?? '', ...args], { encoding: 'utf8' })
}
