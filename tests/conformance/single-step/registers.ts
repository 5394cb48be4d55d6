/** Names of registers in the vectors, by x86 number. */
import type { Mode } from './format'

const GENERAL_64 = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'] as const
const GENERAL_32 = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'] as const
export const SEGMENTS = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'] as const

export function generalRegisters(mode: Mode): readonly string[] {
  return mode === 64 ? GENERAL_64 : GENERAL_32
}

/** How many XMM or YMM registers code of the mode can name. */
export function vectorRegisters(mode: Mode): number {
  return mode === 64 ? 16 : 8
}
