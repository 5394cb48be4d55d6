/** The lab's own keys. They are taken before the editor, the screen or the browser sees them. */
import { useEffect } from 'react'
import { isMac, matchesChord, parseChord } from '../../shared/commands/keys'
import { COMMANDS, isCommandId, type CommandDefinition } from '../../shared/commands/table'
import { canRun, runCommand } from './commands'
import { useLab } from './lab'

const bindings = COMMANDS.flatMap((command) => (command.keys ?? []).map((keys) => ({ command, chord: parseChord(keys) })))

/** A modal dialog has the keyboard to itself. */
const dialogIsOpen = (): boolean => document.querySelector('dialog:modal') !== null

/** Also while the machine has the keyboard. */
const worksInMachine = ({ inMachine }: CommandDefinition, paused: boolean): boolean => (inMachine === 'paused' ? paused : inMachine === true)

export function useShortcuts(): void {
  const lab = useLab()
  useEffect(() => {
    const mac = isMac(navigator.platform)
    const onKeyDown = (event: KeyboardEvent): void => {
      const context = lab.context.getState()
      const { paused } = context
      const inMachine = event.target instanceof Element && event.target.closest('[data-takes-keyboard]') !== null
      const found = bindings.find(({ command, chord }) => matchesChord(chord, event, mac) && (!inMachine || worksInMachine(command, paused)))
      if (!found) return
      const { command: { inDialog, keysWhenPaused, yields }, chord } = found
      const id = paused && keysWhenPaused !== undefined && isCommandId(keysWhenPaused) ? keysWhenPaused : found.command.id
      if (yields && !canRun(id, context)) return
      // Also where the command cannot be run: the browser's own meaning of the key, such as a reload, would surprise.
      if (dialogIsOpen() && !inDialog) {
        // With Alt, a field of the dialog may write a sign or select a word.
        if (!chord.alt) event.preventDefault()
        return
      }
      event.preventDefault()
      event.stopPropagation()
      if (!event.repeat || id.startsWith('panel.') || id.startsWith('debug.step') || id.startsWith('view.zoom')) runCommand(lab, id)
    }
    window.addEventListener('keydown', onKeyDown, { capture: true })
    return () => window.removeEventListener('keydown', onKeyDown, { capture: true })
  }, [lab])
}
