/** The lab's own keys. They are taken before the editor, the screen or the browser sees them. */
import { useEffect } from 'react'
import { useLab, type Lab } from './lab'

interface Shortcut {
  code: string
  shift?: boolean
  /** Ctrl, or Cmd on a Mac. */
  modifier?: boolean
  /** Works also while the machine has the keyboard. */
  inMachine?: boolean
  run(lab: Lab): void
}

export const SCREEN_ID = 'machine-screen'

const shortcuts: readonly Shortcut[] = [
  { code: 'F5', inMachine: true, run: (lab) => lab.commands.boot() },
  { code: 'F5', shift: true, inMachine: true, run: (lab) => lab.commands.stop() },
  { code: 'F6', run: () => document.getElementById(SCREEN_ID)?.focus() },
  { code: 'KeyB', modifier: true, run: (lab) => lab.commands.build() },
  { code: 'KeyS', modifier: true, run: (lab) => lab.commands.save() },
  { code: 'KeyD', modifier: true, shift: true, run: (lab) => lab.commands.writeToUsb() },
]

export const isMac = (platform: string): boolean => /^(darwin|Mac)/.test(platform)
export const modifierName = (): string => (isMac(navigator.platform) ? '⌘' : 'Ctrl')

export function useShortcuts(): void {
  const lab = useLab()
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const inMachine = event.target instanceof Element && event.target.closest('[data-takes-keyboard]') !== null
      const modifier = isMac(navigator.platform) ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey
      const other = event.altKey || (!modifier && (event.ctrlKey || event.metaKey))
      const shortcut = shortcuts.find(
        (candidate) =>
          candidate.code === event.code &&
          Boolean(candidate.shift) === event.shiftKey &&
          Boolean(candidate.modifier) === modifier &&
          !other &&
          (candidate.inMachine || !inMachine),
      )
      if (!shortcut) return
      event.preventDefault()
      event.stopPropagation()
      // Behind a dialog nothing is done; nor does the browser do what it would by itself, such as a reload.
      if (event.repeat || lab.projects.store.getState().view !== 'project' || document.querySelector('dialog:modal')) return
      shortcut.run(lab)
    }
    window.addEventListener('keydown', onKeyDown, { capture: true })
    return () => window.removeEventListener('keydown', onKeyDown, { capture: true })
  }, [lab])
}
