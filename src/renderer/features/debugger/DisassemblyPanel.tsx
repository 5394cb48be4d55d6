/** Machine code around the next instruction, with the source lines that it came from. */
import { useMemo, useState, type FormEvent, type KeyboardEvent, type ReactElement, type UIEvent } from 'react'
import { useStore } from 'zustand'
import type { Instruction } from '../../../shared/debug'
import { toFailure } from '../../../shared/failure'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { FailureText } from '../../ui/FailureText'
import { Icon } from '../../ui/Icon'
import { CODE_ADDRESS } from './cursor-place'
import { codeRows } from './disassembly-rows'
import { NoMachine } from './NoMachine'
import { readPlace } from './typed'
import { useCodeScroll } from './use-code-scroll'
import { useCode, type Code } from './use-code'
import { useSources } from './use-sources'
import { lookOf, symbolName, type BreakpointLook } from './words'

/** Pixels from an end at which more is asked for. */
const NEAR_END = 60
const PAGE = 16

export function DisassemblyPanel(): ReactElement {
  const { disassembly: text } = useStrings()
  const code = useCode()
  const { machine, failure, value } = code.look
  if (machine === undefined) return <NoMachine icon="code" hint={text.emptyHint} />
  return (
    <div className="disassembly">
      <GoTo machine={machine} code={code} />
      {failure ? <FailureText failure={failure} /> : <Listing code={code} instructions={value ?? []} />}
    </div>
  )
}

function GoTo({ machine, code }: { machine: string; code: Code }): ReactElement {
  const { disassembly: text, breakpoints } = useStrings()
  const { connection } = useLab()
  const [typed, setTyped] = useState('')
  const [wrong, setWrong] = useState<string>()

  async function find(): Promise<void> {
    const at = readPlace(typed)
    if (!at) return setWrong(breakpoints.wrong.place)
    try {
      const [found] = await connection.call('debug.find', { machine, at })
      setWrong(undefined)
      if (found) code.go(found.address)
    } catch (error) {
      setWrong(toFailure(error).what)
    }
  }

  function onSubmit(event: FormEvent): void {
    event.preventDefault()
    void find()
  }

  return (
    <form className="inspector-bar" onSubmit={onSubmit}>
      <input
        className="mono input-wide"
        aria-label={text.goTo}
        placeholder={text.goTo}
        value={typed}
        aria-invalid={wrong !== undefined}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => {
          setTyped(event.target.value)
          setWrong(undefined)
        }}
      />
      <Button submit disabled={typed.trim() === ''}>
        {text.go}
      </Button>
      <Button tone="quiet" icon="back" title={text.follow} aria-label={text.follow} disabled={code.next === undefined} onClick={code.follow} />
      {wrong !== undefined && (
        <span className="inspector-wrong" role="alert">
          {wrong}
        </span>
      )}
    </form>
  )
}

function Listing({ code, instructions }: { code: Code; instructions: readonly Instruction[] }): ReactElement {
  const { disassembly: text } = useStrings()
  const { debug } = useLab()
  const [focused, setFocused] = useState<string>()
  const { next, target, earlier, later } = code
  const rows = useMemo(() => codeRows(instructions), [instructions])
  const sourceLine = useSources(useMemo(() => [...new Set(rows.flatMap((row) => (row.kind === 'source' ? [row.path] : [])))], [rows]))
  const breakpoints = useBreakpointLooks()
  const addresses = instructions.map(({ address }) => address)
  const current = focused !== undefined && addresses.includes(focused) ? focused : (next !== undefined && addresses.includes(next) ? next : addresses[0])

  const { list, noteScroll, rowOf } = useCodeScroll(target)

  function onScroll({ currentTarget: { scrollTop, scrollHeight, clientHeight } }: UIEvent): void {
    noteScroll()
    if (instructions.length === 0) return
    if (scrollTop < NEAR_END) earlier()
    else if (scrollHeight - scrollTop - clientHeight < NEAR_END) later()
  }

  function focus(address: string | undefined): void {
    if (address === undefined) return
    setFocused(address)
    rowOf(address)?.focus()
    rowOf(address)?.scrollIntoView({ block: 'nearest' })
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey) return
    const at = addresses.indexOf(current ?? '')
    const moves: Readonly<Record<string, number>> = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + PAGE, PageUp: at - PAGE, Home: 0, End: addresses.length - 1 }
    const move = moves[event.key]
    const jump = instructions[at]?.target
    if (move !== undefined) {
      event.preventDefault()
      focus(addresses[Math.min(addresses.length - 1, Math.max(0, move))])
      if (move < 0) earlier()
      else if (move >= addresses.length) later()
    } else if (event.key === 'Enter' && event.target instanceof HTMLElement && event.target.hasAttribute(CODE_ADDRESS) && jump) {
      event.preventDefault()
      code.go(jump.address)
      setFocused(jump.address)
    }
  }

  return (
    <div ref={list} className="code-list mono" role="grid" aria-label={text.label} aria-description={text.keys} data-testid="disassembly" onScroll={onScroll} onKeyDown={onKeyDown}>
      {rows.map((row) => {
        if (row.kind === 'function') {
          return (
            <div key={row.key} className="code-function" role="row">
              <span role="gridcell">{row.name}:</span>
            </div>
          )
        }
        if (row.kind === 'source') {
          return (
            <div key={row.key} className="code-source" role="row">
              <span role="gridcell">
                <span className="code-line">{row.line}</span> {sourceLine(row.path, row.line) ?? row.path}
              </span>
            </div>
          )
        }
        const { address } = row.instruction
        return (
          <InstructionRow
            key={row.key}
            instruction={row.instruction}
            next={address === next}
            look={breakpoints.get(address)}
            tabStop={address === current}
            onFocus={() => setFocused(address)}
            onToggle={() => debug.toggleAddress(address)}
            onJump={code.go}
          />
        )
      })}
    </div>
  )
}

interface RowProps {
  instruction: Instruction
  next: boolean
  look: BreakpointLook | undefined
  tabStop: boolean
  onFocus(): void
  onToggle(): void
  onJump(address: string): void
}

function InstructionRow({ instruction, next, look, tabStop, onFocus, onToggle, onJump }: RowProps): ReactElement {
  const { disassembly: text } = useStrings()
  const { address, bytes, text: mnemonic, target } = instruction
  return (
    <div
      className={`code-row ${next ? 'code-next' : ''}`}
      role="row"
      tabIndex={tabStop ? 0 : -1}
      aria-current={next ? 'location' : undefined}
      onFocus={onFocus}
      {...{ [CODE_ADDRESS]: address }}
    >
      <span role="gridcell" className="code-gutter">
        <button type="button" tabIndex={-1} className={`code-breakpoint ${look === undefined ? '' : `breakpoint-${look}`}`} aria-pressed={look !== undefined} aria-label={text.toggle(address)} title={text.toggle(address)} onClick={onToggle} />
      </span>
      <span role="gridcell" className="code-mark">
        {next && (
          <>
            <Icon name="play" size={11} />
            <span className="visually-hidden">{text.current}</span>
          </>
        )}
      </span>
      <span role="gridcell" className="code-address">
        {address.slice(2)}
      </span>
      <span role="gridcell" className="code-bytes">
        {bytes}
      </span>
      <span role="gridcell" className="code-text">
        {mnemonic}
        {target && (
          <>
            {' '}
            <button type="button" tabIndex={-1} className="link mono" title={text.jump(target.address)} onClick={() => onJump(target.address)}>
              → {target.symbol ? symbolName(target.symbol) : target.address}
            </button>
          </>
        )}
      </span>
    </div>
  )
}

/** How the breakpoints of each address look. */
function useBreakpointLooks(): ReadonlyMap<string, BreakpointLook> {
  const { debug } = useLab()
  const breakpoints = useStore(debug.store, (state) => state.breakpoints)
  const placed = useStore(debug.store, (state) => state.placed)
  return useMemo(() => {
    const looks = new Map<string, BreakpointLook>()
    for (const one of breakpoints) {
      const there = placed[one.id]
      if (!there || 'failure' in there || there.spec.kind !== 'code') continue
      for (const address of there.spec.addresses) looks.set(address, lookOf(one, there))
    }
    return looks
  }, [breakpoints, placed])
}
