/** Every register of the processor, and what the last step changed. */
import { createContext, useCallback, useContext, type ReactElement, type ReactNode } from 'react'
import type { DebugRegisters } from '../../../shared/debug'
import type { Connection } from '../../app/connection'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { FailureText } from '../../ui/FailureText'
import { EditableValue } from './EditableValue'
import { useLook } from './look'
import { NoMachine } from './NoMachine'
import { shortTime } from './short-time'
import { readHex } from './typed'

const ask = (call: Connection['call'], machine: string): Promise<DebugRegisters> => call('debug.registers', { machine })

type CodeSize = DebugRegisters['codeSize']

/** Digits of general registers: code of 16 bits has those of 32, too. */
const digitsOf = (size: CodeSize): number => (size === 64 ? 16 : 8)

/** `eax` is what code of 16 and 32 bits sees of `rax`. */
const shownName = (name: string, size: CodeSize): string => (size === 64 ? name : name.replace(/^r(?=[a-z])/, 'e'))

/** Two bits that are one number. */
const IOPL = 'IOPL'

interface Editing {
  paused: boolean
  set(name: string, typed: string, digits: number): void
}
const EditingContext = createContext<Editing>({ paused: false, set: () => undefined })

export function RegistersPanel(): ReactElement {
  const lab = useLab()
  const { registers: text, control } = useStrings()
  const { machine, paused, value, before, failure, refresh } = useLook(ask)
  const set = useCallback(
    (name: string, typed: string, digits: number) => {
      const hex = readHex(typed, digits)
      if (hex === undefined) return lab.notifications.info(text.wrongValue(name))
      if (machine !== undefined) lab.attempt(lab.connection.call('debug.setRegister', { machine, name, value: hex }).then(refresh))
    },
    [lab, machine, refresh, text],
  )
  if (machine === undefined) return <NoMachine icon="registers" hint={text.emptyHint} />
  if (failure) return <FailureText failure={failure} />
  if (!value) return <div className="pane-body" />
  return (
    <EditingContext value={{ paused, set }}>
      <div className="inspector register-panel" role="region" aria-label={text.label} tabIndex={0} data-testid="registers">
        {value.cpu && <ProcessorChoice machine={machine} paused={paused} {...value.cpu} />}
        <ModeLine registers={value} />
        {!paused && <p className="inspector-note">{control.running}</p>}
        <General now={value} before={before} />
        <Flags now={value} before={before} />
        <Segments now={value} before={before} />
        <Named title={text.control} now={value.control} before={before?.control} open />
        <Tables now={value} before={before} />
        <Named title={text.modelSpecific} now={value.modelSpecific} before={before?.modelSpecific} />
        <Named title={text.debug} now={value.debug} before={before?.debug} />
        <Float now={value} before={before} />
        <Vectors now={value} before={before} />
      </div>
    </EditingContext>
  )
}

/** Which of several processors the panels show; of a machine that runs, the one that had its turn. */
function ProcessorChoice({ machine, paused, number, count }: { machine: string; paused: boolean; number: number; count: number }): ReactElement {
  const lab = useLab()
  const { registers: text } = useStrings()
  return (
    <p className="mode-line">
      <label>
        {text.processor}{' '}
        <select disabled={!paused} title={text.processorHint} value={number} onChange={(event) => lab.attempt(lab.connection.call('debug.lookAt', { machine, cpu: Number(event.target.value) }))}>
          {Array.from({ length: count }, (_, cpu) => (
            <option key={cpu} value={cpu}>
              {cpu}
            </option>
          ))}
        </select>
      </label>
    </p>
  )
}

function ModeLine({ registers: { mode, paging, cpl, halted, instructions, microseconds } }: { registers: DebugRegisters }): ReactElement {
  const { registers: text, format } = useStrings()
  const modes: Readonly<Record<string, string>> = text.modes
  const parts = [modes[mode] ?? mode, text.paging[paging], text.privilege(cpl), ...(halted ? [text.halted] : [])]
  return (
    <p className="mode-line">
      <b>{parts.join(' · ')}</b> <span>{text.after(format.number(instructions), shortTime(microseconds))}</span>
    </p>
  )
}

function Section({ title, open = false, children }: { title: string; open?: boolean; children: ReactNode }): ReactElement {
  return (
    <details className="inspector-section" open={open}>
      <summary>{title}</summary>
      {children}
    </details>
  )
}

/** Says that a value is another one than at the pause before: by its colour, a sign, and a word. */
function Changed({ when }: { when: boolean }): ReactElement | null {
  const { registers: text } = useStrings()
  if (!when) return null
  return (
    <span className="changed-sign" title={text.changed}>
      <span aria-hidden="true">●</span>
      <span className="visually-hidden"> {text.changed}</span>
    </span>
  )
}

interface ValueProps {
  name: string
  /** What it is called here, if that is another name. */
  shown?: string
  value: string
  before: string | undefined
  digits: number
  settable?: boolean
  /** Digits that a person may give; those shown are the least. */
  most?: number
  children?: ReactNode
}

/** A register's name and value. */
function Value({ name, shown = name, value, before, digits, settable = false, most = digits, children }: ValueProps): ReactElement {
  const { registers: text } = useStrings()
  const { paused, set } = useContext(EditingContext)
  const plain = value.slice(2).padStart(digits, '0')
  const changed = before !== undefined && before !== value
  return (
    <div className={`register ${changed ? 'register-changed' : ''}`} data-register={name} data-changed={changed ? '' : undefined}>
      <dt className="mono">{shown}</dt>
      <dd>
        <EditableValue value={plain} label={text.edit(shown)} hint={text.editHint} editable={settable && paused} onSet={(typed) => set(name, typed, most)}>
          {grouped(plain)}
        </EditableValue>
        <Changed when={changed} />
        {children}
      </dd>
    </div>
  )
}

/** Groups of four digits, with narrow gaps. */
function grouped(digits: string): ReactElement {
  const first = digits.length % 4
  const groups = [digits.slice(0, first), ...(digits.slice(first).match(/.{4}/g) ?? [])].filter((group) => group !== '')
  return (
    <>
      {groups.map((group, index) => (
        // Their order is what they are.
        // oxlint-disable-next-line react/no-array-index-key
        <span key={index} className="digits">
          {group}
        </span>
      ))}
    </>
  )
}

interface Parts {
  now: DebugRegisters
  before: DebugRegisters | undefined
}

const valueOf = (name: string, list: readonly { name: string; value: string }[] | undefined): string | undefined => list?.find((one) => one.name === name)?.value

function General({ now, before }: Parts): ReactElement {
  const { registers: text } = useStrings()
  const digits = digitsOf(now.codeSize)
  // Those of 64-bit mode say nothing before it.
  const shown = now.codeSize === 64 || now.mode === 'compatibility' ? now.general : now.general.slice(0, 8)
  return (
    <Section title={text.general} open>
      <dl className="register-grid">
        <Value name="rip" shown={shownName('rip', now.codeSize)} value={now.rip} before={before?.rip} digits={digits} settable most={16} />
        {shown.map(({ name, value }) => (
          <Value key={name} name={name} shown={shownName(name, now.codeSize)} value={value} before={valueOf(name, before?.general)} digits={digits} settable most={16} />
        ))}
      </dl>
    </Section>
  )
}

function Flags({ now, before }: Parts): ReactElement {
  const { registers: text } = useStrings()
  const meanings: Readonly<Record<string, string>> = text.flagMeanings
  return (
    <Section title={text.flags} open>
      <dl className="register-grid">
        <Value name="rflags" shown={shownName('rflags', now.codeSize)} value={now.flags.value} before={before?.flags.value} digits={8} settable />
      </dl>
      <ul className="bits">
        {now.flags.bits.map(({ name, set, meaning }) => {
          const changed = before !== undefined && before.flags.bits.some((bit) => bit.name === name && bit.set !== set)
          return (
            <li key={name} className={`bit ${set ? 'bit-set' : ''} ${changed ? 'register-changed' : ''}`} title={`${meanings[name] ?? meaning} (${set ? text.set : text.clear})`}>
              <span className="mono">{name}</span>
              <span className="bit-value mono">{set ? '1' : '0'}</span>
              <Changed when={changed} />
            </li>
          )
        })}
        <li className="bit" title={text.iopl(now.flags.iopl)}>
          <span className="mono">{IOPL}</span>
          <span className="bit-value mono">{now.flags.iopl}</span>
          <Changed when={before !== undefined && before.flags.iopl !== now.flags.iopl} />
        </li>
      </ul>
    </Section>
  )
}

function Segments({ now, before }: Parts): ReactElement {
  const { registers: text } = useStrings()
  return (
    <Section title={text.segments} open>
      <div className="inspector-scroll">
        <table className="inspector-table mono">
          <thead>
            <tr>
              {[text.name, text.selector, text.base, text.limit, text.meaning].map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {now.segments.map((segment) => {
              const { name, selector, base, limit, meaning } = segment
              const old = before?.segments.find((one) => one.name === name)
              const changed = old !== undefined && JSON.stringify(old) !== JSON.stringify(segment)
              return (
                <tr key={name} className={changed ? 'register-changed' : ''}>
                  <th scope="row">
                    {name}
                    <Changed when={changed} />
                  </th>
                  <td>{selector.toString(16).padStart(4, '0')}</td>
                  <td>{base.slice(2)}</td>
                  <td>{limit.slice(2)}</td>
                  <td className="segment-meaning">{meaning}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
    </Section>
  )
}

interface NamedProps {
  title: string
  now: readonly { name: string; value: string; bits?: readonly string[] | undefined }[]
  before: NamedProps['now'] | undefined
  open?: boolean
}

/** Registers with the names of those bits that are set. */
function Named({ title, now, before, open = false }: NamedProps): ReactElement {
  return (
    <Section title={title} open={open}>
      <dl className="register-list">
        {now.map(({ name, value, bits = [] }) => (
          <Value key={name} name={name} value={value} before={valueOf(name, before)} digits={8}>
            {bits.length > 0 && <span className="bit-names mono">{bits.join(' ')}</span>}
          </Value>
        ))}
      </dl>
    </Section>
  )
}

function Tables({ now, before }: Parts): ReactElement {
  const { registers: text } = useStrings()
  return (
    <Section title={text.tables} open>
      <dl className="register-list">
        {now.tables.map(({ name, base, limit }) => (
          <Value key={name} name={name} value={base} before={before?.tables.find((one) => one.name === name)?.base} digits={8}>
            <span className="bit-names mono">
              {text.limit} {limit.toString(16)}
            </span>
            <Changed when={before !== undefined && before.tables.some((one) => one.name === name && one.limit !== limit)} />
          </Value>
        ))}
      </dl>
    </Section>
  )
}

function Float({ now, before }: Parts): ReactElement {
  const { registers: text } = useStrings()
  return (
    <Section title={text.x87}>
      <dl className="register-list">
        {now.x87.words.map(({ name, value }) => (
          <Value key={name} name={name} value={value} before={valueOf(name, before?.x87.words)} digits={4} />
        ))}
        {now.x87.stack.map(({ name, value, text: number, empty }) => (
          <Value key={name} name={name} value={value} before={valueOf(name, before?.x87.stack)} digits={20}>
            <span className="bit-names mono">{empty ? text.empty : number}</span>
          </Value>
        ))}
      </dl>
    </Section>
  )
}

function Vectors({ now, before }: Parts): ReactElement {
  const { registers: text } = useStrings()
  return (
    <Section title={text.vectors}>
      <dl className="register-list">
        {now.vectors.map(({ name, value }) => (
          <Value key={name} name={name} value={value} before={valueOf(name, before?.vectors)} digits={64} settable />
        ))}
      </dl>
    </Section>
  )
}
