/** Segments and descriptors in words (Intel SDM vol. 3A, 3.4.5, 3.5). */
import { ATTRIBUTE } from '../../cpu/state/bits'
import { SystemType } from '../../cpu/system/descriptors'

/** By type; in long mode those of 16 bits do not exist, and the others are of 64. */
const SYSTEM: Readonly<Record<number, readonly [legacy: string, long: string]>> = {
  0: ['reserved', 'reserved'],
  [SystemType.tss16Available]: ['16-bit TSS', 'reserved'],
  [SystemType.ldt]: ['LDT', 'LDT'],
  [SystemType.tss16Busy]: ['16-bit TSS (busy)', 'reserved'],
  [SystemType.callGate16]: ['16-bit call gate', 'reserved'],
  [SystemType.taskGate]: ['task gate', 'reserved'],
  [SystemType.interruptGate16]: ['16-bit interrupt gate', 'reserved'],
  [SystemType.trapGate16]: ['16-bit trap gate', 'reserved'],
  8: ['reserved', 'reserved'],
  [SystemType.tss32Available]: ['32-bit TSS', '64-bit TSS'],
  10: ['reserved', 'reserved'],
  [SystemType.tss32Busy]: ['32-bit TSS (busy)', '64-bit TSS (busy)'],
  [SystemType.callGate32]: ['32-bit call gate', '64-bit call gate'],
  13: ['reserved', 'reserved'],
  [SystemType.interruptGate32]: ['32-bit interrupt gate', '64-bit interrupt gate'],
  [SystemType.trapGate32]: ['32-bit trap gate', '64-bit trap gate'],
}

export const systemKind = (type: number, long: boolean): string => SYSTEM[type]?.[long ? 1 : 0] ?? 'reserved'

/** Whether the segment or table may be used there. */
export function segmentKind(attributes: number, long: boolean): string {
  if ((attributes & ATTRIBUTE.segment) === 0) return systemKind(attributes & ATTRIBUTE.typeMask, long)
  return attributes & ATTRIBUTE.code ? 'code' : 'data'
}

/** What the bits of a code or data segment say. */
export function segmentFlags(attributes: number, long: boolean): string[] {
  const has = (bit: number): boolean => (attributes & bit) !== 0
  const flags: string[] = []
  const add = (is: boolean, name: string): void => void (is && flags.push(name))
  if (has(ATTRIBUTE.segment)) {
    const code = has(ATTRIBUTE.code)
    add(code, has(ATTRIBUTE.readable) ? 'readable' : 'execute-only')
    add(!code, has(ATTRIBUTE.writable) ? 'writable' : 'read-only')
    add(code && has(ATTRIBUTE.conforming), 'conforming')
    add(!code && has(ATTRIBUTE.expandDown), 'expand-down')
    add(has(ATTRIBUTE.accessed), 'accessed')
    flags.push(code && long && has(ATTRIBUTE.long) ? '64-bit' : has(ATTRIBUTE.big) ? '32-bit' : '16-bit')
  }
  add(has(ATTRIBUTE.granular), 'limit in pages')
  return flags
}

/** A segment register's hidden part in a few words. */
export function segmentMeaning(attributes: number, { isSystem, long, descriptors }: { isSystem: boolean; long: boolean; descriptors: boolean }): string {
  if (!descriptors) return 'as loaded: base and limit stay until it is loaded again'
  if ((attributes & ATTRIBUTE.present) === 0) return 'not usable'
  const parts = [segmentKind(attributes, long), ...segmentFlags(attributes, long)]
  if (!isSystem) parts.push(`DPL ${(attributes >>> ATTRIBUTE.dplShift) & 3}`)
  return parts.join(', ')
}
