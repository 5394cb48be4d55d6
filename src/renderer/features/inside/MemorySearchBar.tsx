import { useEffect, useRef, useState, type FormEvent, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { LabError, toFailure, type Failure } from '../../../shared/failure'
import { useLab } from '../../app/lab'
import { currentStrings, useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { FailureText } from '../../ui/FailureText'
import { hex } from './address'
import type { MemoryPlace } from './inside'
import { parsePattern, searchMemory, type Found } from './memory-search'
import { resolveAddress } from './resolve'

/** More takes too long to read through the connection. */
const LONGEST = 256n * 2n ** 20n
const DEFAULT_LAST = '0xffffff'

type Outcome = { state: 'running'; share: number } | { state: 'done'; found: Found; index: number; bytes: number } | { state: 'failed'; failure: Failure }

/** Finds bytes or text in a range. */
export function MemorySearchBar({ place, onClose }: { place: MemoryPlace; onClose(): void }): ReactElement {
  const { inside: text, format } = useStrings()
  const { inside, machine: owner, connection } = useLab()
  const machine = useStore(owner.store, (view) => view.machine)
  const [pattern, setPattern] = useState('')
  const [first, setFirst] = useState('0x0')
  const [last, setLast] = useState(DEFAULT_LAST)
  const [outcome, setOutcome] = useState<Outcome>()
  const field = useRef<HTMLInputElement>(null)
  const running = useRef<AbortController>(undefined)
  useEffect(() => {
    field.current?.focus()
    return () => running.current?.abort()
  }, [])

  async function search(id: string, signal: AbortSignal): Promise<void> {
    const { space } = place
    const bytes = parsePattern(pattern)
    const problems = currentStrings().inside.memory
    if (!bytes) throw new LabError({ code: 'bad-input', what: problems.noPattern })
    const [from, to] = [await resolveAddress(connection.call, id, first), await resolveAddress(connection.call, id, last)]
    if (to < from || to - from >= LONGEST) throw new LabError({ code: 'bad-input', what: problems.badRange(format.bytes(Number(LONGEST))) })
    const found = await searchMemory({
      space,
      first: from,
      last: to,
      pattern: bytes,
      read: (address, count) => connection.call('debug.memory', { machine: id, space, address: hex(address), bytes: count }, { signal }),
      onProgress: (share) => setOutcome({ state: 'running', share }),
      signal,
    })
    setOutcome({ state: 'done', found, index: 0, bytes: bytes.length })
    show(found, 0, bytes.length)
  }

  function show({ addresses }: Found, index: number, bytes: number): void {
    const address = addresses[index]
    if (address !== undefined) inside.goTo(address, place.space, BigInt(bytes))
  }

  function submit(event: FormEvent): void {
    event.preventDefault()
    if (outcome?.state === 'done' && outcome.found.addresses.length > 1) return step(1)
    if (machine === undefined) return
    running.current?.abort()
    const controller = new AbortController()
    running.current = controller
    setOutcome({ state: 'running', share: 0 })
    search(machine, controller.signal).catch((error: unknown) => {
      if (!controller.signal.aborted) setOutcome({ state: 'failed', failure: toFailure(error) })
      else if (running.current === controller) setOutcome(undefined)
    })
  }

  function step(by: number): void {
    if (outcome?.state !== 'done') return
    const { length } = outcome.found.addresses
    const index = (outcome.index + by + length) % length
    setOutcome({ ...outcome, index })
    show(outcome.found, index, outcome.bytes)
  }

  /** What was found belongs to what was looked for. */
  const changed = (set: (value: string) => void) => (event: { target: { value: string } }) => {
    set(event.target.value)
    running.current?.abort()
    setOutcome(undefined)
  }

  return (
    <form className="inside-bar mem-search" role="search" onSubmit={submit} onKeyDown={(event) => event.key === 'Escape' && onClose()}>
      <input ref={field} className="mem-pattern mono" aria-label={text.memory.pattern} placeholder={text.memory.patternExample} title={text.memory.patternHint} value={pattern} onChange={changed(setPattern)} spellCheck={false} autoComplete="off" />
      <input className="mem-limit mono" aria-label={text.memory.from} value={first} onChange={changed(setFirst)} spellCheck={false} autoComplete="off" />
      <span aria-hidden="true">–</span>
      <input className="mem-limit mono" aria-label={text.memory.to} value={last} onChange={changed(setLast)} spellCheck={false} autoComplete="off" />
      {outcome?.state === 'running' ? (
        <Button icon="stop" onClick={() => running.current?.abort()}>
          {text.memory.stopSearch}
        </Button>
      ) : (
        <Button icon="search" submit disabled={pattern.trim() === ''}>
          {text.memory.find}
        </Button>
      )}
      <output className="mem-found">
        {outcome?.state === 'running' && text.memory.searched(Math.round(outcome.share * 100))}
        {outcome?.state === 'done' && text.memory.found(outcome.found.addresses.length === 0 ? 0 : outcome.index + 1, outcome.found.addresses.length, outcome.found.more)}
      </output>
      {outcome?.state === 'done' && outcome.found.addresses.length > 1 && (
        <>
          <Button tone="quiet" title={text.memory.previous} aria-label={text.memory.previous} className="inside-up" icon="chevron" onClick={() => step(-1)} />
          <Button tone="quiet" title={text.memory.next} aria-label={text.memory.next} icon="chevron" onClick={() => step(1)} />
        </>
      )}
      <span className="inside-fill" />
      <Button tone="quiet" icon="cancel" aria-label={text.memory.closeSearch} title={text.memory.closeSearch} onClick={onClose} />
      {outcome?.state === 'failed' && <FailureText failure={outcome.failure} />}
    </form>
  )
}
