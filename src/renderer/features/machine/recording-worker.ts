/** Makes the animation beside the window, so that both stay smooth. */
import { GifFrames } from './gif-frames'
import type { FromRecorder, ToRecorder } from './recording-messages'

let frames: GifFrames | undefined

const tell = (message: FromRecorder, transfer: Transferable[] = []): void => postMessage(message, { transfer })

addEventListener('message', ({ data }: MessageEvent<ToRecorder>) => {
  if (data.type === 'begin') frames = new GifFrames(data.width, data.height)
  else if (data.type === 'frame') {
    frames?.add(new Uint32Array(data.pixels), data.at)
    tell({ type: 'written', bytes: frames?.bytes ?? 0 })
  } else {
    const gif = frames?.finish(data.at) ?? new Uint8Array()
    tell({ type: 'gif', bytes: gif }, [gif.buffer])
  }
})
