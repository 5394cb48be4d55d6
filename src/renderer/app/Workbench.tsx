import type { ReactElement } from 'react'
import { Group, Panel, Separator, type Layout } from 'react-resizable-panels'
import { BuildPane } from '../features/build/BuildPane'
import { EditorPane } from '../features/editor/EditorPane'
import { MachinePane } from '../features/machine/MachinePane'
import { ScreenPane } from '../features/machine/ScreenPane'
import { useLab } from './lab'

/** Pixels that the editor keeps in a narrow window: two tabs and the list of files. */
const EDITOR_WIDTH = 370
/** The machine's width at first: its screen in its own size wherever the editor has room beside it. */
const machineWidth = (): number => Math.round(Math.min(690, Math.max(window.innerWidth / 2, window.innerWidth - EDITOR_WIDTH)))
/** The height at which a screen of that width fills its pane; with head, margins and the line that says why the machine ended. */
const screenHeight = (): number => Math.round(Math.min(640, machineWidth() - 12) * 0.625) + 88

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
