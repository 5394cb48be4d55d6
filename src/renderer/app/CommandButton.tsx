import type { ReactElement } from 'react'
import type { CommandId } from '../../shared/commands/table'
import { commandTitle } from '../../shared/commands/texts'
import { useStrings } from '../strings'
import { Button } from '../ui/Button'
import type { IconName } from '../ui/Icon'
import { canRun, keysOf, runCommand, useCommandContext } from './commands'
import { useLab } from './lab'

interface Props {
  command: CommandId
  icon: IconName
  /** Beside the icon; without it the command's title is what it is called by. */
  label?: string
  tone?: 'primary' | 'plain' | 'quiet'
  /** In place of the command's title and keys. */
  hint?: string
  /** Shows the keys on the button itself. */
  showKeys?: boolean
}

/** A button of a command: its hint, keys and state are the command's. */
export function CommandButton({ command, icon, label, tone = 'plain', hint, showKeys = false }: Props): ReactElement {
  const lab = useLab()
  const { commands, toolbar } = useStrings()
  const context = useCommandContext()
  const title = commandTitle(commands, command)
  const keys = keysOf(command)
  return (
    <Button
      data-command={command}
      tone={tone}
      icon={icon}
      title={hint ?? (keys === '' ? title : toolbar.hint(title, keys))}
      aria-label={label === undefined ? title : undefined}
      disabled={!canRun(command, context)}
      onClick={() => runCommand(lab, command)}
      {...(showKeys && keys !== '' ? { shortcut: keys } : {})}
    >
      {label}
    </Button>
  )
}
