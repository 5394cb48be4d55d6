/** Records the screen as an animated GIF, which plays wherever pictures are shown. */
import { create } from 'zustand'
import type { Lab } from '../../app/lab'
import { currentStrings } from '../../strings'
import { download, fileName, pictureOf } from './picture'
import type { FromRecorder, ToRecorder } from './recording-messages'

/** Pictures are taken no more often. */
const FRAME_MS = 80
/** It ends by itself at this size or length. */
const MOST_BYTES = 24 * 1024 * 1024
const MOST_MS = 10 * 60_000
/** Pictures on their way to the worker: more are left out, and the next one shows it all. */
const MOST_UNWRITTEN = 3

interface RecordingState {
  phase: 'off' | 'on' | 'saving'
  /** Of `performance.now`. */
  started: number
  bytes: number
}

export const useRecording = create<RecordingState>()(() => ({ phase: 'off', started: 0, bytes: 0 }))

let end: (() => void) | undefined

export function toggleRecording(lab: Lab): void {
  if (end) end()
  else if (useRecording.getState().phase === 'off') begin(lab)
}

function begin({ machine, notifications }: Lab): void {
  const { screen: first, font } = machine.store.getState()
  if (!first || !font) return
  const size = pictureOf(first, font)
  const { width, height } = size
  const worker = new Worker(new URL('./recording-worker.ts', import.meta.url), { type: 'module' })
  const send = (message: ToRecorder, transfer: Transferable[] = []): void => worker.postMessage(message, transfer)
  const started = performance.now()
  let unwritten = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let taken: typeof first | undefined
  let takenAt = -Infinity
  useRecording.setState({ phase: 'on', started, bytes: 0 })

  function take(): void {
    timer = undefined
    const { screen } = machine.store.getState()
    const now = performance.now()
    if (now - started > MOST_MS || useRecording.getState().bytes > MOST_BYTES) {
      notifications.info(currentStrings().screen.recordingFull, currentStrings().screen.recordingFullHint)
      return end?.()
    }
    if (!screen || !font || screen === taken || unwritten >= MOST_UNWRITTEN) return
    taken = screen
    takenAt = now
    unwritten++
    const pixels = inSize(pictureOf(screen, font), width, height).data.buffer
    send({ type: 'frame', pixels, at: now }, [pixels])
  }
  const changed = (): void => {
    timer ??= setTimeout(take, Math.max(0, takenAt + FRAME_MS - performance.now()))
  }
  const stopWatching = machine.store.subscribe(changed)
  // A screen that stands still reaches the limit of time, too.
  const clock = setInterval(changed, 1_000)

  end = () => {
    end = undefined
    stopWatching()
    clearTimeout(timer)
    clearInterval(clock)
    useRecording.setState({ phase: 'saving' })
    send({ type: 'end', at: performance.now() })
  }
  function close(): void {
    worker.terminate()
    stopWatching()
    clearInterval(clock)
    end = undefined
    useRecording.setState({ phase: 'off', bytes: 0 })
  }
  worker.addEventListener('message', ({ data }: MessageEvent<FromRecorder>) => {
    if (data.type === 'written') {
      unwritten--
      useRecording.setState({ bytes: data.bytes })
      return
    }
    download(new Blob([data.bytes], { type: 'image/gif' }), fileName('gif', new Date()))
    close()
  })
  worker.addEventListener('error', (event) => {
    notifications.report(new Error(event.message))
    close()
  })
  send({ type: 'begin', width, height })
  take()
}

/** An animation has one size: a mode of another one is shown in its middle, smaller where it has to be. */
function inSize(image: ImageData, width: number, height: number): ImageData {
  if (image.width === width && image.height === height) return image
  const [source, target] = [new OffscreenCanvas(image.width, image.height), new OffscreenCanvas(width, height)]
  const context = target.getContext('2d', { alpha: false })
  source.getContext('2d')?.putImageData(image, 0, 0)
  if (!context) throw new Error('This browser cannot draw pictures.')
  const scale = Math.min(1, width / image.width, height / image.height)
  const [w, h] = [Math.round(image.width * scale), Math.round(image.height * scale)]
  context.drawImage(source, Math.floor((width - w) / 2), Math.floor((height - h) / 2), w, h)
  return context.getImageData(0, 0, width, height)
}
