/** Which code the disassembly shows: around the next instruction, or where the person went. */
import { useCallback, useEffect, useState } from 'react'
import { useStore } from 'zustand'
import { MAX_DISASSEMBLED, type Instruction } from '../../../shared/debug'
import type { Connection } from '../../app/connection'
import { useLab } from '../../app/lab'
import { useLook, type Look } from './look'

const FIRST_BEFORE = 32
const FIRST_AFTER = 96
const MORE = 64

interface Window {
  /** Absent: the next instruction, wherever that is. */
  origin: string | undefined
  before: number
  after: number
}

const around = (origin: string | undefined): Window => ({ origin, before: FIRST_BEFORE, after: FIRST_AFTER })

export interface Code {
  look: Look<Instruction[]>
  /** The next instruction of the paused machine. */
  next: string | undefined
  /** What to bring into view, each time it was asked for. */
  target: { address: string; nonce: number } | undefined
  go(address: string): void
  follow(): void
  earlier(): void
  later(): void
}

export function useCode(): Code {
  const { machine, debug } = useLab()
  const next = useStore(machine.store, ({ phase, state }) => (phase === 'on' ? state?.paused?.address : undefined))
  const asked = useStore(debug.store, (state) => state.code)
  const [shown, setShown] = useState<Window>(() => around(asked?.address))
  const [target, setTarget] = useState<Code['target']>(asked)
  const { origin, before, after } = shown
  const ask = useCallback(
    (call: Connection['call'], on: string) => call('debug.disassemble', { machine: on, before, count: after, ...(origin === undefined ? {} : { address: origin }) }),
    [origin, before, after],
  )
  const look = useLook(ask)
  const { value } = look

  const show = useCallback((address: string | undefined) => {
    setShown(around(address))
    setTarget((old) => (address === undefined ? old : { address, nonce: (old?.nonce ?? 0) + 1 }))
  }, [])

  useEffect(() => {
    if (asked) show(asked.address)
  }, [asked, show])

  // A step inside of what is shown moves the mark alone; one that leads elsewhere takes the view along.
  const pause = useStore(machine.store, ({ state }) => state?.paused)
  useEffect(() => {
    if (pause === undefined) return
    if (value?.some(({ address }) => address === pause.address)) setTarget((old) => ({ address: pause.address, nonce: (old?.nonce ?? 0) + 1 }))
    else show(pause.address)
    // Only a new pause counts, not what is shown since.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [pause])

  return {
    look,
    next,
    target,
    go: show,
    follow: () => show(next),
    earlier: () => setShown((now) => (now.before + MORE <= MAX_DISASSEMBLED ? { ...now, before: now.before + MORE } : around(value?.[0]?.address))),
    later: () => setShown((now) => (now.after + MORE <= MAX_DISASSEMBLED ? { ...now, after: now.after + MORE } : around(value?.at(-1)?.address))),
  }
}
