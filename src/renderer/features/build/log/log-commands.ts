/** What the palette offers for the build log. */
import type { Lab } from '../../../app/lab'
import { commandToCopy } from './build-log'
import { useLogView } from './log-view'

export function copyCommand({ build, attempt }: Lab): void {
  const command = commandToCopy(build.store.getState().log)
  if (command !== undefined) attempt(navigator.clipboard.writeText(command))
}

export function findInLog({ dock }: Lab): void {
  dock.focus('log')
  useLogView.getState().find()
}
