import type { ReactElement } from 'react'
import { Icon } from './Icon'

interface Props {
  label: string
  value: string
  onChange(value: string): void
}

/** Narrows down what stands under it. */
export function SearchField({ label, value, onChange }: Props): ReactElement {
  return (
    <div className="search">
      <Icon name="search" />
      <input type="search" aria-label={label} placeholder={label} value={value} onChange={(event) => onChange(event.target.value)} spellCheck={false} autoComplete="off" />
    </div>
  )
}
