import { useId, type ReactElement, type ReactNode } from 'react'

interface Props {
  label: string
  value: string
  onChange(value: string): void
  hint?: string
  maxLength?: number
  mono?: boolean
  /** Beside the input, such as a button that fills it. */
  children?: ReactNode
}

export function Field({ label, value, onChange, hint, maxLength, mono, children }: Props): ReactElement {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="field-row">
        <input
          id={id}
          className={mono ? 'mono' : ''}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          maxLength={maxLength}
          spellCheck={false}
          autoComplete="off"
          aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        />
        {children}
      </div>
      {hint !== undefined && (
        <p className="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  )
}
