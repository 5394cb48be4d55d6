/**
 * iced-x86 as the judge of decoder and disassembler, for tests: valid or not, length, and text in one spelling. What differs by name only is
 * made equal here; what the two take differently is said here, with the reason.
 */
import { CpuidFeature, Decoder, DecoderOptions, Formatter, FormatterSyntax, type Instruction, MemorySizeOptions } from 'iced-x86'
import type { CodeMode } from './decoded'
import { disassemble } from './disassemble'

const ADDRESS = 0x1000n

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
    .replace(/^((?:l[degfs]s|[ls][gi]dt|invlpg|lea|bound|ud1|invpcid|(?:lock )?cmpxchg(?:8|16)b|fldenv|fnstenv|fnsave|frstor|fxsave(?:64)?|fxrstor(?:64)?|xsave\w*|xrstor\w*) .*?)\w+ ptr /, '$1')
    .replace(/^(lea .*)\b[c-gs]s:/, '$1')
    .replace(/^(l(?:ar|sl) \w+, )(\w+)$/, (_, start: string, name: string) => start + wordRegister(name))
    .replace(/^(imul (\w+)), \2, /, '$1, ')
    .replace(/^(l[sfg]s )([er]\w+),/, (_, start: string, name: string) => `${start}${wordRegister(name)},`)
    .replace(/^(v?pcmpestr[im])64 /, '$1 ')
    .replace(/^wbnoinvd$/, 'wbinvd')
    // The top of the stack where the mnemonic says it already.
    .replace(/^(f\w+) st, (.*ptr .*)$/, '$1 $2')
    .replace(/^(f\w+) (.*ptr .*|st\(\d\)), st$/, (whole, name: string, operand: string) => (/^fi?st|^fbstp/.test(name) ? `${name} ${operand}` : whole))
    .replace(/^fld st, /, 'fld ')
    .replace(/^((?:p?blendv\w+|sha256rnds2) \w+, [^,]+), xmm0$/, '$1')
    .replace(/^(v?maskmov\w+ \w+, \w+), [c-gs]s$/, '$1')
    .replace(/^(pusha|popa|pushf|popf|iret)$/, '$1w')
    // RDSSP is a NOP on a processor without shadow stacks.
    .replace(/^(?:nop|prefetch\w*|cldemote|rdssp[dq]|xchg ax, ax|xchg eax, eax|xchg rax, rax)\b.*/, 'nop')
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
  'INTEL8086', 'INTEL8086_ONLY', 'INTEL186', 'INTEL286', 'INTEL386', 'INTEL486', 'X64', 'CPUID', 'FPU', 'FPU287', 'FPU287XL_ONLY', 'FPU387', 'TSC', 'MSR', 'CX8', 'CMOV', 'SEP', 'SYSCALL', 'MULTIBYTENOP',
  'PAUSE', 'SSE', 'SSE2', 'SSE3', 'SSSE3', 'SSE4_1', 'SSE4_2', 'MMX', 'AES', 'PCLMULQDQ', 'SHA', 'POPCNT', 'LZCNT', 'BMI1', 'BMI2', 'ADX', 'MOVBE', 'CMPXCHG16B', 'SMAP', 'CET_IBT', 'CLDEMOTE', 'PREFETCHW', 'PREFETCHWT1', 'PREFETCHITI',
  'WBNOINVD', 'CLFSH', 'CLFLUSHOPT', 'CLWB', 'RDPMC', 'RDTSCP', 'RDRAND', 'RDSEED', 'RDPID', 'FSGSBASE', 'INVPCID', 'PKU', 'XSAVE', 'XSAVEOPT', 'XSAVEC', 'FXSR', 'AVX', 'AVX2', 'FMA', 'F16C',
])

/**
 * Whether the table ought to have the instruction. SYSCALL and SYSRET outside 64-bit mode, LOCK MOV CR0 for MOV CR8, and 3DNow! but for its
 * prefetches are AMD's alone.
 */
function isCovered(instruction: Instruction, text: string, mode: CodeMode, locked: boolean): boolean {
  if (!Array.from(instruction.cpuidFeatures(), (feature) => CpuidFeature[feature] ?? '?').every((feature) => FEATURES.has(feature) || (feature === 'D3NOW' && text === 'nop'))) return false
  return (mode === 64 || !/^sys(call|ret)/.test(text)) && !(locked && text.includes('cr8'))
}

/** Compares our disassembly with iced's. Owns memory outside JavaScript: `free` it. */
export class IcedJudge {
  readonly #mode: CodeMode
  readonly #formatter = icedFormatter()

  constructor(mode: CodeMode) {
    this.#mode = mode
  }

  /** @returns what differs, or undefined */
  compare(bytes: Uint8Array): string | undefined {
    const decoder = new Decoder(this.#mode, bytes, DecoderOptions.AMD)
    decoder.ip = ADDRESS
    const instruction = decoder.decode()
    try {
      return this.#compare(bytes, instruction)
    } finally {
      instruction.free()
      decoder.free()
    }
  }

  #compare(bytes: Uint8Array, instruction: Instruction): string | undefined {
    const ours = disassemble(bytes, this.#mode, ADDRESS)
    const bad = ours.text === '(bad)'
    const valid = instruction.code !== 0
    if (bad && !valid) return undefined
    const { length } = instruction
    const text = normalised(this.#formatter.format(instruction))
    if (valid && ours.length === length && normalised(ours.text) === text) return undefined
    const locked = bytes.subarray(0, bytes.indexOf(0x0f)).includes(0xf0)
    if (bad && !isCovered(instruction, text, this.#mode, locked)) return undefined
    return `${Buffer.from(bytes).toString('hex')}: ${ours.length} ${ours.text} | ${length} ${text}`
  }

  /** Bytes of the instruction by iced's measure; 1 for what is none. */
  lengthOf(bytes: Uint8Array): number {
    const decoder = new Decoder(this.#mode, bytes, DecoderOptions.AMD)
    const instruction = decoder.decode()
    const length = instruction.code === 0 ? 1 : instruction.length
    instruction.free()
    decoder.free()
    return length
  }

  free(): void {
    this.#formatter.free()
  }
}
