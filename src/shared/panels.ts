/** The workbench's panels, by name. What each holds and where it lies is in `src/renderer/app/panels.tsx`. */
export const PANEL_IDS = ['editor', 'log', 'problems', 'screen', 'serial', 'debug', 'report', 'image', 'files', 'search', 'memory', 'tables', 'paging', 'devices', 'trace', 'registers', 'disassembly', 'stack', 'breakpoints', 'help'] as const
export type PanelId = (typeof PANEL_IDS)[number]

export const isPanelId = (id: string): id is PanelId => PANEL_IDS.some((known) => known === id)
