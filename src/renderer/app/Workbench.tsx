/** The panels, where a person puts them. Loaded with the first project. */
import { useCallback, useEffect, useRef, useState, type KeyboardEvent, type ReactElement } from 'react'
import {
  DockviewReact,
  type DockviewReadyEvent,
  type DockviewTheme,
  type IDockviewHeaderActionsProps,
  type IDockviewPanelHeaderProps,
  type IDockviewPanelProps,
} from 'dockview-react'
import 'dockview-react/dist/styles/dockview.css'
import './workbench.css'
import { isPanelId, type PanelId } from '../../shared/panels'
import { useStrings } from '../strings'
import { EmptyState } from '../ui/EmptyState'
import { Icon } from '../ui/Icon'
import { TabClose } from '../ui/TabClose'
import { CommandButton } from './CommandButton'
import { useLab } from './lab'
import { MaximizeButton } from './MaximizeButton'
import { defaultLayout } from './panel-places'
import { panelTable } from './panels'

/** Its colours are the window's: see workbench.css. */
const theme: DockviewTheme = { name: 'bootlab', className: 'dockview-theme-bootlab', dndOverlayMounting: 'absolute', dndPanelOverlay: 'group' }

const panelElement = (id: PanelId): string => `panel-${id}`

function PanelContent({ api }: IDockviewPanelProps): ReactElement {
  const id = panelOf(api.id)
  const { component: Content } = panelTable[id]
  return (
    <div className="pane" id={panelElement(id)} tabIndex={-1}>
      <Content />
    </div>
  )
}

const components = Object.fromEntries(Object.keys(panelTable).map((id) => [id, PanelContent]))
const tabComponents = { panel: PanelTab }

/** Only names of the table are ever registered with dockview. */
function panelOf(id: string): PanelId {
  if (!isPanelId(id)) throw new Error(`There is no panel ${id}.`)
  return id
}

function PanelTab({ api }: IDockviewPanelHeaderProps): ReactElement {
  const { panels: text, commands, format } = useStrings()
  const { dock } = useLab()
  const id = panelOf(api.id)
  const { icon, badge: Badge } = panelTable[id]
  const [count, setCount] = useState(0)
  const title = commands.panels[id]
  const name = count === 0 ? title : `${title} ${format.number(count)}`
  // Dockview reads the title out, and makes it the tab's name: it has to say what is to be seen.
  useEffect(() => api.setTitle(name), [api, name])
  return (
    <div className="panel-tab" data-panel-tab={id}>
      <Icon name={icon} size={14} />
      <span>{title}</span> {Badge && <Badge onCount={setCount} />}
      {id !== 'editor' && <TabClose title={text.close(title)} onClose={() => dock.close(id)} />}
    </div>
  )
}

function GroupActions({ activePanel }: IDockviewHeaderActionsProps): ReactElement | null {
  const id = activePanel?.id
  if (id === undefined || !isPanelId(id)) return null
  const { actions: Actions } = panelTable[id]
  return (
    <div className="group-actions">
      {Actions && <Actions />}
      <MaximizeButton panel={id} />
    </div>
  )
}

function NoPanels(): ReactElement {
  const { panels: text, commands } = useStrings()
  return (
    <div className="no-panels">
      <EmptyState icon="screen" title={text.empty} hint={text.emptyHint} />
      <CommandButton command="panel.reset" icon="reset" label={commands.titles['panel.reset']} />
    </div>
  )
}

/** How long a panel that is being loaded may still take the keyboard. */
const LOADING_MS = 2000

/** Puts the keyboard into a panel: into its content as soon as that is there, unless the keyboard has gone elsewhere meanwhile. */
function focusPanel(id: PanelId): void {
  const { focus } = panelTable[id]
  const began = performance.now()
  const look = (first: boolean): void => {
    const panel = document.getElementById(panelElement(id))
    if (!first && document.activeElement !== panel) return
    const target = focus === undefined ? null : panel?.querySelector<HTMLElement>(focus)
    if (target || first) (target ?? panel)?.focus()
    if (!target && focus !== undefined && performance.now() - began < LOADING_MS) requestAnimationFrame(() => look(false))
  }
  requestAnimationFrame(() => look(true))
}

export function Workbench(): ReactElement {
  const { dock } = useLab()
  const { panels: text } = useStrings()
  const host = useRef<HTMLDivElement>(null)
  const detach = useRef<() => void>(undefined)
  useEffect(() => () => detach.current?.(), [])

  const onReady = useCallback(
    ({ api }: DockviewReadyEvent) => {
      detach.current?.()
      const layout = () => defaultLayout(panelTable, { width: host.current?.clientWidth || window.innerWidth, height: host.current?.clientHeight || window.innerHeight })
      detach.current = dock.attach(api, { panels: panelTable, layout, focus: focusPanel })
    },
    [dock],
  )

  /** Dockview closes whatever tab has the focus with Delete; the editor stays. */
  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Delete' && event.key !== 'Backspace') return
    if (event.target instanceof Element && event.target.matches('.dv-tab')) {
      event.stopPropagation()
      const id = Object.keys(panelTable).find((one) => event.target instanceof Element && event.target.querySelector(`[data-panel-tab="${one}"]`))
      if (id !== undefined && isPanelId(id)) dock.close(id)
    }
  }

  return (
    <div
      ref={host}
      className="workbench-host"
      onKeyDownCapture={onKeyDown}
      onPointerDownCapture={({ target }) => target instanceof Element && target.closest('.dv-sash') && dock.noteArranged()}
    >
      <DockviewReact
        theme={theme}
        components={components}
        tabComponents={tabComponents}
        rightHeaderActionsComponent={GroupActions}
        watermarkComponent={NoPanels}
        disableFloatingGroups
        messages={{ panelOpened: text.opened, panelClosed: text.closed, groupMaximized: text.maximized, groupRestored: text.restored }}
        onReady={onReady}
      />
    </div>
  )
}
