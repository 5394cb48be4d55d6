import type { ReactElement } from 'react'
import { useStrings } from '../../strings'
import type { StoredBreakpoint } from './stored-breakpoints'

type Condition = NonNullable<StoredBreakpoint['condition']>
const CONDITIONS = ['always', 'from', 'only', 'every'] as const
const MAX_COUNT = 1e9

interface Props {
  label: string
  condition: Condition | undefined
  onChange(condition: Condition | undefined): void
}

/** Which hits pause the machine. */
export function ConditionField({ label, condition, onChange }: Props): ReactElement {
  const { breakpoints: text } = useStrings()
  const chosen = condition?.when ?? 'always'
  return (
    <span className="condition">
      <select
        aria-label={label}
        title={label}
        value={chosen}
        onChange={(event) => {
          const when = CONDITIONS.find((one) => one === event.target.value)
          onChange(when === undefined || when === 'always' ? undefined : { when, count: condition?.count ?? 1 })
        }}
      >
        {CONDITIONS.map((one) => (
          <option key={one} value={one}>
            {text.conditions[one]}
          </option>
        ))}
      </select>
      {condition && (
        <input
          type="number"
          min={1}
          max={MAX_COUNT}
          aria-label={text.count}
          value={condition.count}
          onChange={(event) => {
            const count = event.target.valueAsNumber
            if (Number.isInteger(count) && count >= 1 && count <= MAX_COUNT) onChange({ ...condition, count })
          }}
        />
      )}
    </span>
  )
}
