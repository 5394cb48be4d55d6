/** What a panel shows of the inside of the machine: asked anew at every pause, and twice a second while it runs. */
import { useEffect, useRef, useState } from 'react'
import { useStore } from 'zustand'
import { toFailure, type Failure } from '../../../shared/failure'
import { useLab } from '../../app/lab'
import type { Connection } from '../../app/connection'

const LIVE_MS = 500
/** Codes of answers that cross the machine's end, or the panel's. */
const PASSING: ReadonlySet<string> = new Set(['not-found', 'ended', 'cancelled', 'disconnected'])

export interface Look<T> {
  /** The machine that is looked at; absent: none is on. */
  machine: string | undefined
  paused: boolean
  /** The latest answer. It stays while the next one is on its way, and goes with its machine. */
  value: T | undefined
  /** What was shown at the pause before this one: what differs has changed by the step between. */
  before: T | undefined
  failure: Failure | undefined
  /** Asks again: something was changed by hand. */
  refresh(): void
}

interface Answer<T> {
  machine: string
  value?: T
  before?: T
  failure?: Failure
}

/**
 * @param ask the question; asked again when it is another function, so it should be memoized (`useCallback`)
 */
export function useLook<T>(ask: (call: Connection['call'], machine: string) => Promise<T>): Look<T> {
  const { machine: owner, connection } = useLab()
  const machine = useStore(owner.store, (view) => view.machine)
  // Each pause is an object of its own, also of a step that comes back to the same instruction.
  const pause = useStore(owner.store, (view) => view.state?.paused)
  const again = useRef<() => void>(undefined)
  const [answer, setAnswer] = useState<Answer<T>>()
  const settled = useRef<{ pause: unknown; value: T }>(undefined)

  useEffect(() => {
    if (machine === undefined) return undefined
    let over = false
    let timer: ReturnType<typeof setTimeout> | undefined
    async function once(id: string): Promise<void> {
      try {
        const value = await ask(connection.call, id)
        if (over) return
        const last = settled.current
        setAnswer((old) => ({ machine: id, value, ...(old?.machine === id ? { before: last !== undefined && last.pause !== pause ? last.value : old.before } : {}) }))
        // What was seen between two pauses is not what a step is compared with.
        if (pause !== undefined) settled.current = { pause, value }
      } catch (error) {
        const failure = toFailure(error)
        if (!over && !PASSING.has(failure.code)) setAnswer({ machine: id, failure })
      }
      if (!over && pause === undefined) timer = setTimeout(() => void once(id), LIVE_MS)
    }
    again.current = () => {
      clearTimeout(timer)
      void once(machine)
    }
    again.current()
    return () => {
      over = true
      again.current = undefined
      clearTimeout(timer)
    }
  }, [ask, connection, machine, pause])

  const mine = answer?.machine === machine ? answer : undefined
  return { machine, paused: pause !== undefined, value: mine?.value, before: mine?.before, failure: mine?.failure, refresh: () => again.current?.() }
}
