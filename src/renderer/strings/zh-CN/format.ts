import { createFormat } from '../format'
import type { format as en } from '../en/format'

/** Counts go by 万 and 亿. */
const compact = new Intl.NumberFormat('zh-CN', { notation: 'compact', maximumSignificantDigits: 3 })

export const format: typeof en = createFormat('zh-CN', { millisecond: '毫秒', second: '秒', instant: '不足 1 毫秒' }, (value) => compact.format(value))

/** All digits, grouped. */
export const { number } = format
