import type { ReactElement, ReactNode } from 'react'
import type { Fault, MachineReport, Registers } from '../../../shared/machine-schemas'
import { useStrings } from '../../strings'
import { FaultAgain, FaultSource } from '../debugger/FaultActions'
import { Icon, type IconName } from '../../ui/Icon'

const icons: Readonly<Record<MachineReport['reason'], IconName>> = {
  stopped: 'stop',
  'debug-exit': 'check',
  'triple-fault': 'error',
  'halted-forever': 'info',
  'power-off': 'stop',
  'image-failed': 'error',
  'emulator-error': 'error',
}

/** Why the machine ended, from the sentence down to the registers. */
export function ReportView({ report }: { report: MachineReport }): ReactElement {
  const { report: text } = useStrings()
  return (
    <article className={`report report-${report.reason}`} data-testid="report" tabIndex={0}>
      <header className="report-head">
        <Icon name={icons[report.reason]} size={20} />
        <div>
          <h3>
            {text.reason[report.reason]} <span className="report-when">{text.instructions(report.instructions)}</span>
          </h3>
          <p className="report-summary">{report.summary}</p>
        </div>
      </header>
      {report.reason === 'debug-exit' && <p className="report-line">{text.exitCode(report.value, report.exitCode)}</p>}
      {report.reason === 'emulator-error' && (
        <Section title={text.detail}>
          <pre className="mono">{report.detail}</pre>
        </Section>
      )}
      {report.reason === 'triple-fault' && <FaultAgain />}
      {report.reason === 'triple-fault' && <FaultChain faults={report.faults} />}
      {report.reason === 'triple-fault' && report.instruction && (
        <Section title={text.instruction}>
          <p className="report-instruction mono">
            <span>{report.instruction.address}</span>
            <span>{report.instruction.bytes}</span>
            <b>{report.instruction.text}</b>
          </p>
          <FaultSource address={linearAddress(report.instruction.address, report.registers)} />
        </Section>
      )}
      {'registers' in report && <RegisterTables registers={report.registers} />}
    </article>
  )
}

/** Of an offset in the code segment. */
function linearAddress(offset: string, { segments }: Registers): string {
  const base = segments.find(({ name }) => name === 'cs')?.base ?? '0x0'
  return `0x${BigInt.asUintN(64, BigInt(offset) + BigInt(base)).toString(16)}`
}

function Section({ title, children }: { title: string; children: ReactNode }): ReactElement {
  return (
    <section className="report-section">
      <h4>{title}</h4>
      {children}
    </section>
  )
}

function FaultChain({ faults }: { faults: readonly Fault[] }): ReactElement {
  const { report: text } = useStrings()
  return (
    <Section title={text.chain}>
      <ol className="faults">
        {faults.map((fault, index) => (
          // The order of the chain is its identity.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={index}>
            <span className="fault-name mono">{fault.name}</span>
            <div>
              <p>{fault.explanation}</p>
              {(fault.errorCode !== undefined || fault.address !== undefined) && (
                <p className="fault-facts mono">
                  {fault.errorCode !== undefined && (
                    <span>
                      {text.errorCode} 0x{fault.errorCode.toString(16)}
                    </span>
                  )}
                  {fault.address !== undefined && (
                    <span>
                      {text.address} {fault.address}
                    </span>
                  )}
                </p>
              )}
            </div>
          </li>
        ))}
        <li className="fault-end">
          <span className="fault-name mono">
            <Icon name="stop" size={13} />
          </span>
          <p>{text.thenReset}</p>
        </li>
      </ol>
    </Section>
  )
}

function RegisterTables({ registers }: { registers: Registers }): ReactElement {
  const { report: text } = useStrings()
  return (
    <>
      <Section title={text.registers}>
        <dl className="registers mono">
          {Object.entries(registers.values).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </Section>
      <Section title={text.segments}>
        <table className="segments mono">
          <thead>
            <tr>
              <th scope="col" aria-label={text.segments} />
              <th scope="col">{text.selector}</th>
              <th scope="col">{text.base}</th>
              <th scope="col">{text.limit}</th>
            </tr>
          </thead>
          <tbody>
            {registers.segments.map((segment) => (
              <tr key={segment.name}>
                <th scope="row">{segment.name}</th>
                <td>{segment.selector}</td>
                <td>{segment.base}</td>
                <td>{segment.limit}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Section>
    </>
  )
}
