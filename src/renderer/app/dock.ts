/** What can be done with the workbench's panels, whoever asks: commands, the build, the machine. Dockview does it, once it is loaded. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { DockviewApi, DockviewGroupPanel, SerializedDockview } from 'dockview-react'
import { isPanelId, type PanelId } from '../../shared/panels'
import { currentStrings } from '../strings'
import { fitsPanels, PLACES, readingOrder, type Place, type PlacedPanels } from './panel-places'
import { rememberFor, type UiMemory } from './ui-state'

export type Direction = 'left' | 'right' | 'above' | 'below'

export interface DockState {
  open: readonly PanelId[]
  active: PanelId | undefined
  maximized: boolean
}

/** What the dock has to know of the window's panels; the workbench brings it. */
export interface DockParts {
  panels: PlacedPanels
  layout(): SerializedDockview
  /** Puts the keyboard into a panel's content. */
  focus(id: PanelId): void
}

export type Dock = ReturnType<typeof createDock>

const RESIZE_STEP = 40

export function createDock(ui: UiMemory) {
  const store: StoreApi<DockState> = createStore<DockState>(() => ({ open: [], active: undefined, maximized: false }))
  let api: DockviewApi | undefined
  let parts: DockParts | undefined
  let directory: string | undefined
  /** Whether a person changed the layout: one that is still the default fits itself to the window at the next start. */
  let arranged = false
  /** Panels that something asked for before the workbench was there. */
  let waiting: (() => void)[] = []

  /** The workbench is there. Returns a function for its end. */
  function attach(dockview: DockviewApi, given: DockParts): () => void {
    api = dockview
    parts = given
    const listeners = [
      dockview.onDidLayoutChange(() => {
        note()
        save()
      }),
      dockview.onDidActivePanelChange(note),
      dockview.onDidMaximizedGroupChange(note),
      dockview.onDidMutateLayout(({ kind }) => {
        if (kind !== 'load' && kind !== 'clear') arranged = true
        hideLoneHeaders()
      }),
    ]
    restore()
    return () => {
      for (const listener of listeners) listener.dispose()
      if (api === dockview) api = undefined
    }
  }

  function note(): void {
    if (!api) return
    const active = api.activePanel?.id
    store.setState({
      open: api.panels.map(({ id }) => id).filter(isPanelId),
      active: active !== undefined && isPanelId(active) ? active : undefined,
      maximized: api.hasMaximizedGroup(),
    })
  }

  function save(): void {
    if (!api || !arranged || directory === undefined || api.hasMaximizedGroup()) return
    ui.set('layouts', rememberFor(ui.get('layouts'), directory, JSON.parse(JSON.stringify(api.toJSON()))))
  }

  /** The remembered layout of the open project, or the default. Panels that stay keep their state. */
  function restore(): void {
    if (!api || !parts) return
    const remembered = directory === undefined ? undefined : ui.get('layouts')?.[directory]
    arranged = false
    if (!fitsPanels(remembered)) show(parts.layout())
    else {
      try {
        show(remembered)
        arranged = true
      } catch {
        // What was stored is not ours to trust: one that dockview refuses is as good as none.
        show(parts.layout())
      }
    }
    const asked = waiting
    waiting = []
    for (const work of asked) work()
  }

  function show(layout: SerializedDockview): void {
    api?.fromJSON(layout, { reuseExistingPanels: true })
    hideLoneHeaders()
    note()
  }

  /** The editor has tabs of its own: alone in its group it needs no second row of them. */
  function hideLoneHeaders(): void {
    for (const group of api?.groups ?? []) group.header.hidden = group.panels.length === 1 && group.panels[0]?.id === 'editor'
  }

  /** Another project is open: its layout comes. */
  function openProject(next: string): void {
    directory = next
    restore()
  }

  /** Opens a panel at its place, or finds it. @param inFront whether it comes to the front of its group */
  function reveal(id: PanelId, inFront = true): void {
    if (!api || !parts) return void waiting.push(() => reveal(id, inFront))
    const open = api.getPanel(id)
    if (open) {
      if (inFront) open.api.setActive()
      return
    }
    const neighbour = api.panels.find((panel) => isPanelId(panel.id) && parts?.panels[panel.id].place === parts?.panels[id].place)
    const position = neighbour ? { referencePanel: neighbour } : positionOf(parts.panels[id].place)
    api.addPanel({ id, component: id, tabComponent: 'panel', title: currentStrings().commands.panels[id], inactive: !inFront, position })
    hideLoneHeaders()
  }

  /** Whether a panel can be seen: it is the one of its group that is in front. */
  const inFront = (id: PanelId): boolean => api?.getPanel(id)?.api.isVisible === true

  function positionOf(place: Place) {
    const { beside, direction } = PLACES[place]
    const reference = api?.panels.find((panel) => isPanelId(panel.id) && parts?.panels[panel.id].place === beside)
    return reference ? { referencePanel: reference, direction } : { direction: direction === 'below' ? 'right' : direction }
  }

  function focus(id: PanelId): void {
    reveal(id)
    parts?.focus(id)
  }

  /** @param step 1 for the next group in reading order, -1 for the one before */
  function focusNext(step: 1 | -1): void {
    if (!api) return
    const groups = readingOrder(api.groups.flatMap((group) => (group.api.boundingBox ? [{ ...group.api.boundingBox, group }] : []))).map(({ group }) => group)
    const at = groups.findIndex((group) => group === api?.activeGroup)
    const next = groups[(at + step + groups.length) % groups.length]?.activePanel?.id
    if (next !== undefined && isPanelId(next)) focus(next)
  }

  /** Moves the active panel to the neighbouring group, or, where there is none, to a group of its own at that side. */
  function move(direction: Direction): void {
    const panel = api?.activePanel
    if (!api || !panel) return
    const side = { left: 'left', right: 'right', above: 'top', below: 'bottom' } as const
    const target = api.adjacentGroupInDirection(panel.group, ({ left: 'left', right: 'right', above: 'up', below: 'down' } as const)[direction])
    if (target) panel.api.moveTo({ group: groupOf(target.id), position: 'center' })
    else if (panel.group.panels.length > 1) panel.api.moveTo({ group: panel.group, position: side[direction] })
    if (isPanelId(panel.id)) focus(panel.id)
  }

  const groupOf = (id: string): DockviewGroupPanel | undefined => api?.groups.find((group) => group.id === id)

  /** @param width, height steps to grow or shrink by */
  function resize(width: number, height: number): void {
    const group = api?.activeGroup
    if (!group) return
    arranged = true
    group.api.setSize({
      ...(width === 0 ? {} : { width: group.api.width + width * RESIZE_STEP }),
      ...(height === 0 ? {} : { height: group.api.height + height * RESIZE_STEP }),
    })
  }

  /** Fills the workbench with the active panel, or takes that back. */
  function toggleMaximized(id: PanelId | undefined = store.getState().active): void {
    const panel = id === undefined ? undefined : api?.getPanel(id)
    if (!api || !panel) return
    if (api.hasMaximizedGroup()) api.exitMaximizedGroup()
    else api.maximizeGroup(panel)
    note()
  }

  /** Closes a panel. The editor stays: it is what the window is for. */
  function close(id: PanelId | undefined = store.getState().active): void {
    if (id !== undefined && id !== 'editor') api?.getPanel(id)?.api.close()
  }

  function reset(): void {
    if (!parts || directory === undefined) return
    if (api?.hasMaximizedGroup()) api.exitMaximizedGroup()
    arranged = false
    const { [directory]: _gone, ...others } = ui.get('layouts') ?? {}
    ui.set('layouts', others)
    show(parts.layout())
  }

  /** A border was taken hold of. */
  const noteArranged = (): void => void (arranged = true)

  return { store, attach, openProject, reveal, inFront, focus, focusNext, move, resize, toggleMaximized, close, reset, noteArranged }
}
