/** One line above the list: the kind of a breakpoint, and what that kind asks for. */
import { useState, type FormEvent, type ReactElement } from 'react'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { CHOICES, EMPTY_FORM, KINDS, readForm, type Form } from './breakpoint-form'

export function AddBreakpoint(): ReactElement {
  const { breakpoints: text } = useStrings()
  const { debug } = useLab()
  const [form, setForm] = useState<Form>(EMPTY_FORM)
  const [wrong, setWrong] = useState<string>()
  const change = (changes: Partial<Form>): void => {
    setForm((old) => ({ ...old, ...changes }))
    setWrong(undefined)
  }

  function onSubmit(event: FormEvent): void {
    event.preventDefault()
    const read = readForm(form)
    if ('wrong' in read) return setWrong(text.wrong[read.wrong])
    debug.add(read)
    setForm({ ...EMPTY_FORM, kind: form.kind })
  }

  return (
    <form className="inspector-bar" aria-label={text.add} onSubmit={onSubmit}>
      <Choice label={text.kind} value={form.kind} choices={KINDS} names={text.kinds} onChange={(kind) => change({ kind })} />
      {form.kind === 'code' && <Input label={text.place} hint={text.placeExample} value={form.place} wide onChange={(place) => change({ place })} />}
      {form.kind === 'data' && (
        <>
          <Input label={text.address} hint={text.address} value={form.address} onChange={(address) => change({ address })} />
          <Input label={text.bytes} hint={text.bytes} value={form.bytes} narrow onChange={(bytes) => change({ bytes })} />
          <Choice label={text.access} value={form.access} choices={CHOICES.access} names={text.accesses} onChange={(access) => change({ access })} />
          <Choice label={text.space} value={form.space} choices={CHOICES.space} names={text.spaces} onChange={(space) => change({ space })} />
        </>
      )}
      {form.kind === 'port' && (
        <>
          <Input label={text.ports} hint={text.portsExample} value={form.ports} onChange={(ports) => change({ ports })} />
          <Choice label={text.direction} value={form.direction} choices={CHOICES.direction} names={text.directions} onChange={(direction) => change({ direction })} />
        </>
      )}
      {form.kind === 'vector' && (
        <>
          <Input label={text.vector} hint={text.vectorExample} value={form.vector} onChange={(vector) => change({ vector })} />
          <Choice label={text.source} value={form.source} choices={CHOICES.source} names={text.sources} onChange={(source) => change({ source })} />
        </>
      )}
      {form.kind === 'mode' && <Choice label={text.mode} value={form.mode} choices={CHOICES.mode} names={text.modes} onChange={(mode) => change({ mode })} />}
      <Button submit icon="plus">
        {text.addButton}
      </Button>
      {wrong !== undefined && (
        <span className="inspector-wrong" role="alert">
          {wrong}
        </span>
      )}
    </form>
  )
}

interface ChoiceProps<T extends string> {
  label: string
  value: T
  choices: readonly T[]
  names: Readonly<Record<T, string>>
  onChange(value: T): void
}

function Choice<T extends string>({ label, value, choices, names, onChange }: ChoiceProps<T>): ReactElement {
  return (
    <select
      aria-label={label}
      title={label}
      value={value}
      onChange={(event) => {
        const chosen = choices.find((one) => one === event.target.value)
        if (chosen !== undefined) onChange(chosen)
      }}
    >
      {choices.map((one) => (
        <option key={one} value={one}>
          {names[one]}
        </option>
      ))}
    </select>
  )
}

interface InputProps {
  label: string
  hint: string
  value: string
  wide?: boolean
  narrow?: boolean
  onChange(value: string): void
}

function Input({ label, hint, value, wide = false, narrow = false, onChange }: InputProps): ReactElement {
  return (
    <input
      className={`mono ${wide ? 'input-wide' : ''} ${narrow ? 'input-narrow' : ''}`}
      aria-label={label}
      title={label}
      placeholder={hint}
      value={value}
      spellCheck={false}
      autoComplete="off"
      onChange={(event) => onChange(event.target.value)}
    />
  )
}
