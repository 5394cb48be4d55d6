import { useState, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { settingRows, type SettingKey } from '../../app/settings'
import { useStrings } from '../../strings'

/** The control of one setting, by the type of its row. `id` is its label's; `${id}-about` describes it. */
export function SettingControl({ id, setting }: { id: string; setting: SettingKey }): ReactElement {
  const { settings: text } = useStrings()
  const { settings } = useLab()
  const value = useStore(settings.store, (values) => values[setting])
  const row = settingRows[setting]
  const labels: Readonly<Record<string, string>> = text.choices
  const set = (next: unknown): void => settings.accept(setting, next)
  const common = { id, 'aria-describedby': `${id}-about` }
  if (row.type === 'switch') return <input {...common} type="checkbox" role="switch" checked={value === true} onChange={(event) => set(event.target.checked)} />
  if (row.type === 'number') return <NumberControl {...common} value={Number(value)} min={row.min} max={row.max} step={row.step} onSet={set} />
  return (
    <select {...common} value={String(value)} onChange={(event) => set(event.target.value)}>
      {row.choices.map((choice) => (
        <option key={choice} value={choice}>
          {labels[choice]}
        </option>
      ))}
    </select>
  )
}

interface NumberProps {
  id: string
  'aria-describedby': string
  value: number
  min: number
  max: number
  step: number
  onSet(value: number): void
}

/** What is typed counts as soon as it is a number in its range; on leaving the field, what counts is shown. */
function NumberControl({ value, min, max, onSet, ...rest }: NumberProps): ReactElement {
  const [typed, setTyped] = useState<string>()
  return (
    <input
      {...rest}
      type="number"
      min={min}
      max={max}
      value={typed ?? value}
      onChange={(event) => {
        const next = event.target.valueAsNumber
        setTyped(event.target.value)
        if (Number.isInteger(next) && next >= min && next <= max) onSet(next)
      }}
      onBlur={() => setTyped(undefined)}
    />
  )
}
