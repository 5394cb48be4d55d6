/**
 * Everything that a person can tell the lab to do, in one table. The palette, the keyboard, the toolbar, the page of shortcuts and
 * the application's menu come from it. What a command is called is in `en.ts` and `zh-CN.ts`; what it does is in the renderer.
 */

import { PANEL_IDS, type PanelId } from '../panels'

/** Groups of the palette, and menus of the application. */
export const CATEGORIES = ['file', 'build', 'machine', 'debug', 'view', 'panel', 'help'] as const
export type Category = (typeof CATEGORIES)[number]

interface CommandRow {
  category: Category
  /** Chords of `keys.ts`, the one to show first. */
  keys?: readonly string[]
  /** Works also while the machine has the keyboard; `paused`: only while it is paused. */
  inMachine?: boolean | 'paused'
  /** The command that its keys mean while the machine is paused. */
  keysWhenPaused?: string
  /** Where it cannot be run, whatever has the focus gets its keys. */
  yields?: boolean
  /** Works also while a dialog is open. */
  inDialog?: boolean
}

const rows = {
  'file.quickOpen': { category: 'file', keys: ['mod+p'] },
  'file.save': { category: 'file', keys: ['mod+s'] },
  'file.saveAll': { category: 'file', keys: ['mod+shift+s'] },
  'file.new': { category: 'file' },
  'file.newFolder': { category: 'file' },
  'file.format': { category: 'file', keys: ['alt+shift+f'] },
  'file.next': { category: 'file', keys: ['alt+PageDown'] },
  'file.previous': { category: 'file', keys: ['alt+PageUp'] },
  'file.close': { category: 'file', keys: ['alt+w'] },
  'project.welcome': { category: 'file', keys: ['mod+shift+o'] },
  'project.open': { category: 'file', keys: ['mod+o'] },
  'project.back': { category: 'file' },

  'build.run': { category: 'build', keys: ['mod+b'] },
  'build.cancel': { category: 'build' },
  'build.fixAll': { category: 'build' },
  'build.copyLog': { category: 'build' },
  'build.copyCommand': { category: 'build' },
  'build.findInLog': { category: 'build' },
  'image.explore': { category: 'build', keys: ['mod+shift+x'] },
  'image.showLine': { category: 'build' },
  'build.toolchain': { category: 'build' },
  'usb.write': { category: 'build', keys: ['mod+shift+d'] },

  'machine.boot': { category: 'machine', keys: ['F5'], inMachine: true, keysWhenPaused: 'debug.continue' },
  'machine.stop': { category: 'machine', keys: ['shift+F5'], inMachine: true },
  'machine.reset': { category: 'machine', keys: ['mod+shift+F5'] },
  'machine.focus': { category: 'machine', keys: ['F6'] },
  'machine.copyText': { category: 'machine' },
  'machine.selectText': { category: 'machine' },
  'machine.copyImage': { category: 'machine' },
  'machine.saveImage': { category: 'machine' },
  'machine.record': { category: 'machine' },
  'machine.ctrlAltDel': { category: 'machine' },
  'machine.settings': { category: 'machine' },
  'machine.bootFile': { category: 'machine' },
  'machine.saveState': { category: 'machine' },
  'machine.loadState': { category: 'machine' },

  'debug.pause': { category: 'debug', keys: ['F8'], inMachine: 'paused', yields: true },
  'debug.continue': { category: 'debug' },
  'debug.stepOver': { category: 'debug', keys: ['F10'], inMachine: 'paused' },
  'debug.stepInto': { category: 'debug', keys: ['F11'], inMachine: 'paused' },
  'debug.stepOut': { category: 'debug', keys: ['shift+F11'], inMachine: 'paused' },
  'debug.stepInstruction': { category: 'debug', keys: ['alt+F11'], inMachine: 'paused' },
  'debug.runToCursor': { category: 'debug', keys: ['mod+F10'] },
  'debug.toggleBreakpoint': { category: 'debug', keys: ['F9'] },
  'debug.bootAtKernel': { category: 'debug', keys: ['mod+F5'] },
  'debug.bootAtSector': { category: 'debug' },
  'debug.bootAtReset': { category: 'debug' },
  'debug.bootAtFault': { category: 'debug' },
  'debug.speed': { category: 'debug' },

  'editor.splitRight': { category: 'view', keys: ['mod+\\'] },
  'editor.splitDown': { category: 'view' },
  'editor.moveRight': { category: 'view', keys: ['mod+alt+ArrowRight'] },
  'editor.moveLeft': { category: 'view', keys: ['mod+alt+ArrowLeft'] },
  'editor.focus1': { category: 'view', keys: ['mod+1'] },
  'editor.focus2': { category: 'view', keys: ['mod+2'] },
  'editor.focus3': { category: 'view', keys: ['mod+3'] },
  'editor.language': { category: 'view' },

  'view.palette': { category: 'view', keys: ['mod+shift+p', 'F1'] },
  'view.editorActions': { category: 'view' },
  'view.settings': { category: 'view', keys: ['mod+,'] },
  'view.theme': { category: 'view' },
  'view.language': { category: 'view' },
  'view.notifications': { category: 'view' },
  'view.zoomIn': { category: 'view', keys: ['mod+=', 'mod+Plus', 'mod+shift+Plus', 'mod+shift+='], inDialog: true },
  'view.zoomOut': { category: 'view', keys: ['mod+-'], inDialog: true },
  'view.zoomReset': { category: 'view', keys: ['mod+0'], inDialog: true },

  'panel.next': { category: 'panel', keys: ['F7'] },
  'panel.previous': { category: 'panel', keys: ['shift+F7'] },
  'panel.maximize': { category: 'panel', keys: ['mod+F11'] },
  'panel.close': { category: 'panel' },
  'panel.moveLeft': { category: 'panel', keys: ['mod+alt+shift+ArrowLeft'] },
  'panel.moveRight': { category: 'panel', keys: ['mod+alt+shift+ArrowRight'] },
  'panel.moveUp': { category: 'panel', keys: ['mod+alt+shift+ArrowUp'] },
  'panel.moveDown': { category: 'panel', keys: ['mod+alt+shift+ArrowDown'] },
  'panel.wider': { category: 'panel', keys: ['alt+shift+ArrowRight'] },
  'panel.narrower': { category: 'panel', keys: ['alt+shift+ArrowLeft'] },
  'panel.taller': { category: 'panel', keys: ['alt+shift+ArrowUp'] },
  'panel.shorter': { category: 'panel', keys: ['alt+shift+ArrowDown'] },
  'panel.reset': { category: 'panel' },

  'help.documentation': { category: 'help' },
  'help.tour': { category: 'help' },
  'help.shortcuts': { category: 'help', keys: ['shift+F1'] },
} as const satisfies Record<string, CommandRow>

/** Panels that people know by other keys from elsewhere. */
const panelKeys: Readonly<Partial<Record<PanelId, string>>> = { files: 'mod+shift+e', search: 'mod+shift+f' }

/** Every panel has a command that shows it: the first nine by Alt and a digit. */
export type CommandId = keyof typeof rows | `panel.show.${PanelId}`

const panelRows = Object.fromEntries(
  PANEL_IDS.map((id, index): [`panel.show.${PanelId}`, CommandRow] => {
    const keys = [panelKeys[id] ?? [], index < 9 ? `alt+${index + 1}` : []].flat()
    return [`panel.show.${id}`, { category: 'panel', ...(keys.length > 0 ? { keys } : {}) }]
  }),
)

/** The panel that a command shows. */
export const shownPanel = (id: CommandId): PanelId | undefined => PANEL_IDS.find((panel) => id === `panel.show.${panel}`)

export interface CommandDefinition extends CommandRow {
  id: CommandId
}

const table: Readonly<Record<string, CommandRow>> = { ...rows, ...panelRows }

export const isCommandId = (id: string): id is CommandId => Object.hasOwn(table, id)

/** All commands, in the order of the tables. */
export const COMMANDS: readonly CommandDefinition[] = Object.entries(table).flatMap(([id, row]) => (isCommandId(id) ? [{ id, ...row }] : []))

const byId = new Map(COMMANDS.map((command) => [command.id, command]))

export function commandOf(id: CommandId): CommandDefinition {
  const found = byId.get(id)
  if (!found) throw new Error(`There is no command ${id}.`)
  return found
}
