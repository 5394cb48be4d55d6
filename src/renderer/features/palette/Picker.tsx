/** A field and a list under it, after the WAI-ARIA pattern of a combobox: the focus stays in the field, arrows choose, Enter takes. */
import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent, type ReactElement, type ReactNode } from 'react'
import { useStrings } from '../../strings'
import { Icon, type IconName } from '../../ui/Icon'
import { fuzzyFilter } from './fuzzy'

export interface PickItem<Id extends string> {
  id: Id
  /** What is searched and shown. */
  text: string
  icon?: IconName
  /** Before the text, searched too, such as a command's category. */
  group?: string
  /** At the right: keys, or what marks the item. */
  detail?: ReactNode
  disabled?: boolean
}

interface Props<Id extends string> {
  title: string
  hint: string
  items: readonly PickItem<Id>[]
  /** The item to start from. */
  selected?: Id
  onPick(id: Id): void
  /** The item that Enter would take, while a person looks around. */
  onLook?(id: Id): void
  onClose(): void
}

const MAX_SHOWN = 200
const PAGE = 10

export function Picker<Id extends string>({ title, hint, items, selected, onPick, onLook, onClose }: Props<Id>): ReactElement {
  const { palette: text } = useStrings()
  const dialog = useRef<HTMLDialogElement>(null)
  const list = useRef<HTMLUListElement>(null)
  const [sought, setSought] = useState('')
  const id = useId()
  const fitting = useMemo(() => fuzzyFilter(sought, items, ({ group, text: name }) => (group === undefined ? name : `${group}: ${name}`)).slice(0, MAX_SHOWN), [sought, items])
  const [at, setAt] = useState(() => Math.max(0, fitting.findIndex(({ item }) => item.id === selected)))
  const current = fitting[Math.min(at, fitting.length - 1)]?.item

  useEffect(() => {
    const element = dialog.current
    element?.showModal()
    return () => element?.close()
  }, [])
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' })
  }, [current])

  function choose(index: number): void {
    const next = fitting[index]?.item
    setAt(index)
    if (next) onLook?.(next.id)
  }

  function onKeyDown(event: KeyboardEvent): void {
    const last = fitting.length - 1
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: at >= last ? 0 : at + 1,
      ArrowUp: at <= 0 ? last : at - 1,
      PageDown: Math.min(last, at + PAGE),
      PageUp: Math.max(0, at - PAGE),
    }
    const next = moves[event.key]
    if (next !== undefined) {
      event.preventDefault()
      choose(Math.max(0, next))
    } else if (event.key === 'Enter' && current && !event.nativeEvent.isComposing) {
      event.preventDefault()
      pick(current)
    }
  }

  function pick(item: PickItem<Id>): void {
    if (item.disabled) return
    onClose()
    onPick(item.id)
  }

  return (
    <dialog
      ref={dialog}
      className="picker"
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      // The dialog itself is what lies around its content: a press there is one beside it.
      onPointerDown={(event) => event.target === dialog.current && onClose()}
    >
      <div className="picker-body">
        <input
          className="picker-field"
          role="combobox"
          aria-label={title}
          aria-expanded="true"
          aria-controls={id}
          aria-autocomplete="list"
          aria-activedescendant={current ? `${id}-${current.id}` : undefined}
          placeholder={hint}
          value={sought}
          spellCheck={false}
          autoComplete="off"
          autoFocus
          onChange={(event) => {
            setSought(event.target.value)
            setAt(0)
          }}
          onKeyDown={onKeyDown}
        />
        <ul ref={list} id={id} className="picker-list" role="listbox" aria-label={title}>
          {fitting.map(({ item, match }, index) => (
            <li
              key={item.id}
              id={`${id}-${item.id}`}
              role="option"
              aria-selected={item === current}
              aria-disabled={item.disabled}
              className="picker-item"
              onPointerMove={() => index !== at && choose(index)}
              onClick={() => pick(item)}
            >
              {item.icon && <Icon name={item.icon} />}
              <span className="picker-text">
                <Marked text={item.group === undefined ? item.text : `${item.group}: ${item.text}`} at={match.at} />
              </span>
              {item.detail !== undefined && <span className="picker-detail">{item.detail}</span>}
            </li>
          ))}
        </ul>
        {fitting.length === 0 && <p className="picker-nothing">{text.nothing}</p>}
        <p className="visually-hidden" role="status">
          {text.results(fitting.length)}
        </p>
      </div>
    </dialog>
  )
}

/** Text with the letters that were found. */
function Marked({ text, at }: { text: string; at: readonly number[] }): ReactElement {
  if (at.length === 0) return <>{text}</>
  const found = new Set(at)
  const runs: { text: string; found: boolean; start: number }[] = []
  for (const [index, character] of text.split('').entries()) {
    const last = runs.at(-1)
    if (last && last.found === found.has(index)) last.text += character
    else runs.push({ text: character, found: found.has(index), start: index })
  }
  return <>{runs.map((run) => (run.found ? <b key={run.start}>{run.text}</b> : <span key={run.start}>{run.text}</span>))}</>
}
