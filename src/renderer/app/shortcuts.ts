/** The lab's own keys. They are taken before the editor, the screen or the browser sees them. */
import { useEffect } from 'react'
import { isMac, matchesChord, parseChord } from '../../shared/commands/keys'
import { COMMANDS } from '../../shared/commands/table'
import { runCommand } from './commands'
import { useLab } from './lab'

const bindings = COMMANDS.flatMap((command) => (command.keys ?? []).map((keys) => ({ command, chord: parseChord(keys) })))

/** A modal dialog has the keyboard to itself. */
const dialogIsOpen = (): boolean => document.querySelector('dialog:modal') !== null

export function useShortcuts(): void {
  const lab = useLab()
  useEffect(() => {
    const mac = isMac(navigator.platform)
    const onKeyDown = (event: KeyboardEvent): void => {
      const inMachine = event.target instanceof Element && event.target.closest('[data-takes-keyboard]') !== null
      const found = bindings.find(({ command, chord }) => matchesChord(chord, event, mac) && (command.inMachine || !inMachine))
      if (!found) return
      const { command: { id, inDialog }, chord } = found
      // Also where the command cannot be run: the browser's own meaning of the key, such as a reload, would surprise.
      if (dialogIsOpen() && !inDialog) {
        // With Alt, a field of the dialog may write a sign or select a word.
        if (!chord.alt) event.preventDefault()
        return
      }
      event.preventDefault()
      event.stopPropagation()
      if (!event.repeat || id.startsWith('panel.') || id.startsWith('view.zoom')) runCommand(lab, id)
    }
    window.addEventListener('keydown', onKeyDown, { capture: true })
    return () => window.removeEventListener('keydown', onKeyDown, { capture: true })
  }, [lab])
}
