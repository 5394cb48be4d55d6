import { useEffect, useRef, type ReactElement, type ReactNode } from 'react'
import { useStore } from 'zustand'
import type { Screen } from '../../../shared/machine-schemas'
import { useLab } from '../../app/lab'
import { fromBase64 } from './base64'
import { scaled, type Aspect, type Scale } from './scaling'
import { drawPicture, drawScreen, GLYPH_WIDTH, hasBlinking, textSize, type Glyphs } from '../../../shared/screen-pixels'

/** Half periods of the VGA's blinking at 70 frames a second: the cursor 8 frames, characters 16. */
const CURSOR_HALF_MS = 114
const CHARACTER_HALF_MS = 229

/** Screens that wait for their frame: they come at no even pace, and of two in one frame the second is the next frame's. More would be late. */
const MOST_WAITING = 2

/** Space around the picture, in CSS pixels. */
const MARGIN = 3

/** Pixels of a screen. */
function sizeOf(screen: Screen | undefined, glyphHeight: number): { width: number; height: number } {
  if (screen?.mode === 'graphics') return { width: screen.width, height: screen.height }
  return screen ? textSize(screen, glyphHeight) : { width: 80 * GLYPH_WIDTH, height: 25 * glyphHeight }
}

/** Draws the machine's screen, pixel by pixel, as large as the person wants it; what lies over it has its size. */
export function ScreenCanvas({ children }: { children?: ReactNode }): ReactElement {
  const { machine, settings } = useLab()
  const scale = useStore(settings.store, (values) => values.screenScale)
  const aspect = useStore(settings.store, (values) => values.screenAspect)
  const isText = useStore(machine.store, (view) => view.screen?.mode !== 'graphics')
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

  useEffect(() => showIn(canvas.current, { width, height, text: isText }, scale, aspect), [width, height, isText, scale, aspect])

  return (
    <div className="screen-picture">
      <canvas ref={canvas} className="screen-canvas" width={width} height={height} aria-hidden="true" />
      {children}
    </div>
  )
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
  const waiting: Screen[] = []
  let newest: Screen | undefined
  let painted: { screen: Screen | undefined; phase: number } | undefined

  function paint(): void {
    frame = 0
    const { phase } = view()
    const screen = waiting.shift() ?? newest
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
      else drawPicture(pixels, screen)
      context.putImageData(image, 0, 0)
    }
    clearTimeout(timer)
    if (waiting.length > 0) schedule()
    else if (blinking) timer = setTimeout(schedule, CURSOR_HALF_MS - (now % CURSOR_HALF_MS))
  }
  function onChange(): void {
    const { screen } = view()
    if (screen !== newest) {
      newest = screen
      if (screen) waiting.push(screen)
      else waiting.length = 0
      if (waiting.length > MOST_WAITING) waiting.shift()
    }
    schedule()
  }
  function schedule(): void {
    if (frame === 0) frame = requestAnimationFrame(paint)
  }
  const stop = subscribe(onChange)
  onChange()
  return () => {
    stop()
    clearTimeout(timer)
    cancelAnimationFrame(frame)
  }
}

/** Sizes the canvas in the screen around it, now and whenever that has another size. */
function showIn(canvas: HTMLCanvasElement | null, picture: { width: number; height: number; text: boolean }, scale: Scale, aspect: Aspect): (() => void) | undefined {
  const screen = canvas?.closest('.screen')
  if (!canvas || !screen) return undefined
  const fit = (): void => {
    const room = { width: screen.clientWidth - 2 * MARGIN, height: screen.clientHeight - 2 * MARGIN }
    const { width, height, crisp } = scaled(picture, room, scale, aspect, window.devicePixelRatio || 1)
    canvas.style.width = `${width}px`
    canvas.style.height = `${height}px`
    canvas.style.imageRendering = crisp ? 'pixelated' : 'auto'
  }
  const observer = new ResizeObserver(fit)
  observer.observe(screen)
  return () => observer.disconnect()
}
