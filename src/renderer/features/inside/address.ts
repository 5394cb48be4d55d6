/** Addresses as a person writes them, and as the panels show them. Numbers are hexadecimal, with `0x`, with `h`, or bare. */

/** An address that needs no machine, or what the machine or its kernel has to be asked for. */
export type Written =
  | { readonly kind: 'number'; readonly value: bigint }
  /** A register, or a symbol of the kernel. `number`: it could be meant as one, too. */
  | { readonly kind: 'name'; readonly name: string; readonly offset: bigint; readonly number?: bigint }
  /** From the base of a segment register. */
  | { readonly kind: 'segment'; readonly register: string; readonly inner: Written }

const HIGHEST = (1n << 64n) - 1n
const NUMBER = /^(?:0x([0-9a-f_]+)|([0-9a-f_]+)h|([0-9][0-9a-f_]*))$/i
/** Begins with a letter, so that it may be a name, too. */
const MAYBE_NUMBER = /^[a-f][0-9a-f]{0,15}$/i
const FAR = /^([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i
const SEGMENT = /^([cdefgs]s):(.+)$/i
const SUM = /^(.+?)\s*([+-])\s*([^+-]+)$/
const NAME = /^[%$]?([\p{L}_.$?@<][^\s+]*)$/u

function number(text: string): bigint | undefined {
  const match = NUMBER.exec(text)
  const digits = (match?.[1] ?? match?.[2] ?? match?.[3])?.replaceAll('_', '')
  if (digits === undefined || digits === '' || digits.length > 16) return undefined
  return BigInt(`0x${digits}`)
}

/** `b8000`, `0xb8000`, `b8000h`, `07c0:0000`, `ss:sp`, `rsp + 8`, `kernel_main+0x10`; undefined: none of these. */
export function parseAddress(text: string): Written | undefined {
  const written = text.trim()
  const value = number(written)
  if (value !== undefined) return { kind: 'number', value }
  const segment = SEGMENT.exec(written)
  if (segment?.[1] !== undefined && segment[2] !== undefined) {
    const inner = parseAddress(segment[2])
    return inner && inner.kind !== 'segment' ? { kind: 'segment', register: segment[1].toUpperCase(), inner } : undefined
  }
  const far = FAR.exec(written)
  if (far) return { kind: 'number', value: BigInt(`0x${far[1]}`) * 16n + BigInt(`0x${far[2]}`) }
  const sum = SUM.exec(written)
  if (sum?.[1] !== undefined && sum[3] !== undefined) {
    const distance = number(sum[3]) ?? (MAYBE_NUMBER.test(sum[3]) ? BigInt(`0x${sum[3]}`) : undefined)
    const base = distance === undefined ? undefined : parseAddress(sum[1])
    if (base && distance !== undefined) return moved(base, sum[2] === '-' ? -distance : distance)
  }
  const name = NAME.exec(written)?.[1]
  if (name === undefined) return undefined
  return { kind: 'name', name, offset: 0n, ...(MAYBE_NUMBER.test(name) ? { number: BigInt(`0x${name}`) } : {}) }
}

function moved(base: Written, distance: bigint): Written {
  if (base.kind === 'number') return { kind: 'number', value: clamp(base.value + distance) }
  if (base.kind === 'segment') return { ...base, inner: moved(base.inner, distance) }
  return { ...base, offset: base.offset + distance, ...(base.number === undefined ? {} : { number: clamp(base.number + distance) }) }
}

/** Into the 64-bit address space. */
export function clamp(value: bigint): bigint {
  return value < 0n ? 0n : value > HIGHEST ? HIGHEST : value
}

export const hex = (value: bigint | number): string => `0x${value.toString(16)}`

/** In 8 digits, or in 16 where 8 do not do. */
export function hexDigits(value: bigint, wide = value > 0xffff_ffffn): string {
  return value.toString(16).padStart(wide ? 16 : 8, '0')
}
