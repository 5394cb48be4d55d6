import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import type { PanelId } from '../../shared/panels'
import { useStrings } from '../strings'
import { Button } from '../ui/Button'
import { useLab } from './lab'

/** Fills the workbench with a panel, or takes that back. */
export function MaximizeButton({ panel }: { panel: PanelId }): ReactElement {
  const { dock } = useLab()
  const { panels: text } = useStrings()
  const maximized = useStore(dock.store, (state) => state.maximized)
  const name = maximized ? text.restore : text.maximize
  return <Button tone="quiet" icon={maximized ? 'restore' : 'maximize'} title={name} aria-label={name} onClick={() => dock.toggleMaximized(panel)} />
}
