import { createFormat, numberFormat } from '../format'
import type { format as en } from '../en/format'

/** Counts go by 万 and 亿. */
const compact = numberFormat('zh-CN', { notation: 'compact', maximumSignificantDigits: 3 })

const units = { millisecond: '毫秒', second: '秒', instant: '不足 1 毫秒', minute: '分钟', hour: '小时', soon: '几秒', byte: '字节' }

export const format: typeof en = createFormat('zh-CN', units, compact)

/** All digits, grouped. */
export const { number } = format
