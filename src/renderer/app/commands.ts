/** What the commands of `src/shared/commands/table.ts` do, and when they can be run. */
import { useStore } from 'zustand'
import { commandOf, COMMANDS, isCommandId, shownPanel, type CommandId } from '../../shared/commands/table'
import { chordLabel, isMac } from '../../shared/commands/keys'
import { stepUnit } from '../features/debugger/cursor-place'
import { copyCommand, findInLog } from '../features/build/log/log-commands'
import { runEditorAction } from '../features/editor/editor-actions'
import type { CommandContext } from './context'
import { toggleRecording } from '../features/machine/recording'
import { copyScreenshot, saveScreenshot, SENDABLE_KEYS, sendKeys } from '../features/machine/screen-commands'
import { selectByKeyboard } from '../features/machine/selection-store'
import { useLab, type Lab } from './lab'
import { settingTable } from './settings'

interface Action {
  when?(context: CommandContext): boolean
  run(lab: Lab): void
}

const inWorkbench = ({ workbench }: CommandContext): boolean => workbench
const inProject = ({ project }: CommandContext): boolean => project
const withFile = ({ project, file }: CommandContext): boolean => project && file
const withFiles = ({ project, files }: CommandContext): boolean => project && files > 1
const withPanel = ({ workbench, panel }: CommandContext): boolean => workbench && panel
const isOn = ({ machine }: CommandContext): boolean => machine === 'on'
const isPaused = ({ paused }: CommandContext): boolean => paused
const withScreen = ({ workbench, machine }: CommandContext): boolean => workbench && (machine === 'on' || machine === 'ended')
const zoomStep = settingTable.zoom.step
const zoomBy = (lab: Lab, step: number): void => lab.settings.set('zoom', lab.settings.store.getState().zoom + step)

const actions: Record<Exclude<CommandId, `panel.show.${string}`>, Action> = {
  'file.quickOpen': { when: inProject, run: (lab) => lab.commands.pickFile() },
  'file.save': { when: withFile, run: (lab) => lab.commands.save() },
  'file.saveAll': { when: inProject, run: (lab) => lab.commands.saveAll() },
  'file.new': { when: inProject, run: (lab) => lab.commands.newInTree('file') },
  'file.newFolder': { when: inProject, run: (lab) => lab.commands.newInTree('folder') },
  'file.format': { when: withFile, run: (lab) => lab.commands.formatFile() },
  'file.next': { when: withFiles, run: (lab) => lab.commands.activateFile(1) },
  'file.previous': { when: withFiles, run: (lab) => lab.commands.activateFile(-1) },
  'file.close': { when: withFile, run: (lab) => lab.commands.closeActiveFile() },
  'project.welcome': { when: inWorkbench, run: (lab) => lab.commands.showWelcome() },
  'project.open': { run: (lab) => lab.commands.openFolder() },
  'project.back': { when: ({ behind }) => behind, run: (lab) => lab.commands.hideWelcome() },

  'build.run': { when: ({ project, building }) => project && !building, run: (lab) => lab.commands.build() },
  'build.cancel': { when: ({ building }) => building, run: (lab) => lab.commands.cancelBuild() },
  'build.fixAll': { when: ({ project, fixes }) => project && fixes, run: (lab) => lab.projectDoctor.previewAll() },
  'build.copyCommand': { when: ({ project, log }) => project && log, run: copyCommand },
  'build.findInLog': { when: ({ project, log }) => project && log, run: findInLog },
  'build.copyLog': { when: ({ project, log }) => project && log, run: (lab) => lab.attempt(lab.commands.copyLog()) },
  'image.explore': { when: inWorkbench, run: (lab) => lab.commands.exploreImage() },
  'image.showLine': { when: withFile, run: (lab) => lab.attempt(lab.commands.showLineInImage()) },
  'build.toolchain': { run: (lab) => lab.surfaces.show('toolchain') },
  'usb.write': { when: ({ starting }) => !starting, run: (lab) => lab.commands.writeToUsb() },

  'machine.boot': { when: inProject, run: (lab) => lab.commands.boot() },
  'machine.stop': { when: ({ machine }) => machine === 'on', run: (lab) => lab.commands.stop() },
  'machine.reset': { when: ({ workbench, machine }) => workbench && (machine === 'on' || machine === 'ended'), run: (lab) => lab.commands.reset() },
  'machine.focus': { when: inWorkbench, run: (lab) => lab.dock.focus('screen') },
  'machine.selectText': { when: ({ workbench, textScreen }) => workbench && textScreen, run: selectByKeyboard },
  'machine.copyImage': { when: withScreen, run: (lab) => lab.attempt(copyScreenshot(lab)) },
  'machine.saveImage': { when: withScreen, run: (lab) => lab.attempt(saveScreenshot(lab)) },
  'machine.record': { when: withScreen, run: toggleRecording },
  'machine.ctrlAltDel': { when: ({ machine }) => machine === 'on', run: (lab) => sendKeys(lab, SENDABLE_KEYS[0]) },
  'machine.settings': { when: inWorkbench, run: (lab) => lab.surfaces.show('machine-settings') },
  'machine.bootFile': { run: (lab) => lab.surfaces.show('boot-file') },
  'machine.saveState': { when: isOn, run: (lab) => lab.surfaces.show('save-state') },
  'machine.loadState': { when: inWorkbench, run: (lab) => lab.surfaces.show('load-state') },
  'machine.copyText': { when: ({ workbench, textScreen }) => workbench && textScreen, run: (lab) => lab.attempt(lab.commands.copyScreen()) },

  'debug.pause': { when: isOn, run: (lab) => lab.debug.toggle() },
  'debug.continue': { when: isPaused, run: (lab) => lab.debug.resume() },
  'debug.stepOver': { when: isPaused, run: (lab) => lab.debug.step('over', stepUnit()) },
  'debug.stepInto': { when: isPaused, run: (lab) => lab.debug.step('into', stepUnit()) },
  'debug.stepOut': { when: isPaused, run: (lab) => lab.debug.step('out', 'instruction') },
  'debug.stepInstruction': { when: isPaused, run: (lab) => lab.debug.step('into', 'instruction') },
  'debug.runToCursor': { when: isPaused, run: (lab) => lab.commands.runToCursor() },
  'debug.toggleBreakpoint': { when: inWorkbench, run: (lab) => lab.commands.toggleBreakpoint() },
  'debug.bootAtKernel': { when: inProject, run: (lab) => lab.commands.boot('kernel') },
  'debug.bootAtSector': { when: inProject, run: (lab) => lab.commands.boot('boot-sector') },
  'debug.bootAtReset': { when: inProject, run: (lab) => lab.commands.boot('reset') },
  'debug.bootAtFault': { when: ({ workbench, machine }) => workbench && (machine === 'on' || machine === 'ended'), run: (lab) => lab.commands.bootAtFault() },
  'debug.speed': { run: (lab) => lab.surfaces.show('speeds') },
  'editor.splitRight': { when: withFile, run: (lab) => lab.commands.splitEditor('right') },
  'editor.splitDown': { when: withFile, run: (lab) => lab.commands.splitEditor('below') },
  'editor.moveRight': { when: withFile, run: (lab) => lab.documents.moveActive(1) },
  'editor.moveLeft': { when: withFile, run: (lab) => lab.documents.moveActive(-1) },
  'editor.focus1': { when: inProject, run: (lab) => lab.commands.focusGroup(0) },
  'editor.focus2': { when: inProject, run: (lab) => lab.commands.focusGroup(1) },
  'editor.focus3': { when: inProject, run: (lab) => lab.commands.focusGroup(2) },
  'editor.language': { when: withFile, run: (lab) => lab.surfaces.show('file-language') },

  'view.palette': { run: (lab) => lab.surfaces.show('commands') },
  'view.editorActions': { when: withFile, run: () => runEditorAction('editor.action.quickCommand') },
  'view.settings': { run: (lab) => lab.surfaces.show('settings') },
  'view.theme': { run: (lab) => lab.surfaces.show('themes') },
  'view.language': { run: (lab) => lab.surfaces.show('languages') },
  'view.notifications': { run: (lab) => lab.surfaces.show('notifications') },
  'view.zoomIn': { run: (lab) => zoomBy(lab, zoomStep) },
  'view.zoomOut': { run: (lab) => zoomBy(lab, -zoomStep) },
  'view.zoomReset': { run: (lab) => lab.settings.reset('zoom') },

  'panel.next': { when: inWorkbench, run: (lab) => lab.dock.focusNext(1) },
  'panel.previous': { when: inWorkbench, run: (lab) => lab.dock.focusNext(-1) },
  'panel.maximize': { when: withPanel, run: (lab) => lab.dock.toggleMaximized() },
  'panel.close': { when: withPanel, run: (lab) => lab.dock.close() },
  'panel.moveLeft': { when: withPanel, run: (lab) => lab.dock.move('left') },
  'panel.moveRight': { when: withPanel, run: (lab) => lab.dock.move('right') },
  'panel.moveUp': { when: withPanel, run: (lab) => lab.dock.move('above') },
  'panel.moveDown': { when: withPanel, run: (lab) => lab.dock.move('below') },
  'panel.wider': { when: withPanel, run: (lab) => lab.dock.resize(1, 0) },
  'panel.narrower': { when: withPanel, run: (lab) => lab.dock.resize(-1, 0) },
  'panel.taller': { when: withPanel, run: (lab) => lab.dock.resize(0, 1) },
  'panel.shorter': { when: withPanel, run: (lab) => lab.dock.resize(0, -1) },
  'panel.reset': { when: inWorkbench, run: (lab) => lab.dock.reset() },

  'help.documentation': { when: inWorkbench, run: (lab) => lab.dock.focus('help') },
  'help.tour': { when: ({ starting }) => !starting, run: (lab) => lab.tour.start() },
  'help.shortcuts': { run: (lab) => lab.surfaces.show('shortcuts') },
}

function actionOf(id: CommandId): Action {
  const panel = shownPanel(id)
  if (panel !== undefined) return { when: inWorkbench, run: (lab) => lab.dock.focus(panel) }
  const known: Partial<Record<CommandId, Action>> = actions
  const action = known[id]
  if (!action) throw new Error(`The command ${id} does nothing.`)
  return action
}

export const canRun = (id: CommandId, context: CommandContext): boolean => actionOf(id).when?.(context) ?? true

/** Runs a command if it can be run now. @returns whether it was */
export function runCommand(lab: Lab, id: CommandId): boolean {
  if (!canRun(id, lab.context.getState())) return false
  actionOf(id).run(lab)
  return true
}

export const useCommandContext = (): CommandContext => useStore(useLab().context)

/** The chord that a command is told by, as this system writes it; '' for none. */
export function keysOf(id: CommandId): string {
  const chord = (commandOf(id).keys ?? COMMANDS.find(({ keysWhenPaused }) => keysWhenPaused === id)?.keys)?.[0]
  return chord === undefined ? '' : chordLabel(chord, isMac(navigator.platform))
}

const MAX_RECENT = 30

/** Commands that were chosen from the palette, the last first. */
export const recentCommands = ({ ui }: Lab): CommandId[] => (ui.get('palette.recent') ?? []).filter(isCommandId)

export function noteRecent(lab: Lab, id: CommandId): void {
  lab.ui.set('palette.recent', [id, ...recentCommands(lab).filter((other) => other !== id)].slice(0, MAX_RECENT))
}

