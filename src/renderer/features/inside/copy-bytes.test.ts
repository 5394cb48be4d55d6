import { expect, test } from 'vitest'
import { asCArray, asHex, asText } from './copy-bytes'

test('bytes for the clipboard', () => {
  const bytes = Uint8Array.from({ length: 13 }, (_, index) => index + 0x41)
  expect(asHex(bytes.subarray(0, 3))).toBe('41 42 43')
  expect(asText(bytes.subarray(0, 3))).toBe('ABC')
  expect(asCArray(bytes, 0x7c00n)).toBe(
    'static const unsigned char at_7c00[13] = {\n    0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c,\n    0x4d,\n};\n',
  )
})
