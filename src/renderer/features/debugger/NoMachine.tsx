import type { ReactElement } from 'react'
import { CommandButton } from '../../app/CommandButton'
import { useStrings } from '../../strings'
import { EmptyState } from '../../ui/EmptyState'
import type { IconName } from '../../ui/Icon'

/** In place of a panel that looks inside a machine, while there is none: what it is good for, and the way to it. */
export function NoMachine({ icon, hint }: { icon: IconName; hint: string }): ReactElement {
  const { control: text } = useStrings()
  return (
    <div className="no-machine">
      <EmptyState icon={icon} title={text.noMachine} hint={hint} />
      <CommandButton command="debug.bootAtKernel" icon="play" label={text.bootAtKernel} showKeys />
    </div>
  )
}
