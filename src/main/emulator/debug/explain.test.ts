import { describe, expect, test } from 'vitest'
import type { CpuRegisters, TripleFaultReport } from '../cpu/shutdown'
import type { FaultRecord } from '../cpu/system/exceptions'
import { describeFault, likelyCause } from './explain'

const REGISTERS: CpuRegisters = {
  cpuMode: 'long', codeSize: 64, rip: 0x201000n, rflags: 2n, general: [], cr0: 0x8000_0011n, cr2: 0n, cr3: 0x1000n, cr4: 0x20n, efer: 0x500n, segments: [],
  gdtr: { base: 0x9000n, limit: 0x2f }, idtr: { base: 0x20_3000n, limit: 0xfff },
}
const fault = (vector: number, errorCode?: number, address?: bigint): FaultRecord => ({ vector, errorCode, address })
const report = (chain: FaultRecord[], registers: Partial<CpuRegisters> = {}): TripleFaultReport => ({
  chain, registers: { ...REGISTERS, ...registers }, instruction: new Uint8Array(),
})

describe('page faults in words', () => {
  test.each([
    [0x0, 0xdeadn, 'kernel code was reading from 0xdead, and the page is not mapped'],
    [0x2, 0xdeadn, 'kernel code was writing to 0xdead, and the page is not mapped'],
    [0x7, 0xdeadn, 'user code was writing to 0xdead, and the page is mapped, but its permissions forbid it'],
    [0x27, 0xdeadn, 'user code was writing to 0xdead, and the page is mapped, but the rights of its protection key forbid it'],
    [0x9, 0xdeadn, 'reserved bit'],
    [0x10, 0xdeadn, 'fetching an instruction from 0xdead'],
    [0x0, 0x201000n, 'fetching an instruction from 0x201000'],
  ])('error code %i at %i', (code, address, expected) => {
    expect(describeFault(fault(14, code, address), REGISTERS).explanation).toContain(expected)
  })
})

test('selector errors name the table and the entry', () => {
  expect(describeFault(fault(13, 0x73), REGISTERS).explanation).toContain("the IDT's gate for vector 14")
  expect(describeFault(fault(11, 0x18), REGISTERS).explanation).toContain('entry 3 of the GDT (selector 0x18)')
  expect(describeFault(fault(10, 0x2c), REGISTERS).explanation).toContain('entry 5 of the LDT')
  expect(describeFault(fault(13, 0), REGISTERS)).toMatchObject({ name: '#GP', errorCode: 0 })
})

describe('the likely cause', () => {
  test.each([
    ['no IDT', report([fault(0), fault(13, 3)], { idtr: { base: 0n, limit: 0 } }), 'No IDT was loaded'],
    ['an IDT too small', report([fault(14, 0, 5n), fault(13, 0x73)], { idtr: { base: 0x3000n, limit: 0x7f } }), 'holds 8 entries'],
    ['an IDT that is not mapped', report([fault(6), fault(14, 0, 0x20_3060n)]), 'is not mapped by the page tables'],
    ['a gate that is no good', report([fault(6), fault(11, 0x33), fault(11, 0x43)]), "gate for vector 6 cannot be used"],
    ['a stack that is not mapped', report([fault(13, 0), fault(14, 2, 0xff8n), fault(14, 2, 0xff8n)]), 'at 0xff8 is not mapped'],
    ['a stack segment without room', report([fault(12, 0), fault(13, 0x63)], { cpuMode: 'protected', segments: [{ name: 'ss', selector: 0x18, base: 0n, limit: 0xffff_ffff, attributes: 0xc097 }] }), 'only offsets above its limit 0xffffffff are in it, which are none'],
    ['a wild jump', report([fault(14, 0, 0x201000n), fault(13, 0x73)], { idtr: { base: 0n, limit: 0 } }), 'a wild jump'],
  ])('%s', (_name, given, expected) => {
    expect(likelyCause(given)).toContain(expected)
  })
})
