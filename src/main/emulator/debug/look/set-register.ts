/** Changing registers of a processor that stands. */
import { LabError } from '../../../../shared/failure'
import type { Cpu } from '../../cpu/cpu'
import { ARITHMETIC_FLAGS, DEFINED_FLAGS, VM } from '../../cpu/state/bits'
import * as at from '../../cpu/state/layout'
import { hex } from '../registers'

const GENERAL = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'] as const
const SETTABLE_FLAGS = DEFINED_FLAGS & ~VM

/**
 * @param name `rax` … `r15`, `rip`, `rflags`, `xmm0` …, `ymm0` …
 * @throws LabError for another register, or a value that it cannot hold
 */
export function setRegister(cpu: Cpu, name: string, value: bigint): void {
  const { state } = cpu
  const index = (GENERAL as readonly string[]).indexOf(name)
  const [, file, number = '99'] = /^([xy]mm)(\d{1,2})$/.exec(name) ?? []
  if (index >= 0) state.setGpr(index, fitting(name, value, 64))
  else if (name === 'rip') setRip(cpu, value)
  else if (name === 'rflags') setFlags(cpu, Number(fitting(name, value, 32)))
  else if (file !== undefined && Number(number) < 16) setVector(cpu, Number(number), fitting(name, value, file === 'xmm' ? 128 : 256), file === 'xmm' ? 2 : 4)
  else throw new LabError({ code: 'bad-input', what: `${name} cannot be set here.`, next: 'Set a general register, rip, rflags, xmm0–15 or ymm0–15.' })
}

function fitting(name: string, value: bigint, bits: number): bigint {
  if (value >> BigInt(bits) === 0n) return value
  throw new LabError({ code: 'bad-input', what: `${hex(value)} does not fit into ${name}, which has ${bits} bits.`, next: 'Give a smaller value.' })
}

function setRip(cpu: Cpu, value: bigint): void {
  const { state } = cpu
  if (!state.isCodeTarget(fitting('rip', value, 64))) {
    throw new LabError({ code: 'bad-input', what: `No code can run at ${hex(value)}.`, why: state.mode64 ? 'The address is not canonical.' : 'It is beyond the limit of the code segment.', next: 'Choose an address in the code segment.' })
  }
  state.rip = value
}

/** VM stays: with it the segments would have to change, too. */
function setFlags(cpu: Cpu, image: number): void {
  const { state } = cpu
  state.flags = (image & SETTABLE_FLAGS) | (state.systemFlags & VM) | (image & ARITHMETIC_FLAGS)
  state.updateModes()
  cpu.mmu.refresh()
}

function setVector({ state }: Cpu, index: number, value: bigint, quadwords: number): void {
  const first = (at.XMM + index * at.XMM_STRIDE) >> 3
  for (let part = 0; part < quadwords; part++) state.u64[first + part] = BigInt.asUintN(64, value >> BigInt(part * 64))
}
