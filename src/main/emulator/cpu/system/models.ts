/**
 * CPU models: which instructions, CPUID bits, flags and control bits a processor has. A feature is announced, and works, only where its
 * model has it; an instruction of a feature that is absent is #UD, or what its bytes meant before the feature came (TZCNT: BSF).
 */
import type { CpuModelName } from '../../../../shared/cpu-models'
import type { Feature } from '../isa/row'
import { AC, ID, VIF, VIP } from '../state/bits'

/** CPUID features that are not, or not only, instructions. */
export type SystemFeature =
  | 'vme' | 'de' | 'pse' | 'tsc' | 'msr' | 'pae' | 'mtrr' | 'pge' | 'pat' | 'pse36' | 'nx' | 'pdpe1gb' | 'smep' | 'umip' | 'pcid' | 'la57' | 'pks' | 'invariant-tsc' | 'apic' | 'x2apic' | 'tsc-deadline' | 'arat' | 'fdp-only-on-exceptions' | 'no-fpu-selectors' | 'arch-capabilities'
export type CpuFeature = Feature | SystemFeature

export type { CpuModelName }

export interface CpuModel {
  readonly name: CpuModelName
  readonly title: string
  /** Family, model, stepping as in CPUID leaf 1 and in EDX after reset. */
  readonly signature: number
  /** Whether it knows CPUID: EFLAGS.ID can be changed then. */
  readonly hasCpuid: boolean
  /** Bits of EFLAGS that can be set. */
  readonly flags: number
  /** Prefixes 66, 67, FS and GS exist (80386). */
  readonly has32Bit: boolean
  has(feature: CpuFeature): boolean
}

const AGES = {
  '8086': ['8086', 'fpu'],
  '286': ['186', '286'],
  '386': ['386'],
  '486': ['486'],
  pentium: ['pentium', 'vme', 'de', 'pse', 'tsc', 'msr', 'apic'],
  core2: [
    'cmov', 'nopl', 'pae', 'mtrr', 'pge', 'pat', 'pse36', 'sysenter', 'mmx', 'fxsr', 'clflush', 'sse', 'sse2', 'sse3', 'ssse3', 'syscall', 'long', 'nx', 'lahf64', 'cx16',
  ],
  // All of x86-64-v3.
  haswell: [
    'sse4.1', 'sse4.2', 'crc32', 'popcnt', 'aes', 'pclmulqdq', 'movbe', 'xsave', 'avx', 'f16c', 'rdrand', 'fma', 'avx2', 'bmi1', 'bmi2', 'lzcnt', 'fsgsbase', 'smep', 'invpcid', 'pcid',
    'rdtscp', 'pdpe1gb', 'invariant-tsc', 'no-fpu-selectors', 'x2apic', 'tsc-deadline', 'arat',
  ],
} as const satisfies Readonly<Record<string, readonly CpuFeature[]>>

const FLAGS_16 = 0x7fff
const FLAGS_386 = 0x3_7fff
const FLAGS_486 = FLAGS_386 | AC
const FLAGS_ALL = FLAGS_486 | VIF | VIP | ID

type Age = keyof typeof AGES
const ORDER: readonly Age[] = ['8086', '286', '386', '486', 'pentium', 'core2', 'haswell']

/** A model with all features up to an age. */
function aged(name: Age, title: string, signature: number, flags: number): CpuModel {
  const features: ReadonlySet<CpuFeature> = new Set(ORDER.slice(0, ORDER.indexOf(name) + 1).flatMap((age): readonly CpuFeature[] => AGES[age]))
  return { name, title, signature, flags, hasCpuid: (flags & ID) !== 0, has32Bit: ORDER.indexOf(name) >= ORDER.indexOf('386'), has: (feature) => features.has(feature) }
}

/** From the oldest to the newest; each with its coprocessor. */
export const CPU_MODELS: Readonly<Record<CpuModelName, CpuModel>> = {
  '8086': aged('8086', 'Intel 8086', 0, FLAGS_16),
  '286': aged('286', 'Intel 80286', 0, FLAGS_16),
  '386': aged('386', 'Intel 80386DX', 0x308, FLAGS_386),
  '486': aged('486', 'Intel 80486DX', 0x404, FLAGS_486),
  pentium: aged('pentium', 'Intel Pentium', 0x52c, FLAGS_ALL),
  core2: aged('core2', 'Intel Core 2', 0x6fb, FLAGS_ALL),
  haswell: aged('haswell', 'Intel Haswell (x86-64-v3)', 0x306c3, FLAGS_ALL),
  max: { name: 'max', title: 'everything that the emulator knows', signature: 0x6f1, hasCpuid: true, flags: FLAGS_ALL, has32Bit: true, has: () => true },
}

export const DEFAULT_MODEL: CpuModel = CPU_MODELS.max
