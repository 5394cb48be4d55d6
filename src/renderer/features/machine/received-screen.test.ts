import { deflateSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { receivedScreen } from './received-screen'

test('graphics are inflated, text is as it was', async () => {
  const pixels = Uint8Array.from({ length: 3 * 2 * 3 }, (_, i) => i)
  const sent = { mode: 'graphics', width: 3, height: 2, pixels: deflateSync(pixels).toString('base64') } as const
  expect(await receivedScreen(sent)).toEqual({ ...sent, pixels })
  const text = { mode: 'text', columns: 1, rows: 1, cells: [0x741], cursor: { row: 0, column: 0, visible: true, start: 14, end: 15 }, blink: true } as const
  expect(await receivedScreen({ ...text, cells: [...text.cells] })).toEqual(text)
  await expect(receivedScreen({ ...sent, width: 4 })).rejects.toThrow(/4×2 came with 18 bytes/)
})
