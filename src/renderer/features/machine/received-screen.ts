/** Screens as the lab sends them: text as it is, graphics deflated. */
import type { Screen, SentScreen } from '../../../shared/machine-schemas'
import { fromBase64 } from './base64'

/** @throws TypeError when the pixels are not what their size says */
export async function receivedScreen(screen: SentScreen): Promise<Screen> {
  if (screen.mode === 'text') return screen
  const { mode, width, height } = screen
  const inflate = new DecompressionStream('deflate')
  const writer = inflate.writable.getWriter()
  const [buffer] = await Promise.all([new Response(inflate.readable).arrayBuffer(), writer.write(fromBase64(screen.pixels)).then(() => writer.close())])
  const pixels = new Uint8Array(buffer)
  if (pixels.length !== width * height * 3) throw new TypeError(`A picture of ${width}×${height} came with ${pixels.length} bytes.`)
  return { mode, width, height, pixels }
}
