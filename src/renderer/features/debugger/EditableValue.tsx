import { useState, type ReactElement, type ReactNode } from 'react'

interface Props {
  /** What stands in the field at first. */
  value: string
  label: string
  hint: string
  /** False: it is only shown. */
  editable: boolean
  className?: string
  onSet(typed: string): void
  children: ReactNode
}

/** A value that becomes a field by a double click or Enter; Enter takes what was typed, Escape and leaving the field do not. */
export function EditableValue({ value, label, hint, editable, className = '', onSet, children }: Props): ReactElement {
  const [typed, setTyped] = useState<string>()
  /** The field had the keyboard: the value gets it back. */
  const [returning, setReturning] = useState(false)
  const close = (back: boolean): void => {
    setReturning(back)
    setTyped(undefined)
  }
  if (!editable) return <span className={`mono ${className}`}>{children}</span>
  if (typed === undefined) {
    return (
      <button
        type="button"
        className={`value mono ${className}`}
        title={hint}
        autoFocus={returning}
        onDoubleClick={() => setTyped(value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' && event.key !== 'F2') return
          event.preventDefault()
          setTyped(value)
        }}
      >
        {children}
      </button>
    )
  }
  return (
    <input
      className={`value-input mono ${className}`}
      aria-label={label}
      value={typed}
      size={Math.max(6, typed.length)}
      autoFocus
      spellCheck={false}
      autoComplete="off"
      onFocus={(event) => event.target.select()}
      onChange={(event) => setTyped(event.target.value)}
      onBlur={() => close(false)}
      onKeyDown={(event) => {
        event.stopPropagation()
        if (event.key === 'Enter') {
          event.preventDefault()
          close(true)
          onSet(typed)
        } else if (event.key === 'Escape') close(true)
      }}
    />
  )
}
