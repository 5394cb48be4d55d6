import { CpuidFeature, Decoder, DecoderOptions, Formatter, FormatterSyntax, MemorySizeOptions } from 'iced-x86'
import { describe, expect, it } from 'vitest'
import { RIP_SLOT, ZERO_SLOT } from '../state/layout'
import { rows } from '../isa'
import type { Row } from '../isa/row'
import { Random } from '../semantics/random'
import { decode } from './decode'
import type { CodeMode, Decoded } from './decoded'
import { disassemble } from './disassemble'
import { encodeRow } from './encode-row'

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

/** Deterministic pseudo-random numbers (mulberry32). */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return (t ^ (t >>> 14)) >>> 0
  }
}

const PREFIXES = [0x66, 0x67, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0xf2, 0xf3, 0xf0, 0x26]

const MANDATORY: Readonly<Record<string, readonly number[]>> = { '66': [0x66], f2: [0xf2], f3: [0xf3] }

/** 15 bytes that start with the opcode of one of the rows, perhaps after prefixes. */
function sample(next: () => number, mode: CodeMode): Uint8Array {
  const bytes: number[] = []
  while (next() % 3 === 0 && bytes.length < 3) bytes.push(PREFIXES[next() % PREFIXES.length] ?? 0x66)
  const row = rows[next() % rows.length]
  if (row === undefined) throw new Error('There are no rows.')
  if (next() % 4 !== 0) bytes.push(...(MANDATORY[row.prefix ?? 'none'] ?? []))
  if (mode === 64 && next() % 2 === 0) bytes.push(0x40 | (next() & 15))
  if (row.vex !== undefined) return vexSample(row, next, mode)
  bytes.push(...bytesOf(row.map))
  bytes.push(row.opcode + (row.operands.some((operand) => operand.startsWith('Z')) ? next() % 8 : 0))
  const modRm = next() & 0xff
  bytes.push(row.reg === undefined ? modRm : (modRm & 0xc7) | (row.reg << 3))
  while (bytes.length < 15) bytes.push(next() & 0xff)
  return Uint8Array.from(bytes)
}

/** The same behind a VEX prefix of which any bit may be wrong. */
function vexSample(row: Row, next: () => number, mode: CodeMode): Uint8Array {
  const noise = next() % 4 === 0 ? next() & 0xff : 0
  const bytes = encodeRow(row, mode, new Random(next())).map((byte, index) => (index === 2 ? byte ^ noise : byte))
  if (next() % 4 === 0) bytes.unshift(next() % 2 === 0 ? 0x65 : 0x67)
  while (bytes.length < 15) bytes.push(next() & 0xff)
  return Uint8Array.from(bytes)
}

const ADDRESS = 0x1000n

interface Judgement {
  readonly valid: boolean
  readonly length: number
  readonly text: string
  readonly features: readonly string[]
}

/** What iced-x86 makes of the bytes, in our spelling. */
function judge(formatter: Formatter, bytes: Uint8Array, mode: CodeMode): Judgement {
  const decoder = new Decoder(mode, bytes, DecoderOptions.AMD)
  decoder.ip = ADDRESS
  const instruction = decoder.decode()
  const judgement = {
    valid: instruction.code !== 0,
    length: instruction.length,
    text: normalised(formatter.format(instruction)),
    features: Array.from(instruction.cpuidFeatures(), (feature) => CpuidFeature[feature] ?? '?'),
  }
  instruction.free()
  decoder.free()
  return judgement
}

function icedFormatter(): Formatter {
  const formatter = new Formatter(FormatterSyntax.Intel)
  formatter.hexPrefix = '0x'
  formatter.hexSuffix = ''
  formatter.uppercaseHex = false
  formatter.spaceAfterOperandSeparator = true
  formatter.memorySizeOptions = MemorySizeOptions.Always
  formatter.ripRelativeAddresses = true
  formatter.showBranchSize = false
  formatter.alwaysShowScale = true
  formatter.usePseudoOps = false
  formatter.smallHexNumbersInDecimal = false
  formatter.addLeadingZeroToHexNumbers = false
  formatter.branchLeadingZeros = false
  formatter.leadingZeros = false
  return formatter
}

/** Differences of spelling, not of meaning. */
function normalised(text: string): string {
  return text
    .replace(/^((bnd|hint-taken|hint-not-taken|notrack|xacquire|xrelease|data16|data32|data64|rep(?= ret)|addr16|addr32|addr64|[c-gs]s) )+/, '')
    .replace(/^(xacquire|xrelease) lock /, 'lock ')
    .replace(/^((?:shl|shr|sar|rol|ror|rcl|rcr) .*), 0x1$/, '$1, 1')
    .replace(/^(jmp|call) far (?:[dfq]?word|tbyte|fword) ptr /, '$1 far ')
    .replace(/^(jmp|call) far 0x([0-9a-f]+), 0x([0-9a-f]+)$/, '$1 far 0x$3:0x$2')
    .replace(/^ret far/, 'retf')
    .replace(/^((?:l[degfs]s|[ls][gi]dt|invlpg|lea|bound|ud1|invpcid|(?:lock )?cmpxchg(?:8|16)b) .*?)\w+ ptr /, '$1')
    .replace(/^(lea .*)\b[c-gs]s:/, '$1')
    .replace(/^(l(?:ar|sl) \w+, )(\w+)$/, (_, start: string, name: string) => start + wordRegister(name))
    .replace(/^(imul (\w+)), \2, /, '$1, ')
    .replace(/^(l[sfg]s )([er]\w+),/, (_, start: string, name: string) => `${start}${wordRegister(name)},`)
    .replace(/^(pcmpestr[im])64 /, '$1 ')
    .replace(/^wbnoinvd$/, 'wbinvd')
    .replace(/^((?:p?blendv\w+|sha256rnds2) \w+, [^,]+), xmm0$/, '$1')
    .replace(/^(maskmov\w+ \w+, \w+), [c-gs]s$/, '$1')
    .replace(/^(pusha|popa|pushf|popf|iret)$/, '$1w')
    .replace(/^(?:nop|prefetch\w*|cldemote|xchg ax, ax|xchg eax, eax|xchg rax, rax)\b.*/, 'nop')
    .replace(/^xlat .*/, 'xlatb')
    .replace(/^((?:rep |repe |repne )?(?:movs|cmps|stos|lods|scas|ins|outs)[bwdq]) ((?!.*[cefgs]s:).*)/, '$1')
    .replace(/^repne (movs|stos|lods|ins|outs)/, 'rep $1')
    .replace(/^xlatb .*/, 'xlatb')
}

/** LAR and LSL look at 16 bits of their source, however wide the name; LSS, LFS, LGS ignore REX.W on AMD processors. */
function wordRegister(name: string): string {
  return name.replace(/^[er]([a-z]{2})$/, '$1').replace(/^(r\d+)d?$/, '$1w')
}

/** What the rows cover, in iced's names. */
const FEATURES: ReadonlySet<string> = new Set([
  'INTEL8086', 'INTEL8086_ONLY', 'INTEL186', 'INTEL286', 'INTEL386', 'INTEL486', 'X64', 'CPUID', 'TSC', 'MSR', 'CX8', 'CMOV', 'SEP', 'SYSCALL', 'MULTIBYTENOP',
  'PAUSE', 'SSE', 'SSE2', 'SSE3', 'SSSE3', 'SSE4_1', 'SSE4_2', 'MMX', 'AES', 'PCLMULQDQ', 'SHA', 'POPCNT', 'LZCNT', 'BMI1', 'BMI2', 'ADX', 'MOVBE', 'CMPXCHG16B', 'SMAP', 'CET_IBT', 'CLDEMOTE', 'PREFETCHW', 'PREFETCHWT1', 'PREFETCHITI', 'D3NOW',
  'WBNOINVD', 'CLFSH', 'CLFLUSHOPT', 'CLWB', 'RDPMC', 'RDTSCP', 'RDRAND', 'RDSEED', 'RDPID', 'FSGSBASE', 'INVPCID', 'XSAVE',
])

/** Instructions of covered features that have no row. */
const NOT_YET = /^(ldmxcsr|stmxcsr|xsave|xrstor)/

/** SYSCALL and SYSRET outside 64-bit mode, and LOCK MOV CR0 for MOV CR8, are AMD's alone. */
function isCovered({ valid, features, text }: Judgement, mode: CodeMode, locked: boolean): boolean {
  if (NOT_YET.test(text)) return false
  if (!valid || !features.every((feature) => FEATURES.has(feature))) return false
  return (mode === 64 || !features.includes('SYSCALL') || !text.startsWith('sys')) && !(locked && text.includes('cr8'))
}

const SAMPLES = 20_000

describe('decode and disassemble, judged by iced-x86', () => {
  it.each([16, 32, 64] as const)('%i-bit code', (mode) => {
    const next = random(mode)
    const formatter = icedFormatter()
    const differences: string[] = []
    for (let i = 0; i < SAMPLES; i++) {
      const bytes = sample(next, mode)
      const judgement = judge(formatter, bytes, mode)
      const ours = disassemble(bytes, mode, ADDRESS)
      const known = isCovered(judgement, mode, bytes.subarray(0, bytes.indexOf(0x0f)).includes(0xf0))
      const good = known ? ours.length === judgement.length && normalised(ours.text) === judgement.text : ours.text === '(bad)'
      if (!good) differences.push(`${Buffer.from(bytes).toString('hex')}: ${ours.length} ${ours.text} | ${judgement.length} ${judgement.text}`)
    }
    formatter.free()
    expect(differences).toEqual([])
  })
})
