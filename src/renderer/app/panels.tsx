/**
 * The workbench's panels, one row each. A new panel is its name in `src/shared/panels.ts`, its title in `src/shared/commands`
 * (`panels`, in every language), and a row here; its command, its keys and its place in the menu follow.
 */
import type { ComponentType } from 'react'
import type { PanelId } from '../../shared/panels'
import { LogActions, LogPanel } from '../features/build/LogPanel'
import { FixAllButton, ProblemCount, ProblemsPanel } from '../features/build/ProblemsPanel'
import { BreakpointActions } from '../features/debugger/BreakpointActions'
import { EditorPanel } from '../features/editor/EditorPanel'
import { MonacoEditor } from '../features/editor/monaco-on-demand'
import { FilesPanel } from '../features/files/FilesPanel'
import { ScreenActions, ScreenPanel } from '../features/machine/ScreenPanel'
import { SCREEN_ID } from '../features/machine/screen-focus'
import type { IconName } from '../ui/Icon'
import { onDemand } from '../ui/on-demand'
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

/** The terminal's code is large, and the editor goes first. */
const afterEditor = <T,>(load: () => Promise<T>): Promise<T> => MonacoEditor.preload().then(load)

export const panelTable: Readonly<Record<PanelId, PanelRow>> = {
  editor: { icon: 'file', place: 'centre', component: EditorPanel, focus: ':is(.editor-group-focused, .pane) .monaco-editor :is(textarea, .native-edit-context)' },
  log: { icon: 'log', place: 'below-centre', component: LogPanel, actions: LogActions, focus: '.log' },
  problems: { icon: 'warning', place: 'below-centre', component: ProblemsPanel, actions: FixAllButton, badge: ProblemCount, focus: 'button' },
  screen: { icon: 'screen', place: 'right', component: ScreenPanel, actions: ScreenActions, focus: `#${SCREEN_ID}` },
  serial: { icon: 'serial', place: 'below-right', component: onDemand(() => afterEditor(() => import('../features/machine/SerialPanel')).then((module) => module.SerialPanel)), focus: 'textarea' },
  debug: {
    icon: 'serial',
    place: 'below-right',
    closedAtFirst: true,
    component: onDemand(() => afterEditor(() => import('../features/machine/SerialPanel')).then((module) => module.DebugPanel)),
    focus: 'textarea',
  },
  help: { icon: 'help', place: 'right', closedAtFirst: true, component: onDemand(() => import('../features/help/HelpPanel').then((module) => module.default)), focus: '.help-page' },
  files: { icon: 'folder', place: 'left', component: FilesPanel, focus: '[role="tree"]' },
  search: {
    icon: 'search',
    place: 'left',
    closedAtFirst: true,
    component: onDemand(() => import('../features/search/SearchPanel').then((module) => module.SearchPanel)),
    focus: '.search-text',
  },
  report: { icon: 'report', place: 'below-right', component: onDemand(() => afterEditor(() => import('../features/machine/ReportPanel')).then((module) => module.ReportPanel)), focus: '.report' },
  registers: { icon: 'registers', place: 'below-right', closedAtFirst: true, component: onDemand(() => import('../features/debugger/RegistersPanel').then((module) => module.RegistersPanel)), focus: '.inspector' },
  disassembly: {
    icon: 'code',
    place: 'below-centre',
    closedAtFirst: true,
    component: onDemand(() => import('../features/debugger/DisassemblyPanel').then((module) => module.DisassemblyPanel)),
    focus: '.code-row[tabindex="0"]',
  },
  stack: { icon: 'stack', place: 'below-right', closedAtFirst: true, component: onDemand(() => import('../features/debugger/StackPanel').then((module) => module.StackPanel)), focus: '.inspector' },
  breakpoints: {
    icon: 'breakpoint',
    place: 'below-centre',
    closedAtFirst: true,
    component: onDemand(() => import('../features/debugger/BreakpointsPanel').then((module) => module.BreakpointsPanel)),
    actions: BreakpointActions,
    focus: 'select',
  },
  memory: { icon: 'memory', place: 'below-right', closedAtFirst: true, component: onDemand(() => import('../features/inside/MemoryPanel').then((module) => module.MemoryPanel)), focus: '.mem-grid' },
  tables: { icon: 'table', place: 'below-right', closedAtFirst: true, component: onDemand(() => import('../features/inside/TablesPanel').then((module) => module.TablesPanel)), focus: '[role="tab"][aria-selected="true"]' },
  paging: { icon: 'pages', place: 'below-right', closedAtFirst: true, component: onDemand(() => import('../features/inside/PagingPanel').then((module) => module.PagingPanel)), focus: 'input' },
  devices: { icon: 'chip', place: 'below-right', closedAtFirst: true, component: onDemand(() => import('../features/inside/DevicesPanel').then((module) => module.DevicesPanel)), focus: '.devices' },
  trace: { icon: 'trace', place: 'below-right', closedAtFirst: true, component: onDemand(() => import('../features/inside/TracePanel').then((module) => module.TracePanel)), focus: 'input' },
  image: { icon: 'image', place: 'right', closedAtFirst: true, component: onDemand(() => import('../features/image/ImagePanel').then((module) => module.ImagePanel)), focus: '[role="treeitem"][tabindex="0"]' },
}
