import { useState, type ReactElement } from 'react'
import { useStore } from 'zustand'
import type { DescriptorTable, DescriptorView, QuestionResults } from '../../../shared/debug'
import { isException, vectorMeaning, vectorName } from '../../../shared/vectors'
import type { Connection } from '../../app/connection'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { FailureText } from '../../ui/FailureText'
import { Icon } from '../../ui/Icon'
import { panelId, tabId, Tabs, type Tab } from '../../ui/Tabs'
import { useLook } from '../debugger/look'
import { hex } from './address'
import { DescriptorBits } from './DescriptorBits'
import './inside.css'
import { NoMachine } from './NoMachine'
import { SourceLink } from './SourceLink'

const TABS = ['gdt', 'ldt', 'idt', 'tss'] as const
type TabName = (typeof TABS)[number]

interface Answer {
  readonly tables: Readonly<Record<'gdt' | 'ldt' | 'idt', DescriptorTable>>
  readonly tss: QuestionResults['taskState']
}

async function ask(call: Connection['call'], machine: string): Promise<Answer> {
  const [gdt, ldt, idt, tss] = await Promise.all([
    call('debug.descriptors', { machine, table: 'gdt' }),
    call('debug.descriptors', { machine, table: 'ldt' }),
    call('debug.descriptors', { machine, table: 'idt' }),
    call('debug.taskState', { machine }),
  ])
  return { tables: { gdt, ldt, idt }, tss }
}

export function TablesPanel(): ReactElement {
  const { inside: text } = useStrings()
  const { machine } = useLab()
  const on = useStore(machine.store, (view) => view.machine !== undefined)
  return on ? <AllTables /> : <NoMachine icon="table" teaches={text.tables.teaches} />
}

const interruptStack = (index: number): string => `IST${index}`
const problems = (table: DescriptorTable): number => table.entries.filter(({ problem, index }) => problem !== undefined && !(table.table === 'gdt' && index === 0)).length

function AllTables(): ReactElement {
  const { inside: text, format } = useStrings()
  const { value, failure } = useLook(ask)
  const [tab, setTab] = useState<TabName>('gdt')
  const real = value?.tables.idt.entryBytes === 4
  const label = (name: TabName): ReactElement => {
    const wrong = value && name !== 'tss' ? problems(value.tables[name]) : 0
    return (
      <>
        {name === 'idt' && real ? text.tables.realVectors : name.toUpperCase()}
        {wrong > 0 && (
          <span className="inside-count" title={text.tables.problems(wrong)}>
            <Icon name="warning" size={12} /> {format.number(wrong)}
          </span>
        )}
      </>
    )
  }
  return (
    <div className="inside">
      <Tabs name="tables" label={text.tables.label} tabs={TABS.map((id): Tab<TabName> => ({ id, label: label(id) }))} active={tab} onSelect={(id: TabName) => setTab(id)} />
      {failure && <FailureText failure={failure} />}
      <div className="inside-scroll" role="tabpanel" id={panelId('tables')} aria-labelledby={tabId('tables', tab)} tabIndex={0}>
        {value && (tab === 'tss' ? <TaskState tss={value.tss} /> : <OneTable key={tab} table={value.tables[tab]} />)}
      </div>
    </div>
  )
}

function OneTable({ table }: { table: DescriptorTable }): ReactElement {
  const { inside: text } = useStrings()
  const { inside } = useLab()
  const [selected, setSelected] = useState<number>()
  const { entries, note, base, limit, count } = table
  const entry = entries.find(({ index }) => index === selected) ?? entries.find(({ problem, index }) => problem !== undefined && index > 0) ?? entries[table.table === 'gdt' && entries.length > 1 && entries[0]?.index === 0 ? 1 : 0]
  return (
    <>
      <p className="inside-head">
        <button type="button" className="inside-link mono" title={text.showInMemory} onClick={() => inside.showMemory(BigInt(base), 'linear')}>
          {base}
        </button>
        <span>{text.tables.limit(hex(limit), count)}</span>
        {note !== undefined && (
          <span className="inside-note">
            <Icon name="info" size={13} /> {note}
          </span>
        )}
      </p>
      {entries.length === 0 ? (
        <p className="inside-none">{text.tables.empty[table.table]}</p>
      ) : (
        <>
          {entry && <DescriptorBits entry={entry} table={table} />}
          <table className="inside-table">
            <thead>
              <tr>
                <th scope="col">{table.table === 'idt' ? text.tables.vector : text.tables.selector}</th>
                <th scope="col">{text.tables.kind}</th>
                <th scope="col">{table.table === 'idt' ? text.tables.handler : text.tables.baseAndLimit}</th>
                <th scope="col">{text.tables.dpl}</th>
                <th scope="col">{text.tables.flags}</th>
              </tr>
            </thead>
            <tbody>
              {entries.map((one) => (
                <Entry key={one.index} entry={one} table={table} selected={one === entry} onSelect={() => setSelected(one.index)} />
              ))}
            </tbody>
          </table>
        </>
      )}
    </>
  )
}

function Entry({ entry, table, selected, onSelect }: { entry: DescriptorView; table: DescriptorTable; selected: boolean; onSelect(): void }): ReactElement {
  const { inside: text } = useStrings()
  const { index, selector, kind, base, limit, target, dpl, present, flags, problem } = entry
  const isVector = table.table === 'idt'
  const exception = isVector && isException(index) && table.entryBytes !== 4
  return (
    <>
      <tr className={`${selected ? 'inside-selected' : ''} ${present ? '' : 'inside-absent'}`} onClick={onSelect}>
        <th scope="row">
          <button type="button" className="inside-row-button mono" aria-pressed={selected} title={exception ? vectorMeaning(index) : undefined}>
            {isVector ? `${hex(index)}` : hex(selector ?? index * 8)}
            {exception && <span className="inside-place"> {vectorName(index)}</span>}
          </button>
        </th>
        <td>
          {kind}
          {!present && <span className="inside-place"> {text.tables.absent}</span>}
        </td>
        <td>
          {target ? (
            <span className="inside-target">
              <span className="mono">
                {hex(target.selector)}:{target.offset}
              </span>
              {target.ist !== undefined && <span className="tag">{interruptStack(target.ist)}</span>}
              <SourceLink known={target} />
            </span>
          ) : (
            <span className="mono">
              {base} + {limit}
            </span>
          )}
        </td>
        <td>{dpl}</td>
        <td>{flags.join(', ')}</td>
      </tr>
      {problem !== undefined && (
        <tr className="inside-problem">
          <td colSpan={5}>
            <Icon name={table.table === 'gdt' && index === 0 ? 'info' : 'warning'} size={13} /> {problem}
          </td>
        </tr>
      )}
    </>
  )
}

function TaskState({ tss }: { tss: QuestionResults['taskState'] }): ReactElement {
  const { inside: text } = useStrings()
  const { inside } = useLab()
  return (
    <>
      <p className="inside-head">
        {tss.facts.length > 0 && (
          <>
            <span>{text.tables.taskRegister(hex(tss.selector), tss.kind)}</span>
            <button type="button" className="inside-link mono" title={text.showInMemory} onClick={() => inside.showMemory(BigInt(tss.base), 'linear')}>
              {tss.base}
            </button>
            <span>{text.tables.tssLimit(hex(tss.limit))}</span>
          </>
        )}
        {tss.note !== undefined && (
          <span className="inside-note">
            <Icon name="info" size={13} /> {tss.note}
          </span>
        )}
      </p>
      {tss.facts.length === 0 ? (
        <p className="inside-none">{text.tables.noTask}</p>
      ) : (
        <table className="inside-table">
          <tbody>
            {tss.facts.map(({ name, value, meaning }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td className="mono">{value}</td>
                <td>{meaning}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  )
}
