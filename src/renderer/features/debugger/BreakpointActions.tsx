import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'

/** In the panel's head. */
export function BreakpointActions(): ReactElement {
  const { breakpoints: text } = useStrings()
  const { debug } = useLab()
  const ids = useStore(debug.store, (state) => state.breakpoints)
  return (
    <Button tone="quiet" disabled={ids.length === 0} onClick={() => debug.remove(...ids.map(({ id }) => id))}>
      {text.removeAll}
    </Button>
  )
}
