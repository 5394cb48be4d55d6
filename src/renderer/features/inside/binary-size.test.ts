import { expect, test } from 'vitest'
import { binarySize } from './binary-size'

test('sizes of memory', () => {
  expect([512n, 4096n, 1536n * 1024n, 2n ** 21n, 2n ** 30n, 2n ** 47n].map(binarySize)).toEqual(['512 bytes', '4 KiB', '1.5 MiB', '2 MiB', '1 GiB', '128 TiB'])
})
