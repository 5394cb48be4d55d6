import type { ReactElement } from 'react'
import { Group, Panel, Separator, type Layout } from 'react-resizable-panels'
import { BuildPane } from '../features/build/BuildPane'
import { EditorPane } from '../features/editor/EditorPane'
import { MachinePane } from '../features/machine/MachinePane'
import { ScreenPane } from '../features/machine/ScreenPane'
import { useLab } from './lab'

/** Columns of the window's width for the machine: its screen in its own size where the editor has room beside it. */
const machineWidth = (): number => Math.min(690, Math.round(window.innerWidth * 0.5))
/** The height at which a screen of that width fills its pane, head and margins included. */
const screenHeight = (): number => Math.round((machineWidth() - 50) * 0.625) + 88

/** Editor over build log at the left, screen over serial ports at the right. */
export function Workbench(): ReactElement {
  const columns = useRememberedLayout('layout.columns')
  const left = useRememberedLayout('layout.left')
  const right = useRememberedLayout('layout.right')
  return (
    <Group className="split" orientation="horizontal" {...columns}>
      <Panel id="left" minSize="320px">
        <Group className="split" orientation="vertical" {...left}>
          <Panel id="editor" minSize="120px">
            <EditorPane />
          </Panel>
          <Separator className="separator separator-row" />
          <Panel id="build" defaultSize="32%" minSize="76px">
            <BuildPane />
          </Panel>
        </Group>
      </Panel>
      <Separator className="separator separator-column" />
      <Panel id="right" defaultSize={`${machineWidth()}px`} minSize="280px">
        <Group className="split" orientation="vertical" {...right}>
          <Panel id="screen" defaultSize={`${screenHeight()}px`} minSize="160px">
            <ScreenPane />
          </Panel>
          <Separator className="separator separator-row" />
          <Panel id="machine" minSize="76px">
            <MachinePane />
          </Panel>
        </Group>
      </Panel>
    </Group>
  )
}

function useRememberedLayout(key: 'layout.columns' | 'layout.left' | 'layout.right') {
  const { ui } = useLab()
  const defaultLayout = ui.get(key)
  const onLayoutChanged = (layout: Layout, { isUserInteraction }: { isUserInteraction: boolean }): void => {
    if (isUserInteraction) ui.set(key, layout)
  }
  return defaultLayout ? { defaultLayout, onLayoutChanged } : { onLayoutChanged }
}
