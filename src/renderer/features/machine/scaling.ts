/** How large the guest's picture is shown. */

export const SCALES = ['integer', 'fit', '1', '2', '3'] as const
export type Scale = (typeof SCALES)[number]

export const ASPECTS = ['square', 'crt'] as const
export type Aspect = (typeof ASPECTS)[number]

export interface Shown {
  /** In CSS pixels. */
  readonly width: number
  readonly height: number
  /** Each pixel of the guest is as large as any other: they need no smoothing. */
  readonly crisp: boolean
}

interface Picture {
  readonly width: number
  readonly height: number
  readonly text: boolean
}

/** Heights of the VGA's modes whose pixels are no squares: a monitor shows them as 4:3. */
const CRT_HEIGHTS: ReadonlySet<number> = new Set([200, 350, 400])
const CRT_MOST_COLUMNS = 720
const CRT_RATIO = 4 / 3
/** Beyond it a pixel that is one wider than its neighbour is no longer seen. */
const LARGE = 3
/** Smaller pictures tell nothing. */
const LEAST = 0.1

/** How much higher than wide a pixel is on a monitor of 4:3. */
export function pixelAspect({ width, height, text }: Picture, aspect: Aspect): number {
  const stretched = aspect === 'crt' && (text || (CRT_HEIGHTS.has(height) && width <= CRT_MOST_COLUMNS))
  return stretched ? width / CRT_RATIO / height : 1
}

/**
 * @param room in CSS pixels
 * @param ratio device pixels of a CSS pixel: what is whole is counted in those
 */
export function scaled(picture: Picture, room: { width: number; height: number }, scale: Scale, aspect: Aspect, ratio: number): Shown {
  const tall = pixelAspect(picture, aspect)
  const fitting = Math.min(room.width / picture.width, room.height / (picture.height * tall)) * ratio
  const factor = factorOf(scale, fitting)
  const [across, down] = [factor, factor * tall]
  const whole = Number.isInteger(across) && Number.isInteger(down)
  return { width: (picture.width * across) / ratio, height: (picture.height * down) / ratio, crisp: whole || Math.min(across, down) >= LARGE }
}

function factorOf(scale: Scale, fitting: number): number {
  // Smaller than one to one there is no whole size; a legible one is better than a cut one.
  if (scale === 'integer') return fitting >= 1 ? Math.floor(fitting) : Math.max(fitting, LEAST)
  return scale === 'fit' ? Math.max(fitting, LEAST) : Number(scale)
}
