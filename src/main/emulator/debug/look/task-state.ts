/** The task-state segment that TR names (Intel SDM vol. 3A, 8.2.1, 8.6, 8.7). */
import type { Fact, QuestionResults } from '../../../../shared/debug'
import type { Cpu } from '../../cpu/cpu'
import { ATTRIBUTE, TR } from '../../cpu/state/bits'
import { SystemType } from '../../cpu/system/descriptors'
import { hex } from '../registers'
import { systemKind } from './descriptor-text'
import type { MemoryReader } from './memory'

type Field = readonly [name: string, offset: number, bytes: 2 | 4 | 8, meaning?: string]

const stacks64 = [0, 1, 2].map((level): Field => [`RSP${level}`, 4 + level * 8, 8, `stack of privilege level ${level}`])
const ist = [1, 2, 3, 4, 5, 6, 7].map((index): Field => [`IST${index}`, 36 + (index - 1) * 8, 8, 'stack that a gate of the IDT can name'])
const IO_MAP: Field = ['I/O map', 0x66, 2, 'offset of the I/O permission bitmap; beyond the limit: none']
const registers = (names: readonly string[], first: number, step: 2 | 4, bytes: 2 | 4 = step): Field[] => names.map((name, index): Field => [name, first + index * step, bytes])

const FIELDS: Readonly<Record<'16' | '32' | '64', readonly Field[]>> = {
  '64': [...stacks64, ...ist, IO_MAP],
  '32': [
    ['link', 0, 2, 'selector of the task before'],
    ...[0, 1, 2].flatMap((level): Field[] => [[`ESP${level}`, 4 + level * 8, 4, `stack of privilege level ${level}`], [`SS${level}`, 8 + level * 8, 2]]),
    ['CR3', 0x1c, 4], ...registers(['EIP', 'EFLAGS', 'EAX', 'ECX', 'EDX', 'EBX', 'ESP', 'EBP', 'ESI', 'EDI'], 0x20, 4),
    ...registers(['ES', 'CS', 'SS', 'DS', 'FS', 'GS', 'LDT'], 0x48, 4, 2), IO_MAP,
  ],
  '16': [
    ['link', 0, 2, 'selector of the task before'],
    ...[0, 1, 2].flatMap((level): Field[] => [[`SP${level}`, 2 + level * 4, 2, `stack of privilege level ${level}`], [`SS${level}`, 4 + level * 4, 2]]),
    ...registers(['IP', 'FLAGS', 'AX', 'CX', 'DX', 'BX', 'SP', 'BP', 'SI', 'DI', 'ES', 'CS', 'SS', 'DS', 'LDT'], 0x0e, 2),
  ],
}

export function taskState(cpu: Cpu, reader: MemoryReader): QuestionResults['taskState'] {
  const { state } = cpu
  const { selector, base, limit, attributes } = state.segment(TR)
  const type = attributes & ATTRIBUTE.typeMask
  const kind = systemKind(type, state.longMode)
  const found = { selector, base: hex(base), limit, kind, facts: [] }
  if (!state.protectedMode || (selector & 0xfffc) === 0) return { ...found, note: 'No task register was loaded (LTR).' }
  const form = state.longMode ? '64' : type === SystemType.tss16Busy || type === SystemType.tss16Available ? '16' : '32'
  const facts = FIELDS[form].flatMap(([name, offset, bytes, meaning]): Fact[] => {
    if (offset + bytes - 1 > limit) return []
    const value = reader.value(base + BigInt(offset), bytes)
    return [{ name, value: value === undefined ? 'not mapped' : hex(value), ...(meaning === undefined ? {} : { meaning }) }]
  })
  return { ...found, facts, ...(facts.length < FIELDS[form].length ? { note: `The limit ends inside the structure: ${FIELDS[form].length - facts.length} fields are missing.` } : {}) }
}
