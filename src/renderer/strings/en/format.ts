import { createFormat, numberFormat, pluralOf } from '../format'

const PREFIXES = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const

const digits = numberFormat('en', { minimumSignificantDigits: 3, maximumSignificantDigits: 3 })

export const plural = pluralOf('en')

const units = { millisecond: 'ms', second: 's', instant: '<1 ms', minute: 'min', hour: 'h', soon: 'a few seconds', byte: 'bytes' }

export const format = createFormat('en', units, (value) => {
  const [size, prefix] = PREFIXES.find(([least]) => value >= least) ?? []
  return size === undefined ? String(Math.round(value)) : `${digits(value / size)} ${prefix}`
})
