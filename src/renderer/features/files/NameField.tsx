import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactElement } from 'react'
import type { FileEntry } from '../../../shared/contract'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import type { Naming } from './files'
import { nameFault, nameOf, parentOf } from './rows'

interface Props {
  naming: Naming
  taken: readonly FileEntry[]
  /** The keyboard goes back to the tree. */
  onDone(): void
}

/** The name of a row, while it is typed. Enter and leaving take it, Escape does not. */
export function NameField({ naming, taken, onDone }: Props): ReactElement {
  const { files: text } = useStrings()
  const { files, attempt } = useLab()
  const before = naming.kind === 'rename' ? nameOf(naming.path) : ''
  const [typed, setTyped] = useState(before)
  const input = useRef<HTMLInputElement>(null)
  const id = useId()
  const folder = naming.kind === 'rename' ? parentOf(naming.path) : naming.folder
  const fault = typed === before ? undefined : nameFault(typed, folder, taken)
  const label = naming.kind === 'rename' ? text.newName(before) : naming.kind === 'file' ? text.nameOfFile : text.nameOfFolder

  useEffect(() => {
    const element = input.current
    if (!element) return
    element.focus()
    const ending = before.lastIndexOf('.')
    element.setSelectionRange(0, ending > 0 ? ending : before.length)
  }, [before])

  function take(): void {
    // Enter comes first, and then the field loses the keyboard.
    if (files.store.getState().naming !== naming) return
    if (typed === before || fault !== undefined) files.stopNaming()
    else attempt(files.name(typed))
  }

  function onKeyDown(event: KeyboardEvent): void {
    event.stopPropagation()
    if (event.key === 'Enter' && fault === undefined) {
      take()
      onDone()
    } else if (event.key === 'Escape') {
      files.stopNaming()
      onDone()
    }
  }

  return (
    <span className="file-naming">
      <input
        ref={input}
        className="file-name-field"
        aria-label={label}
        aria-invalid={fault !== undefined}
        aria-describedby={fault === undefined ? undefined : id}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={onKeyDown}
        onBlur={take}
        spellCheck={false}
        autoComplete="off"
      />
      {fault !== undefined && (
        <span id={id} className="file-name-fault" role="alert">
          {text.fault[fault]}
        </span>
      )}
    </span>
  )
}
