import type { ReactElement } from 'react'
import { keysOf } from '../../app/commands'
import { useStrings } from '../../strings'
import { EmptyState } from '../../ui/EmptyState'
import type { IconName } from '../../ui/Icon'

/** @param teaches what the panel is for */
export function NoMachine({ icon, teaches }: { icon: IconName; teaches: string }): ReactElement {
  const { inside: text } = useStrings()
  return <EmptyState icon={icon} title={text.off(keysOf('machine.boot'))} hint={teaches} />
}
