import { describe, expect, it } from 'vitest'
import { RIP_SLOT, ZERO_SLOT } from '../state/layout'
import { decode } from './decode'
import type { CodeMode, Decoded } from './decoded'
import { disassemble } from './disassemble'
import { IcedJudge } from './iced-judge'
import { random, sample } from './sample-bytes'

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.replaceAll(' ', '').match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
}

function decoded(hex: string, mode: CodeMode): Decoded {
  const result = decode(bytesOf(hex), mode)
  if (result.outcome !== 'instruction') throw new Error(`${hex} decodes as ${result.outcome}`)
  return result
}

describe('decode', () => {
  it('tells missing bytes, invalid opcodes and instructions that are too long apart', () => {
    expect(decode(bytesOf('b8 01'), 32).outcome).toBe('need-more')
    expect(decode(bytesOf(''), 32).outcome).toBe('need-more')
    expect(decode(bytesOf('0f 04 90 90'), 32)).toEqual({ outcome: 'invalid', length: 2 })
    expect(decode(bytesOf(`${'66'.repeat(14)} 90`), 32)).toMatchObject({ outcome: 'instruction', length: 15 })
    expect(decode(bytesOf(`${'66'.repeat(15)} 90`), 32).outcome).toBe('too-long')
    expect(decode(bytesOf(`${'66'.repeat(14)} 01 c0`), 32).outcome).toBe('too-long')
    expect(decode(bytesOf(`${'66'.repeat(14)}`), 32).outcome).toBe('need-more')
  })

  it('counts REX only directly before the opcode', () => {
    expect(decoded('48 01 c8', 64)).toMatchObject({ operandSize: 64, length: 3 })
    expect(decoded('48 66 01 c8', 64)).toMatchObject({ operandSize: 16, rex: 0 })
    expect(decoded('66 48 01 c8', 64)).toMatchObject({ operandSize: 64, rex: 0x48 })
  })

  it('puts byte registers where REX says', () => {
    expect(decoded('88 e0', 64)).toMatchObject({ reg: 1, rm: 0 })
    expect(decoded('40 88 e0', 64)).toMatchObject({ reg: 4 * 8, rm: 0 })
    expect(decoded('44 88 e0', 64)).toMatchObject({ reg: 12 * 8, rm: 0 })
  })

  it('knows the address forms', () => {
    expect(decoded('8b 05 10 00 00 00', 64)).toMatchObject({ base: RIP_SLOT, index: ZERO_SLOT, displacement: 0x16 })
    expect(decoded('8b 05 10 00 00 00', 32)).toMatchObject({ base: ZERO_SLOT, displacement: 0x10 })
    expect(decoded('8b 44 4d f0', 32)).toMatchObject({ base: 5 * 8, index: 8, scale: 1, displacement: -16, segment: 2 })
    expect(decoded('8b 42 f0', 16)).toMatchObject({ base: 5 * 8, index: 6 * 8, displacement: -16, segment: 2, addressSize: 16 })
    expect(decoded('3e 8b 42 f0', 16)).toMatchObject({ segment: 3, segmentOverridden: true })
    expect(decoded('3e 8b 45 f0', 64)).toMatchObject({ segment: 2, segmentOverridden: false })
    expect(decoded('48 a1 08 07 06 05 04 03 02 01', 64)).toMatchObject({ isMemory: true, immediate: 0x0102030405060708n })
  })

  it('adds the popped size to the address of POP [rSP]', () => {
    expect(decoded('8f 44 24 04', 64)).toMatchObject({ displacement: 12 })
    expect(disassemble(bytesOf('8f 44 24 04'), 64, 0n).text).toBe('pop qword ptr [rsp+0x4]')
  })

  it('extends immediates as the form says', () => {
    expect(decoded('48 81 c0 ff ff ff ff', 64).immediate).toBe(0xffffffffffffffffn)
    expect(decoded('81 c0 ff ff ff ff', 64).immediate).toBe(0xffffffffn)
    expect(decoded('66 83 c0 ff', 64).immediate).toBe(0xffffn)
    expect(decoded('c8 34 12 05', 32)).toMatchObject({ immediate: 0x1234n, immediate2: 5 })
    expect(decoded('ea 78 56 34 12 08 00', 32).immediate).toBe(0x0008_12345678n)
  })

  it('allows LOCK only where it is allowed', () => {
    expect(decode(bytesOf('f0 01 08'), 32).outcome).toBe('instruction')
    for (const hex of ['f0 01 c8', 'f0 03 08', 'f0 39 08', 'f0 90', 'f0 0f a3 08']) expect(decode(bytesOf(hex), 32).outcome).toBe('invalid')
  })

  it('selects rows by mandatory prefix, mode and REX.B', () => {
    const text = (hex: string, mode: CodeMode): string => disassemble(bytesOf(hex), mode, 0n).text
    expect(text('f3 0f bc c1', 32)).toBe('tzcnt eax, ecx')
    expect(text('f2 0f bc c1', 32)).toBe('bsf eax, ecx')
    expect(text('f3 90', 64)).toBe('pause')
    expect(text('41 90', 64)).toBe('xchg r8d, eax')
    expect(text('90', 64)).toBe('nop')
    expect(text('63 c1', 64)).toBe('movsxd eax, ecx')
    expect(text('63 c1', 32)).toBe('arpl cx, ax')
    expect(text('06', 64)).toBe('(bad)')
    expect(text('48 0f c7 0e', 64)).toBe('cmpxchg16b [rsi]')
    expect(text('65 f3 48 a5', 64)).toBe('rep movsq qword ptr es:[rdi], qword ptr gs:[rsi]')
    expect(text('f3 a4', 32)).toBe('rep movsb')
    expect(text('0f 22 c0', 64)).toBe('mov cr0, rax')
  })
})

const SAMPLES = 20_000

describe('decode and disassemble, judged by iced-x86', () => {
  it.each([16, 32, 64] as const)('%i-bit code', (mode) => {
    const next = random(mode)
    const judge = new IcedJudge(mode)
    const differences = Array.from({ length: SAMPLES }, () => judge.compare(sample(next, mode))).filter((difference) => difference !== undefined)
    judge.free()
    expect(differences).toEqual([])
  })
})
