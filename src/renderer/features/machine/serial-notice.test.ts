import { expect, test } from 'vitest'
import { withNotice } from './serial-notice'

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const bytes = new TextEncoder().encode('tail')

test('serial output with a gap before it says how large the gap is, in a line of its own', () => {
  expect(text(withNotice(bytes, 12_345))).toBe('\r\n\u001b[7m12,345 bytes are left out here: the kernel sends faster than they can be shown.\u001b[0m\r\ntail')
})

test('serial output without a gap stays as it is', () => {
  expect(withNotice(bytes, undefined)).toBe(bytes)
})
