/** Where panels lie at first: the layout of a new window, as dockview writes layouts. */
import type { SerializedDockview } from 'dockview-react'
import * as z from 'zod'
import { isPanelId, PANEL_IDS, type PanelId } from '../../shared/panels'

/** Two columns, each of an upper and a lower group, and where there is room for it a narrow one on the left. */
export type Place = 'left' | 'centre' | 'below-centre' | 'right' | 'below-right'

/** What a panel's place is found from when nothing is there: a neighbour, and the side of it. */
export const PLACES: Readonly<Record<Place, { beside?: Place; direction: 'left' | 'right' | 'below' }>> = {
  left: { beside: 'centre', direction: 'left' },
  centre: { direction: 'left' },
  'below-centre': { beside: 'centre', direction: 'below' },
  right: { direction: 'right' },
  'below-right': { beside: 'right', direction: 'below' },
}

export interface PlacedPanel {
  place: Place
  /** Not open until somebody asks for it, or something happens there. */
  closedAtFirst?: boolean
}
export type PlacedPanels = Readonly<Record<PanelId, PlacedPanel>>

export interface Size {
  width: number
  height: number
}

type Grid = SerializedDockview['grid']
type Node = Grid['root']

/** Below this a window has no room for two columns. */
const TWO_COLUMNS = 760
/** Pixels that the editor keeps: two tabs and the list of files. */
const EDITOR_WIDTH = 370
/** The machine's column at first: its screen in its own size wherever the editor has room beside it. */
const MACHINE_WIDTH = 690
const FILES_WIDTH = 244
/** Below this the column on the left would take from the editor or the screen. */
const THREE_COLUMNS = 1266
const BUILD_SHARE = 0.32

/** @param bars height of a group's tabs, of the timeline under the screen, and of the line that says why the machine is paused or ended */
export function defaultLayout(panels: PlacedPanels, { width, height }: Size, bars = 120): SerializedDockview {
  const at = (...places: Place[]): PanelId[] => PANEL_IDS.filter((id) => !panels[id].closedAtFirst && places.includes(panels[id].place))
  const group = (views: PanelId[], size: number): Node[] => (views[0] === undefined ? [] : [{ type: 'leaf', size, data: { id: `group-${views[0]}`, views: [...views], activeView: views[0] } }])
  const column = (size: number, upper: PanelId[], upperHeight: number, lower: PanelId[]): Node => ({
    type: 'branch',
    size,
    data: [...group(upper, upperHeight), ...group(lower, height - upperHeight)],
  })
  const files = width < THREE_COLUMNS ? 0 : FILES_WIDTH
  const machine = Math.round(Math.min(MACHINE_WIDTH, Math.max(width / 2, width - EDITOR_WIDTH - files)))
  const screenHeight = Math.round(Math.min(height * 0.82, Math.min(640, machine - 12) * 0.625 + bars))
  const columns =
    width < TWO_COLUMNS
      ? [column(width, at('centre'), Math.round(height / 2), at('right', 'left', 'below-centre', 'below-right'))]
      : [
          ...(files === 0 ? [] : group(at('left'), files)),
          column(width - machine - files, at('centre'), Math.round(height * (1 - BUILD_SHARE)), files === 0 ? at('below-centre', 'left') : at('below-centre')),
          column(machine, at('right'), screenHeight, at('below-right')),
        ]
  const open = PANEL_IDS.filter((id) => !panels[id].closedAtFirst)
  return {
    grid: { root: { type: 'branch', size: height, data: columns }, width, height, orientation: HORIZONTAL },
    panels: Object.fromEntries(open.map((id) => [id, { id, contentComponent: id, tabComponent: 'panel', title: id }])),
    activeGroup: 'group-editor',
  }
}

/** Dockview's enumeration, whose value would pull all of it into the first thing that loads. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const HORIZONTAL = 'HORIZONTAL' as Grid['orientation']

const storedLayout = z.looseObject({
  grid: z.looseObject({ root: z.looseObject({ type: z.literal('branch') }), width: z.number(), height: z.number() }),
  panels: z.record(z.string(), z.looseObject({ contentComponent: z.string() })),
})

/** Whether a remembered layout has panels of this version only, and the editor among them. Its finer parts dockview checks itself. */
export function fitsPanels(layout: unknown): layout is SerializedDockview {
  const parsed = storedLayout.safeParse(layout)
  if (!parsed.success) return false
  const { panels } = parsed.data
  return 'editor' in panels && Object.entries(panels).every(([id, { contentComponent }]) => isPanelId(id) && contentComponent === id)
}

/** Boxes in the order in which people read them: column by column, each from the top. */
export function readingOrder<T extends { left: number; top: number }>(boxes: readonly T[]): T[] {
  return boxes.toSorted((a, b) => a.left - b.left || a.top - b.top)
}
