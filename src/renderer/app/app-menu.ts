/** The application's menu, where the door has one: it is told language and what can be run, and its choices are run here. */
import { COMMANDS, isCommandId } from '../../shared/commands/table'
import { toFailure } from '../../shared/failure'
import { currentLanguage, onLanguageChanged } from '../strings'
import { canRun, runCommand } from './commands'
import type { Lab } from './lab'

export function followMenu(lab: Lab): void {
  let listening: AbortController | undefined
  function tell(): void {
    if (lab.projects.store.getState().info?.door !== 'electron') return
    const previous = listening
    const controller = new AbortController()
    listening = controller
    const context = lab.context.getState()
    const disabled = COMMANDS.filter(({ id }) => !canRun(id, context)).map(({ id }) => id)
    lab.connection
      .listen('app.menu', { language: currentLanguage(), disabled }, ({ command }) => void (isCommandId(command) && runCommand(lab, command)), { signal: controller.signal })
      .catch((error: unknown) => {
        const { code } = toFailure(error)
        if (code !== 'cancelled' && code !== 'disconnected') lab.notifications.report(error)
      })
    // After the new one is on its way, so that the menu is never without commands in between.
    previous?.abort()
  }
  lab.context.subscribe(tell)
  onLanguageChanged(tell)
  lab.projects.store.subscribe(({ info }, previous) => info !== previous.info && tell())
}
