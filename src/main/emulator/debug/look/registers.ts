/** All registers, as a person reads them. Names of bits: Intel SDM vol. 3A, 2.3 (RFLAGS), 2.5 (CR0, CR4), 18.2 (DR6, DR7); vol. 4 (MSRs). */
import type { DebugRegisters } from '../../../../shared/debug'
import type { Cpu } from '../../cpu/cpu'
import { x87StackOf } from './x87'
import { ATTRIBUTE, CR0, CR4, EFER_BITS, IOPL } from '../../cpu/state/bits'
import type { CpuState } from '../../cpu/state/cpu-state'
import * as at from '../../cpu/state/layout'
import { TICKS_PER_MICROSECOND } from '../../machine/clock'
import type { Machine } from '../../machine/machine'
import { cpuMode, hex } from '../registers'
import { segmentMeaning } from './descriptor-text'

const GENERAL = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'] as const
const SEGMENTS = ['es', 'cs', 'ss', 'ds', 'fs', 'gs', 'ldtr', 'tr'] as const
const CODE_SIZES = [16, 32, 64] as const

const FLAGS = [
  ['CF', 0, 'carry'], ['PF', 2, 'parity: the low byte has an even number of ones'], ['AF', 4, 'carry out of bit 3'], ['ZF', 6, 'zero'], ['SF', 7, 'sign'],
  ['TF', 8, 'trap: an exception after each instruction'], ['IF', 9, 'interrupts are on'], ['DF', 10, 'string instructions go downwards'], ['OF', 11, 'overflow'],
  ['NT', 14, 'nested task'], ['RF', 16, 'resume: no instruction breakpoint at the next instruction'], ['VM', 17, 'virtual-8086 mode'],
  ['AC', 18, 'alignment check, or access to user pages (SMAP)'], ['VIF', 19, 'virtual interrupt flag'], ['VIP', 20, 'virtual interrupt pending'], ['ID', 21, 'CPUID can be used'],
] as const

/** Model-specific registers that kernels set, and their addresses. */
const MSRS = [
  ['TSC', 0x10], ['APIC_BASE', 0x1b], ['SYSENTER_CS', 0x174], ['SYSENTER_ESP', 0x175], ['SYSENTER_EIP', 0x176], ['PAT', 0x277], ['EFER', 0xc000_0080],
  ['STAR', 0xc000_0081], ['LSTAR', 0xc000_0082], ['CSTAR', 0xc000_0083], ['SFMASK', 0xc000_0084], ['PKRS', 0x6e1], ['FS_BASE', 0xc000_0100], ['GS_BASE', 0xc000_0101],
  ['KERNEL_GS_BASE', 0xc000_0102], ['TSC_AUX', 0xc000_0103],
] as const
const EFER_INDEX = 0xc000_0080

const DR7_BITS: Readonly<Record<string, bigint>> = { L0: 1n, G0: 2n, L1: 4n, G1: 8n, L2: 16n, G2: 32n, L3: 64n, G3: 128n, GD: 1n << 13n }
const DR6_BITS: Readonly<Record<string, bigint>> = { B0: 1n, B1: 2n, B2: 4n, B3: 8n, BD: 1n << 13n, BS: 1n << 14n, BT: 1n << 15n }

const WORDS = [['fcw', at.FCW], ['fsw', at.FSW], ['ftw', at.FTW], ['fop', at.FOP], ['mxcsr', at.MXCSR]] as const

export function registersOf(machine: Machine): DebugRegisters {
  const { cpu } = machine
  const { state } = cpu
  const count = machine.processors.all.length
  return {
    ...(count > 1 ? { cpu: { number: cpu.number, count } } : {}),
    instructions: machine.instructions,
    microseconds: Math.round(machine.now / TICKS_PER_MICROSECOND),
    cpuMode: cpuMode(state),
    mode: modeName(state),
    codeSize: CODE_SIZES[state.codeMode] ?? 16,
    paging: cpu.mmu.pagingMode,
    cpl: state.cpl,
    halted: state.halted,
    rip: hex(state.rip),
    address: hex(cpu.codeAddress),
    flags: {
      value: hex(state.flags),
      iopl: (state.flags & IOPL) >>> 12,
      bits: FLAGS.map(([name, bit, meaning]) => ({ name, set: ((state.flags >>> bit) & 1) === 1, meaning })),
    },
    general: GENERAL.map((name, index) => ({ name, value: hex(state.gpr(index)) })),
    segments: SEGMENTS.map((name, index) => {
      const { selector, base, limit, attributes } = state.segment(index)
      return { name, selector, base: hex(base), limit: hex(limit), attributes, meaning: segmentMeaning(attributes, { isSystem: index >= SEGMENTS.indexOf('ldtr'), long: state.longMode, descriptors: state.usesDescriptors || index >= SEGMENTS.indexOf('ldtr') }) }
    }),
    tables: (['gdtr', 'idtr'] as const).map((name) => {
      const { base, limit } = state.table(name === 'gdtr' ? at.GDTR : at.IDTR)
      return { name, base: hex(base), limit }
    }),
    control: [
      named('cr0', state.control(0), CR0), named('cr2', state.control(2)), named('cr3', state.control(3)), named('cr4', state.control(4), CR4), named('cr8', state.control(8)),
      named('xcr0', state.xcr0, { x87: 1n, SSE: 2n, AVX: 4n, PKRU: 1n << 9n }), named('pkru', BigInt(state.pkru)),
    ],
    debug: [0, 1, 2, 3, 6, 7].map((index) => named(`dr${index}`, state.debug(index), index === 6 ? DR6_BITS : index === 7 ? DR7_BITS : undefined)),
    modelSpecific: modelSpecific(cpu),
    x87: { words: WORDS.map(([name, offset]) => named(name, BigInt(state.u32[offset >> 2] ?? 0))), stack: x87StackOf(state) },
    vectors: Array.from({ length: 16 }, (_, index) => ({ name: `ymm${index}`, value: hex(vector(state, index)) })),
  }
}

function named(name: string, value: bigint, bits?: Readonly<Record<string, bigint>>): DebugRegisters['control'][number] {
  return { name, value: hex(value), ...(bits ? { bits: Object.entries(bits).filter(([, mask]) => (value & mask) !== 0n).map(([bit]) => bit) } : {}) }
}

function modelSpecific(cpu: Cpu): DebugRegisters['modelSpecific'] {
  return MSRS.flatMap(([name, index]) => {
    const value = cpu.modelSpecificRegister(index)
    return value === undefined ? [] : [{ ...named(name, value, index === EFER_INDEX ? EFER_BITS : undefined), index }]
  })
}

function modeName(state: CpuState): string {
  if (!state.protectedMode) return 'real'
  if (state.virtual8086) return 'virtual-8086'
  if (state.longMode) return state.mode64 ? '64-bit' : 'compatibility'
  return (state.attributes(1) & ATTRIBUTE.big) !== 0 ? '32-bit protected' : '16-bit protected'
}

function vector(state: CpuState, index: number): bigint {
  const first = (at.XMM + index * at.XMM_STRIDE) >> 3
  return [3, 2, 1, 0].reduce((value, part) => (value << 64n) | (state.u64[first + part] ?? 0n), 0n)
}
