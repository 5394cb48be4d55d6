/** What the commands of `src/shared/commands/table.ts` do, and when they can be run. */
import { useMemo, useSyncExternalStore } from 'react'
import { commandOf, isCommandId, shownPanel, type CommandId } from '../../shared/commands/table'
import { chordLabel, isMac } from '../../shared/commands/keys'
import { runEditorAction } from '../features/editor/editor-actions'
import { useLab, type Lab } from './lab'
import { settingTable } from './settings'

/** What the window is doing, as far as it decides which commands make sense. */
export interface CommandContext {
  /** A project is in front. */
  project: boolean
  /** A project is open behind the welcome page. */
  behind: boolean
  building: boolean
  machine: 'off' | 'starting' | 'on' | 'ended'
  /** A file is open in the editor. */
  file: boolean
  files: number
  fixes: boolean
  log: boolean
  textScreen: boolean
  panel: boolean
}

interface Action {
  when?(context: CommandContext): boolean
  run(lab: Lab): void
}

const inProject = ({ project }: CommandContext): boolean => project
const withFile = ({ project, file }: CommandContext): boolean => project && file
const withFiles = ({ project, files }: CommandContext): boolean => project && files > 1
const withPanel = ({ project, panel }: CommandContext): boolean => project && panel
const zoomStep = settingTable.zoom.step
const zoomBy = (lab: Lab, step: number): void => lab.settings.set('zoom', lab.settings.store.getState().zoom + step)

const actions: Record<Exclude<CommandId, `panel.show.${string}`>, Action> = {
  'file.quickOpen': { when: inProject, run: (lab) => lab.commands.pickFile() },
  'file.save': { when: withFile, run: (lab) => lab.commands.save() },
  'file.saveAll': { when: inProject, run: (lab) => lab.commands.saveAll() },
  'file.next': { when: withFiles, run: (lab) => lab.commands.activateFile(1) },
  'file.previous': { when: withFiles, run: (lab) => lab.commands.activateFile(-1) },
  'file.close': { when: withFile, run: (lab) => lab.commands.closeActiveFile() },
  'project.welcome': { when: inProject, run: (lab) => lab.commands.showWelcome() },
  'project.open': { run: (lab) => lab.commands.openFolder() },
  'project.back': { when: ({ behind }) => behind, run: (lab) => lab.commands.hideWelcome() },

  'build.run': { when: ({ project, building }) => project && !building, run: (lab) => lab.commands.build() },
  'build.cancel': { when: ({ building }) => building, run: (lab) => lab.commands.cancelBuild() },
  'build.fixAll': { when: ({ project, fixes }) => project && fixes, run: (lab) => lab.projectDoctor.previewAll() },
  'build.copyLog': { when: ({ project, log }) => project && log, run: (lab) => lab.attempt(lab.commands.copyLog()) },
  'build.toolchain': { run: (lab) => lab.surfaces.show('toolchain') },

  'machine.boot': { when: inProject, run: (lab) => lab.commands.boot() },
  'machine.stop': { when: ({ machine }) => machine === 'on', run: (lab) => lab.commands.stop() },
  'machine.reset': { when: ({ project, machine }) => project && (machine === 'on' || machine === 'ended'), run: (lab) => lab.commands.reset() },
  'machine.focus': { when: inProject, run: (lab) => lab.dock.focus('screen') },
  'machine.copyText': { when: ({ project, textScreen }) => project && textScreen, run: (lab) => lab.attempt(lab.commands.copyScreen()) },

  'view.palette': { run: (lab) => lab.surfaces.show('commands') },
  'view.editorActions': { when: withFile, run: () => runEditorAction('editor.action.quickCommand') },
  'view.settings': { run: (lab) => lab.surfaces.show('settings') },
  'view.theme': { run: (lab) => lab.surfaces.show('themes') },
  'view.language': { run: (lab) => lab.surfaces.show('languages') },
  'view.notifications': { run: (lab) => lab.surfaces.show('notifications') },
  'view.zoomIn': { run: (lab) => zoomBy(lab, zoomStep) },
  'view.zoomOut': { run: (lab) => zoomBy(lab, -zoomStep) },
  'view.zoomReset': { run: (lab) => lab.settings.reset('zoom') },

  'panel.next': { when: inProject, run: (lab) => lab.dock.focusNext(1) },
  'panel.previous': { when: inProject, run: (lab) => lab.dock.focusNext(-1) },
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
  'panel.reset': { when: inProject, run: (lab) => lab.dock.reset() },

  'help.shortcuts': { run: (lab) => lab.surfaces.show('shortcuts') },
}

function actionOf(id: CommandId): Action {
  const panel = shownPanel(id)
  if (panel !== undefined) return { when: inProject, run: (lab) => lab.dock.focus(panel) }
  const known: Partial<Record<CommandId, Action>> = actions
  const action = known[id]
  if (!action) throw new Error(`The command ${id} does nothing.`)
  return action
}

export const canRun = (id: CommandId, context: CommandContext): boolean => actionOf(id).when?.(context) ?? true

export function contextOf({ projects, build, machine, documents, projectDoctor, dock }: Lab): CommandContext {
  const { view, project } = projects.store.getState()
  const { open, active } = documents.store.getState()
  const { status, log } = build.store.getState()
  const { phase, screen } = machine.store.getState()
  return {
    project: view === 'project',
    behind: view === 'welcome' && project !== undefined,
    building: status === 'running',
    machine: phase,
    file: active !== undefined,
    files: open.length,
    fixes: projectDoctor.store.getState().diagnosis?.findings.some(({ fix }) => fix !== undefined) ?? false,
    log: log.length > 0,
    textScreen: screen?.mode === 'text',
    panel: dock.store.getState().active !== undefined,
  }
}

/** Hears of every change of a lab's context, and of nothing else. Returns a function that stops. */
export function onContextChanged(lab: Lab, listener: (context: CommandContext) => void): () => void {
  let last = JSON.stringify(contextOf(lab))
  const check = (): void => {
    const context = contextOf(lab)
    const now = JSON.stringify(context)
    if (now === last) return
    last = now
    listener(context)
  }
  const stops = [lab.projects, lab.build, lab.machine, lab.documents, lab.projectDoctor, lab.dock].map(({ store }) => store.subscribe(check))
  return () => stops.forEach((stop) => stop())
}

/** Runs a command if it can be run now. @returns whether it was */
export function runCommand(lab: Lab, id: CommandId): boolean {
  if (!canRun(id, contextOf(lab))) return false
  actionOf(id).run(lab)
  return true
}

export function useCommandContext(): CommandContext {
  const lab = useLab()
  const source = useMemo(() => {
    let context = contextOf(lab)
    return {
      subscribe: (notify: () => void) =>
        onContextChanged(lab, (next) => {
          context = next
          notify()
        }),
      read: () => {
        // Between the first reading and the subscription something may have changed.
        const now = contextOf(lab)
        if (JSON.stringify(now) !== JSON.stringify(context)) context = now
        return context
      },
    }
  }, [lab])
  return useSyncExternalStore(source.subscribe, source.read)
}

/** The chord that a command is told by, as this system writes it; '' for none. */
export function keysOf(id: CommandId): string {
  const chord = commandOf(id).keys?.[0]
  return chord === undefined ? '' : chordLabel(chord, isMac(navigator.platform))
}

const MAX_RECENT = 30

/** Commands that were chosen from the palette, the last first. */
export const recentCommands = ({ ui }: Lab): CommandId[] => (ui.get('palette.recent') ?? []).filter(isCommandId)

export function noteRecent(lab: Lab, id: CommandId): void {
  lab.ui.set('palette.recent', [id, ...recentCommands(lab).filter((other) => other !== id)].slice(0, MAX_RECENT))
}

