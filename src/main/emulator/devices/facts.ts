/** Helpers for `describe`: a chip's registers as lines for a person. */
import type { DeviceFact } from './device'

export const hex8 = (value: number): string => `0x${value.toString(16).padStart(2, '0')}`

export function fact(name: string, value: string | number | boolean, meaning?: string): DeviceFact {
  const shown = typeof value === 'boolean' ? (value ? 'on' : 'off') : typeof value === 'number' ? hex8(value) : value
  return { name, value: shown, ...(meaning === undefined ? {} : { meaning }) }
}

/** A register whose bits have names; `names` from bit 0 up, an absent one is not told. */
export function bitsFact(name: string, value: number, names: readonly (string | undefined)[]): DeviceFact {
  const set = names.filter((bit, index): bit is string => bit !== undefined && ((value >> index) & 1) === 1)
  return { name, value: hex8(value), meaning: set.length === 0 ? 'none' : set.join(', ') }
}
