import { useEffect, useRef, type ReactElement } from 'react'
import { useStore } from 'zustand'
import type { Screen } from '../../../shared/machine-schemas'
import { useLab } from '../../app/lab'
import { fromBase64 } from './base64'
import { drawPicture, drawScreen, GLYPH_WIDTH, hasBlinking, type Glyphs } from '../../../shared/screen-pixels'

/** Half periods of the VGA's blinking at 70 frames a second: the cursor 8 frames, characters 16. */
const CURSOR_HALF_MS = 114
const CHARACTER_HALF_MS = 229

/** Space around the picture, in CSS pixels. */
const MARGIN = 6

/** Pixels of a screen. */
function sizeOf(screen: Screen | undefined, glyphHeight: number): { width: number; height: number } {
  if (screen?.mode === 'graphics') return { width: screen.width, height: screen.height }
  return { width: (screen?.columns ?? 80) * GLYPH_WIDTH, height: (screen?.rows ?? 25) * glyphHeight }
}

/** Draws the machine's screen, pixel by pixel, as large as whole device pixels allow. */
export function ScreenCanvas(): ReactElement {
  const { machine } = useLab()
  const canvas = useRef<HTMLCanvasElement>(null)
  const font = useStore(machine.store, (view) => view.font)
  const width = useStore(machine.store, (view) => sizeOf(view.screen, font?.height ?? 16).width)
  const height = useStore(machine.store, (view) => sizeOf(view.screen, font?.height ?? 16).height)

  useEffect(() => {
    const element = canvas.current
    const context = element?.getContext('2d', { alpha: false })
    if (!element || !context || !font) return
    const glyphs: Glyphs = { height: font.height, rows: fromBase64(font.glyphs) }
    return runPainter(context, glyphs, width, height, () => machine.store.getState(), machine.store.subscribe)
  }, [machine, font, width, height])

  useEffect(() => fitToParent(canvas.current, width, height), [width, height])

  return <canvas ref={canvas} className="screen-canvas" width={width} height={height} aria-hidden="true" />
}

/** Repaints when the screen changed or something on it blinks. Returns a function that ends it. */
function runPainter(
  context: CanvasRenderingContext2D,
  glyphs: Glyphs,
  width: number,
  height: number,
  view: () => { screen: Screen | undefined; phase: string },
  subscribe: (listener: () => void) => () => void,
): () => void {
  const image = context.createImageData(width, height)
  const pixels = new Uint32Array(image.data.buffer)
  const still = matchMedia('(prefers-reduced-motion: reduce)')
  let frame = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let painted: { screen: Screen | undefined; phase: number } | undefined

  function paint(): void {
    frame = 0
    const { screen, phase } = view()
    const now = performance.now()
    const blinking = screen?.mode === 'text' && phase === 'on' && !still.matches && hasBlinking(screen)
    const cursor = !blinking || Math.floor(now / CURSOR_HALF_MS) % 2 === 0
    const characters = !blinking || Math.floor(now / CHARACTER_HALF_MS) % 2 === 0
    const step = (cursor ? 1 : 0) + (characters ? 2 : 0)
    if (painted?.screen !== screen || painted?.phase !== step) {
      painted = { screen, phase: step }
      // A mode change arrives here one render before the canvas has its size.
      const size = sizeOf(screen, glyphs.height)
      if (!screen || size.width !== width || size.height !== height) pixels.fill(0xff000000)
      else if (screen.mode === 'text') drawScreen(pixels, screen, glyphs, { cursor, characters })
      else drawPicture(image.data, screen)
      context.putImageData(image, 0, 0)
    }
    clearTimeout(timer)
    if (blinking) timer = setTimeout(schedule, CURSOR_HALF_MS - (now % CURSOR_HALF_MS))
  }
  function schedule(): void {
    if (frame === 0) frame = requestAnimationFrame(paint)
  }
  const stop = subscribe(schedule)
  schedule()
  return () => {
    stop()
    clearTimeout(timer)
    cancelAnimationFrame(frame)
  }
}

/** Sizes the canvas to the largest whole multiple of its pixels that fits, counted in device pixels. */
function fitToParent(canvas: HTMLCanvasElement | null, width: number, height: number): (() => void) | undefined {
  const parent = canvas?.parentElement
  if (!canvas || !parent) return undefined
  const fit = (): void => {
    const ratio = window.devicePixelRatio || 1
    const room = Math.min((parent.clientWidth - 2 * MARGIN) / width, (parent.clientHeight - 2 * MARGIN) / height) * ratio
    // Smaller than one to one there is no crisp size; a legible one is better than a cut one.
    const scale = room >= 1 ? Math.floor(room) : Math.max(room, 0.1)
    canvas.style.width = `${(width * scale) / ratio}px`
    canvas.style.height = `${(height * scale) / ratio}px`
    canvas.style.imageRendering = room >= 1 ? 'pixelated' : 'auto'
  }
  const observer = new ResizeObserver(fit)
  observer.observe(parent)
  return () => observer.disconnect()
}
