/** CPUID: exactly what is implemented (Intel SDM vol. 2, CPUID; AMD64 APM vol. 3, appendix E for 8000_000xh). */
import { PHYSICAL_ADDRESS_BITS } from '../mmu/page-walk'
import type { Helpers } from '../semantics/builder'
import { CR4 } from '../state/bits'
import type { SystemContext } from './context'
import type { CpuFeature, CpuModel } from './models'

/**
 * The models are Intel's, and so are their answers where makers differ (SYSCALL outside of 64-bit mode, MOV to SS before a breakpoint). A vendor that nobody knows
 * is no choice: the GNU C library reads leaf 1 for vendors that it knows, and dynamic programs end on others with "CPU ISA level is lower than required".
 */
const VENDOR = 'GenuineIntel'
const BRAND = 'Bootlab x86-64 virtual processor'
/** Bytes of a cache line, for CLFLUSH. */
const LINE_BYTES = 64

type Register = 'eax' | 'ebx' | 'ecx' | 'edx'

/** Sub-leaf n of a leaf stands at leaf + n × this. */
const SUB_LEAF = 2 ** 32
const DESCRIPTOR_LEAF = 2
const CACHE_LEAF = 4
const POWER_LEAF = 6
const TOPOLOGY_LEAF = 0xb
const XSAVE_LEAF = 0xd
const XSAVE_OPTIONS = XSAVE_LEAF + SUB_LEAF

/** Leaf 1: whether the local APIC is there and on (EDX), and what only comes with one (ECX). */
const APIC_BIT = 9
const APIC_ON = 1 << APIC_BIT
const NEEDS_APIC = (1 << 21) | (1 << 24)
/** Leaf 1, EDX: EBX says how many logical processors the package has. */
const HTT = 1 << 28

/** Where CPUID reports a feature. A feature stands here when all its instructions have rows. */
const FEATURE_BITS: readonly (readonly [feature: CpuFeature, leaf: number, register: Register, bit: number])[] = [
  ['fpu', 1, 'edx', 0],
  ['vme', 1, 'edx', 1],
  ['de', 1, 'edx', 2],
  ['pse', 1, 'edx', 3],
  ['tsc', 1, 'edx', 4],
  ['msr', 1, 'edx', 5],
  ['pae', 1, 'edx', 6],
  ['pentium', 1, 'edx', 8],
  ['apic', 1, 'edx', APIC_BIT],
  ['sysenter', 1, 'edx', 11],
  ['mtrr', 1, 'edx', 12],
  ['pge', 1, 'edx', 13],
  ['cmov', 1, 'edx', 15],
  ['pat', 1, 'edx', 16],
  ['pse36', 1, 'edx', 17],
  ['clflush', 1, 'edx', 19],
  ['mmx', 1, 'edx', 23],
  ['fxsr', 1, 'edx', 24],
  ['sse', 1, 'edx', 25],
  ['sse2', 1, 'edx', 26],
  ['sse3', 1, 'ecx', 0],
  ['pclmulqdq', 1, 'ecx', 1],
  ['ssse3', 1, 'ecx', 9],
  ['fma', 1, 'ecx', 12],
  ['cx16', 1, 'ecx', 13],
  ['pcid', 1, 'ecx', 17],
  ['sse4.1', 1, 'ecx', 19],
  ['sse4.2', 1, 'ecx', 20],
  ['x2apic', 1, 'ecx', 21],
  ['movbe', 1, 'ecx', 22],
  ['popcnt', 1, 'ecx', 23],
  ['tsc-deadline', 1, 'ecx', 24],
  ['aes', 1, 'ecx', 25],
  ['xsave', 1, 'ecx', 26],
  ['avx', 1, 'ecx', 28],
  ['f16c', 1, 'ecx', 29],
  ['rdrand', 1, 'ecx', 30],
  // The timer of the local APIC never stops.
  ['arat', POWER_LEAF, 'eax', 2],
  ['fsgsbase', 7, 'ebx', 0],
  ['bmi1', 7, 'ebx', 3],
  ['avx2', 7, 'ebx', 5],
  ['fdp-only-on-exceptions', 7, 'ebx', 6],
  ['smep', 7, 'ebx', 7],
  ['bmi2', 7, 'ebx', 8],
  ['invpcid', 7, 'ebx', 10],
  ['no-fpu-selectors', 7, 'ebx', 13],
  ['rdseed', 7, 'ebx', 18],
  ['adx', 7, 'ebx', 19],
  ['smap', 7, 'ebx', 20],
  ['clflushopt', 7, 'ebx', 23],
  ['clwb', 7, 'ebx', 24],
  ['sha', 7, 'ebx', 29],
  ['umip', 7, 'ecx', 2],
  ['pku', 7, 'ecx', 3],
  ['la57', 7, 'ecx', 16],
  ['rdpid', 7, 'ecx', 22],
  ['pks', 7, 'ecx', 31],
  ['arch-capabilities', 7, 'edx', 29],
  // XSAVEOPT comes with XSAVE.
  ['xsave', XSAVE_OPTIONS, 'eax', 0],
  ['xsavec', XSAVE_OPTIONS, 'eax', 1],
  ['lahf64', 0x8000_0001, 'ecx', 0],
  ['lzcnt', 0x8000_0001, 'ecx', 5],
  ['syscall', 0x8000_0001, 'edx', 11],
  ['nx', 0x8000_0001, 'edx', 20],
  ['pdpe1gb', 0x8000_0001, 'edx', 26],
  ['rdtscp', 0x8000_0001, 'edx', 27],
  ['long', 0x8000_0001, 'edx', 29],
  ['invariant-tsc', 0x8000_0007, 'edx', 8],
]

/** XSAVE: the image without extended components (x87 and SSE always have their place), and those: number in XCR0, size, place in the standard form. */
const XSAVE_BYTES = 576
const XSAVE_X87_SSE = 3
const XSAVE_EXTENDED: readonly { readonly feature: CpuFeature; readonly bit: number; readonly bytes: number; readonly place: number }[] = [
  { feature: 'avx', bit: 2, bytes: 256, place: 576 },
  { feature: 'pku', bit: 9, bytes: 8, place: 2688 },
]

/** Bytes of an image of the components in `enabled`: in the standard form, and compacted. */
function imageBytes(enabled: bigint): { standard: number; compacted: number } {
  const there = XSAVE_EXTENDED.filter(({ bit }) => ((enabled >> BigInt(bit)) & 1n) !== 0n)
  return { standard: Math.max(XSAVE_BYTES, ...there.map(({ place, bytes }) => place + bytes)), compacted: there.reduce((sum, { bytes }) => sum + bytes, XSAVE_BYTES) }
}

/** "A hypervisor is present": leaf 1, ECX. */
const HYPERVISOR = 2 ** 31
const OSXSAVE = 1 << 27
/** Leaf 7, ECX: the system uses protection keys. */
const OSPKE = 1 << 4

const IMPLEMENTED: ReadonlySet<CpuFeature> = new Set(FEATURE_BITS.map(([feature]) => feature))

/** Whether the emulator implements all of a feature that CPUID can report. */
export function isImplemented(feature: CpuFeature): boolean {
  return IMPLEMENTED.has(feature)
}

type Leaf = readonly [eax: number, ebx: number, ecx: number, edx: number]

function word(text: string, index: number): number {
  let value = 0
  for (let byte = 3; byte >= 0; byte--) value = (value << 8) | (text.charCodeAt(index * 4 + byte) || 0)
  return value >>> 0
}

function brand(part: number): Leaf {
  return [word(BRAND, part * 4), word(BRAND, part * 4 + 1), word(BRAND, part * 4 + 2), word(BRAND, part * 4 + 3)]
}

/**
 * Caches that are announced, although there are none: leaf 4 also says how many cores a package has, and the GNU C library (2.33 to 2.36) copies memory wrongly where a
 * processor of Intel says nothing of its caches. 32 KiB of data and of code, 4 MiB for both: type, level, ways, sets, and the descriptor in leaf 2 (SDM vol. 2, table "Encoding
 * of CPUID Leaf 2 Descriptors").
 */
const CACHES = [
  { type: 1, level: 1, ways: 8, sets: 64, descriptor: 0x2c },
  { type: 2, level: 1, ways: 8, sets: 64, descriptor: 0x30 },
  { type: 3, level: 2, ways: 16, sets: 4096, descriptor: 0x49 },
] as const
/** Leaf 2 is to be read once. */
const READ_ONCE = 1

/** Each core has its own. */
function caches(processors: number): [number, Leaf][] {
  const cores = 2 ** idBits(processors) - 1
  const descriptors = CACHES.reduce((register, { descriptor }, index) => register | (descriptor << (8 * (index + 1))), READ_ONCE) >>> 0
  return [[DESCRIPTOR_LEAF, [descriptors, 0, 0, 0]], ...CACHES.map(({ type, level, ways, sets }, index): [number, Leaf] => {
    const eax = type | (level << 5) | (1 << 8) | (cores << 26)
    return [CACHE_LEAF + index * SUB_LEAF, [eax >>> 0, ((ways - 1) << 22) | (LINE_BYTES - 1), sets - 1, 1]]
  })]
}

/** Bits of an APIC identifier that tell the cores of the package apart. */
const idBits = (processors: number): number => Math.ceil(Math.log2(processors))

/** All processors are cores of one package. */
function leavesOf(model: CpuModel, processors: number): ReadonlyMap<number, Leaf> {
  const bits = (leaf: number, register: Register): number =>
    FEATURE_BITS.reduce((mask, [feature, at, where, bit]) => (at === leaf && where === register && model.has(feature) ? mask | (1 << bit) : mask), 0) >>> 0
  const vendor = (highest: number): Leaf => [highest, word(VENDOR, 0), word(VENDOR, 2), word(VENDOR, 1)]
  const features = bits(1, 'ecx') + (model.name === 'max' ? HYPERVISOR : 0)
  const count = processors << 16
  const edx = bits(1, 'edx') | (processors > 1 ? HTT : 0)
  const basic: [number, Leaf][] = [[1, [model.signature, model.has('clflush') ? count | ((LINE_BYTES / 8) << 8) : count, features, edx]]]
  if (model.has('sse2')) basic.push(...caches(processors))
  if (model.has('arat')) basic.push([POWER_LEAF, [bits(POWER_LEAF, 'eax'), 0, 0, 0]])
  const extensions = [bits(7, 'ebx'), bits(7, 'ecx'), bits(7, 'edx')] as const
  if (extensions.some((mask) => mask !== 0)) basic.push([7, [0, ...extensions]])
  if (model.has('xsave')) {
    const extended = XSAVE_EXTENDED.filter(({ feature }) => model.has(feature))
    const components = extended.reduce((mask, { bit }) => mask | (1 << bit), XSAVE_X87_SSE)
    basic.push(
      [XSAVE_LEAF, [components, 0, imageBytes(BigInt(components)).standard, 0]], [XSAVE_OPTIONS, [bits(XSAVE_OPTIONS, 'eax'), 0, 0, 0]],
      ...extended.map(({ bit, bytes, place }): [number, Leaf] => [XSAVE_LEAF + bit * SUB_LEAF, [bytes, place, 0, 0]]),
    )
  }
  // Extended topology: threads, cores.
  if (model.has('x2apic')) basic.push([TOPOLOGY_LEAF, [0, 1, 0x100, 0]], [TOPOLOGY_LEAF + SUB_LEAF, [idBits(processors), processors, 0x201, 0]])
  const all = new Map<number, Leaf>([[0, vendor(Math.max(...basic.map(([leaf]) => leaf % SUB_LEAF)))], ...basic])
  if (!model.has('long')) return all
  const linearBits = model.has('la57') ? 57 : 48
  const extended: readonly [number, Leaf][] = [
    [0x8000_0001, [model.signature, 0, bits(0x8000_0001, 'ecx'), bits(0x8000_0001, 'edx')]],
    [0x8000_0002, brand(0)],
    [0x8000_0003, brand(1)],
    [0x8000_0004, brand(2)],
    [0x8000_0007, [0, 0, 0, bits(0x8000_0007, 'edx')]],
    [0x8000_0008, [PHYSICAL_ADDRESS_BITS | (linearBits << 8), 0, 0, 0]],
  ]
  all.set(0x8000_0000, vendor(0x8000_0008))
  for (const [leaf, values] of extended) all.set(leaf, values)
  return all
}

/** EDX of leaf 1, as firmware copies it into tables. */
export function processorFeatures(model: CpuModel, processors: number): number {
  return leavesOf(model, processors).get(1)?.[3] ?? 0
}

const NOTHING: Leaf = [0, 0, 0, 0]
/** Leaves whose content depends on ECX. */
const SUB_LEAVES: ReadonlySet<number> = new Set([CACHE_LEAF, 7, TOPOLOGY_LEAF, XSAVE_LEAF])

/** What follows from control registers: CR4.OSXSAVE and CR4.PKE are seen in ECX; EBX is the size of an image with what XCR0 enables. */
function withControl({ state, model }: SystemContext, key: number, [eax, ebx, ecx, edx]: Leaf): Leaf {
  if (key === 1) return [eax, ebx, ecx + ((state.control(4) & CR4.OSXSAVE) !== 0n ? OSXSAVE : 0), edx]
  if (key === 7) return [eax, ebx, ecx + ((state.control(4) & CR4.PKE) !== 0n ? OSPKE : 0), edx]
  if (!model.has('xsave') || (key !== XSAVE_LEAF && key !== XSAVE_OPTIONS)) return [eax, ebx, ecx, edx]
  const { standard, compacted } = imageBytes(state.xcr0)
  return [eax, key === XSAVE_LEAF ? standard : compacted, ecx, edx]
}

const RAX = 0
const RCX = 1
const RDX = 2
const RBX = 3

/** What depends on the local APIC: its identifier, and whether there is one. */
function withApic({ apic, model }: SystemContext, leaf: number, [eax, ebx, ecx, edx]: Leaf): Leaf {
  if (leaf === 1) {
    const identifier = apic ? apic.initialId * 2 ** 24 : 0
    return [eax, ebx + identifier, (apic ? ecx : ecx & ~NEEDS_APIC) >>> 0, (apic?.present === true ? edx : edx & ~APIC_ON) >>> 0]
  }
  return leaf === TOPOLOGY_LEAF && model.has('x2apic') ? [eax, ebx, ecx, apic?.initialId ?? 0] : [eax, ebx, ecx, edx]
}

export function cpuidHelpers(cx: SystemContext): Pick<Helpers, 'cpuid'> {
  const leaves = leavesOf(cx.model, cx.processors)
  return {
    cpuid() {
      const { state } = cx
      const leaf = state.gpr32(RAX)
      const key = SUB_LEAVES.has(leaf) ? leaf + state.gpr32(RCX) * SUB_LEAF : leaf
      const [eax, ebx, ecx, edx] = withControl(cx, key, withApic(cx, leaf, leaves.get(key) ?? NOTHING))
      state.setReg(RAX, 32, BigInt(eax))
      state.setReg(RBX, 32, BigInt(ebx))
      state.setReg(RCX, 32, BigInt(ecx))
      state.setReg(RDX, 32, BigInt(edx))
    },
  }
}
