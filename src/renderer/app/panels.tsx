/**
 * The workbench's panels, one row each. A new panel is its name in `src/shared/panels.ts`, its title in `src/shared/commands`
 * (`panels`, in every language), and a row here; its command, its keys and its place in the menu follow.
 */
import { lazy, Suspense, type ComponentType, type ReactElement } from 'react'
import type { PanelId } from '../../shared/panels'
import { LogActions, LogPanel } from '../features/build/LogPanel'
import { FixAllButton, ProblemCount, ProblemsPanel } from '../features/build/ProblemsPanel'
import { BreakpointActions } from '../features/debugger/BreakpointActions'
import { EditorPanel } from '../features/editor/EditorPanel'
import { FilesPanel } from '../features/files/FilesPanel'
import { ScreenActions, ScreenPanel } from '../features/machine/ScreenPanel'
import { SCREEN_ID } from '../features/machine/screen-focus'
import type { IconName } from '../ui/Icon'
import type { PlacedPanel } from './panel-places'

export interface BadgeProps {
  onCount(count: number): void
}

export interface PanelRow extends PlacedPanel {
  icon: IconName
  component: ComponentType
  /** In the head of the panel's group while the panel is in front. */
  actions?: ComponentType
  /** Beside the title in its tab: how many things are in it. It tells the tab, whose name has to say so, too. */
  badge?: ComponentType<BadgeProps>
  /** CSS selector, inside the panel, of what takes the keyboard; else the panel itself does. */
  focus?: string
}

/** Loaded when a panel is first seen. */
const onDemand = (load: () => Promise<{ default: ComponentType }>): ComponentType => {
  const Loaded = lazy(load)
  return function OnDemand(): ReactElement {
    return (
      <Suspense>
        <Loaded />
      </Suspense>
    )
  }
}

export const panelTable: Readonly<Record<PanelId, PanelRow>> = {
  editor: { icon: 'file', place: 'centre', component: EditorPanel, focus: ':is(.editor-group-focused, .pane) .monaco-editor :is(textarea, .native-edit-context)' },
  log: { icon: 'log', place: 'below-centre', component: LogPanel, actions: LogActions, focus: '.log' },
  problems: { icon: 'warning', place: 'below-centre', component: ProblemsPanel, actions: FixAllButton, badge: ProblemCount, focus: 'button' },
  screen: { icon: 'screen', place: 'right', component: ScreenPanel, actions: ScreenActions, focus: `#${SCREEN_ID}` },
  serial: { icon: 'serial', place: 'below-right', component: onDemand(() => import('../features/machine/SerialPanel').then((module) => ({ default: module.SerialPanel }))), focus: 'textarea' },
  debug: {
    icon: 'serial',
    place: 'below-right',
    closedAtFirst: true,
    component: onDemand(() => import('../features/machine/SerialPanel').then((module) => ({ default: module.DebugPanel }))),
    focus: 'textarea',
  },
  help: { icon: 'help', place: 'right', closedAtFirst: true, component: onDemand(() => import('../features/help/HelpPanel')), focus: '.help-page' },
  files: { icon: 'folder', place: 'left', component: FilesPanel, focus: '[role="tree"]' },
  search: {
    icon: 'search',
    place: 'left',
    closedAtFirst: true,
    component: onDemand(() => import('../features/search/SearchPanel').then((module) => ({ default: module.SearchPanel }))),
    focus: '.search-text',
  },
  report: { icon: 'report', place: 'below-right', component: onDemand(() => import('../features/machine/ReportPanel').then((module) => ({ default: module.ReportPanel }))), focus: '.report' },
  registers: { icon: 'registers', place: 'below-right', closedAtFirst: true, component: onDemand(() => import('../features/debugger/RegistersPanel').then((module) => ({ default: module.RegistersPanel }))), focus: '.inspector' },
  disassembly: {
    icon: 'code',
    place: 'below-centre',
    closedAtFirst: true,
    component: onDemand(() => import('../features/debugger/DisassemblyPanel').then((module) => ({ default: module.DisassemblyPanel }))),
    focus: '.code-row[tabindex="0"]',
  },
  stack: { icon: 'stack', place: 'below-right', closedAtFirst: true, component: onDemand(() => import('../features/debugger/StackPanel').then((module) => ({ default: module.StackPanel }))), focus: '.inspector' },
  breakpoints: {
    icon: 'breakpoint',
    place: 'below-centre',
    closedAtFirst: true,
    component: onDemand(() => import('../features/debugger/BreakpointsPanel').then((module) => ({ default: module.BreakpointsPanel }))),
    actions: BreakpointActions,
    focus: 'select',
  },
  memory: { icon: 'memory', place: 'below-right', closedAtFirst: true, component: onDemand(() => import('../features/inside/MemoryPanel').then((module) => ({ default: module.MemoryPanel }))), focus: '.mem-grid' },
  tables: { icon: 'table', place: 'below-right', closedAtFirst: true, component: onDemand(() => import('../features/inside/TablesPanel').then((module) => ({ default: module.TablesPanel }))), focus: '[role="tab"][aria-selected="true"]' },
  paging: { icon: 'pages', place: 'below-right', closedAtFirst: true, component: onDemand(() => import('../features/inside/PagingPanel').then((module) => ({ default: module.PagingPanel }))), focus: 'input' },
  devices: { icon: 'chip', place: 'below-right', closedAtFirst: true, component: onDemand(() => import('../features/inside/DevicesPanel').then((module) => ({ default: module.DevicesPanel }))), focus: '.devices' },
  trace: { icon: 'trace', place: 'below-right', closedAtFirst: true, component: onDemand(() => import('../features/inside/TracePanel').then((module) => ({ default: module.TracePanel }))), focus: 'input' },
  image: { icon: 'image', place: 'right', closedAtFirst: true, component: onDemand(() => import('../features/image/ImagePanel').then((module) => ({ default: module.ImagePanel }))), focus: '[role="treeitem"][tabindex="0"]' },
}
