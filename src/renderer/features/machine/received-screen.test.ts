import { expect, test } from 'vitest'
import { toBase64 } from './base64'
import { receivedScreen } from './received-screen'

async function deflated(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate'))
  return toBase64(new Uint8Array(await new Response(stream).arrayBuffer()))
}

test('graphics are inflated, text is as it was', async () => {
  const pixels = Uint8Array.from({ length: 3 * 2 * 3 }, (_, i) => i)
  const sent = { mode: 'graphics' as const, width: 3, height: 2, pixels: await deflated(pixels), text: { columns: 1, rows: 1, cells: [0x741] } }
  expect(await receivedScreen(sent)).toEqual({ ...sent, pixels })
  const text = { mode: 'text', columns: 1, rows: 1, cells: [0x741], cursor: { row: 0, column: 0, visible: true, start: 14, end: 15 }, blink: true } as const
  expect(await receivedScreen({ ...text, cells: [...text.cells] })).toEqual(text)
  await expect(receivedScreen({ ...sent, width: 4 })).rejects.toThrow(/4×2 came with 18 bytes/)
})
