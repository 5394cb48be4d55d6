/** In the report of a triple fault: the source line of the instruction, and the way back to the moment before the end. */
import { useEffect, useState, type ReactElement } from 'react'
import { useStore } from 'zustand'
import type { KnownAddress } from '../../../shared/debug'
import { toFailure } from '../../../shared/failure'
import { CommandButton } from '../../app/CommandButton'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { SourceLink } from './SourceLink'
import { symbolName } from './words'

export function FaultAgain(): ReactElement {
  const { faults: text } = useStrings()
  return (
    <p className="report-line fault-again">
      <CommandButton command="debug.bootAtFault" icon="breakpoint" label={text.again} />
    </p>
  )
}

/** @param address linear, in the machine that ended last */
export function FaultSource({ address }: { address: string }): ReactElement | null {
  const { faults: text } = useStrings()
  const known = useKnown(address)
  if (!known?.source) return null
  return (
    <p className="fault-source">
      {text.source} <SourceLink source={known.source} /> {known.symbol && <span className="mono">{symbolName(known.symbol)}</span>}
    </p>
  )
}

function useKnown(address: string): KnownAddress | undefined {
  const { machine, connection, notifications } = useLab()
  const last = useStore(machine.store, (view) => view.last)
  const [answer, setAnswer] = useState<{ machine: string; known: KnownAddress | undefined }>()
  useEffect(() => {
    if (last === undefined) return undefined
    const controller = new AbortController()
    connection.call('debug.whatIs', { machine: last, addresses: [address] }, { signal: controller.signal }).then(
      ([found]) => setAnswer({ machine: last, known: found }),
      (error: unknown) => {
        if (!['cancelled', 'disconnected', 'not-found'].includes(toFailure(error).code)) notifications.report(error)
      },
    )
    return () => controller.abort()
  }, [last, address, connection, notifications])
  return answer?.machine === last && answer?.known?.address === address ? answer.known : undefined
}
