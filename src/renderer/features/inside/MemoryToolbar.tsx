import { useState, type FormEvent, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { LabError, toFailure, type Failure } from '../../../shared/failure'
import type { Connection } from '../../app/connection'
import { useLab } from '../../app/lab'
import { currentStrings, useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { FailureText } from '../../ui/FailureText'
import type { MemoryPlace } from './inside'
import { GROUPS, type Group, type Space } from './memory-rows'
import { resolveAddress } from './resolve'
import type { MemoryEditor } from './use-memory-edit'

const SPACES: readonly Space[] = ['linear', 'physical']

type Ask = (call: Connection['call'], machine: string) => Promise<bigint>
const fixed = (address: bigint): Ask => () => Promise.resolve(address)

/** Places that kernel writers look at. */
const PRESETS = {
  kernel: async (call, machine) => {
    const { entry } = await call('debug.kernel', { machine })
    if (entry === undefined) throw new LabError({ code: 'not-found', what: currentStrings().inside.memory.noKernel })
    return BigInt(entry)
  },
  instruction: async (call, machine) => BigInt((await call('debug.registers', { machine })).address),
  stack: async (call, machine) => BigInt((await call('debug.stack', { machine, words: 1 })).top),
  bootSector: fixed(0x7c00n),
  text: fixed(0xb8000n),
  graphics: fixed(0xa0000n),
  vectors: fixed(0n),
  biosData: fixed(0x400n),
  rom: fixed(0xf0000n),
} satisfies Record<string, Ask>
type Preset = keyof typeof PRESETS
const isPreset = (value: string): value is Preset => Object.hasOwn(PRESETS, value)

interface Props {
  place: MemoryPlace
  edit: MemoryEditor
  searching: boolean
  onSearch(): void
}

export function MemoryToolbar({ place, edit, searching, onSearch }: Props): ReactElement {
  const { inside: text } = useStrings()
  const { inside, machine: owner, connection } = useLab()
  const machine = useStore(owner.store, (view) => view.machine)
  const [written, setWritten] = useState('')
  const [failure, setFailure] = useState<Failure>()

  function go(ask: Ask): void {
    if (machine === undefined) return
    ask(connection.call, machine).then(
      (address) => {
        setFailure(undefined)
        inside.goTo(address)
      },
      (error: unknown) => setFailure(toFailure(error)),
    )
  }

  function submit(event: FormEvent): void {
    event.preventDefault()
    if (written.trim() !== '') go((call, id) => resolveAddress(call, id, written))
  }

  return (
    <>
      <div className="inside-bar" role="toolbar" aria-label={text.memory.tools}>
        <select aria-label={text.memory.space} value={place.space} onChange={({ target }) => inside.memory.setState({ space: SPACES.find((space) => space === target.value) ?? 'linear' })}>
          {SPACES.map((space) => (
            <option key={space} value={space}>
              {text.memory.spaces[space]}
            </option>
          ))}
        </select>
        <form className="inside-goto" onSubmit={submit}>
          <input
            className="mem-goto mono"
            aria-label={text.memory.goTo}
            placeholder={text.memory.goToExample}
            title={text.memory.goToHint}
            value={written}
            onChange={({ target }) => setWritten(target.value)}
            spellCheck={false}
            autoComplete="off"
          />
        </form>
        <select
          className="inside-presets"
          aria-label={text.memory.presets}
          value=""
          onChange={({ target }) => {
            if (isPreset(target.value)) go(PRESETS[target.value])
          }}
        >
          <option value="">{text.memory.presets}</option>
          {Object.keys(PRESETS).filter(isPreset).map((preset) => (
            <option key={preset} value={preset}>
              {text.memory.preset[preset]}
            </option>
          ))}
        </select>
        <select
          aria-label={text.memory.group}
          value={place.group}
          onChange={({ target }) => {
            const group: Group = GROUPS.find((one) => String(one) === target.value) ?? 1
            const cursor = place.cursor - (place.cursor % BigInt(group))
            inside.memory.setState({ group, cursor, anchor: cursor })
          }}
        >
          {GROUPS.map((group) => (
            <option key={group} value={group}>
              {text.memory.groups(group)}
            </option>
          ))}
        </select>
        <span className="inside-fill" />
        <Button tone="quiet" icon="search" aria-pressed={searching} title={text.memory.search} aria-label={text.memory.search} onClick={onSearch} />
        <Button tone="quiet" icon="undo" disabled={!edit.canUndo} title={text.memory.undo} aria-label={text.memory.undo} onClick={edit.undo} />
        <Button tone="quiet" icon="redo" disabled={!edit.canRedo} title={text.memory.redo} aria-label={text.memory.redo} onClick={edit.redo} />
      </div>
      {failure && <FailureText failure={failure} />}
    </>
  )
}
