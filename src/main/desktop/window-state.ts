/** Remembers where the window was. */
import { readFileSync, writeFileSync } from 'node:fs'
import * as z from 'zod'

const rectangle = z.object({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int().min(400).max(20_000),
  height: z.number().int().min(300).max(20_000),
})
type Rectangle = z.infer<typeof rectangle>

const windowState = z.object({ bounds: rectangle, maximized: z.boolean() })
export type WindowState = z.infer<typeof windowState>

/**
 * @param workAreas the usable areas of the present displays
 * @returns undefined when nothing (readable) is stored or the place is on no display any more
 */
export function readWindowState(file: string, workAreas: readonly Rectangle[]): WindowState | undefined {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    // Never stored or damaged: the window opens at its default place, and the next close stores it anew.
    return undefined
  }
  const parsed = windowState.safeParse(json)
  return parsed.success && workAreas.some((area) => showsTitleBar(parsed.data.bounds, area)) ? parsed.data : undefined
}

export function writeWindowState(file: string, state: WindowState): void {
  writeFileSync(file, JSON.stringify(state))
}

/** Enough of the top edge lies on the display to take hold of it. */
function showsTitleBar(window: Rectangle, area: Rectangle): boolean {
  const overlap = Math.min(window.x + window.width, area.x + area.width) - Math.max(window.x, area.x)
  return overlap >= 100 && window.y >= area.y && window.y <= area.y + area.height - 50
}
