/** Who called whom, and what lies on the stack. */
import { useCallback, useState, type ReactElement } from 'react'
import { MAX_STACK_WORDS, type StackView } from '../../../shared/debug'
import type { Connection } from '../../app/connection'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { FailureText } from '../../ui/FailureText'
import { CodeLink } from './CodeLink'
import { useLook } from './look'
import { NoMachine } from './NoMachine'
import { SourceLink } from './SourceLink'
import { symbolName } from './words'

const FIRST_WORDS = 48

export function StackPanel(): ReactElement {
  const { stack: text } = useStrings()
  const [words, setWords] = useState(FIRST_WORDS)
  const ask = useCallback((call: Connection['call'], on: string) => call('debug.stack', { machine: on, words }), [words])
  const { machine, value, before, failure } = useLook(ask)
  if (machine === undefined) return <NoMachine icon="stack" hint={text.emptyHint} />
  if (failure) return <FailureText failure={failure} />
  if (!value) return <div className="pane-body" />
  return (
    <div className="inspector" role="region" aria-label={text.label} tabIndex={0} data-testid="stack">
      <h4>{text.frames}</h4>
      <Frames stack={value} />
      <h4>{text.words}</h4>
      <Words stack={value} before={before} />
      {value.words.length >= words && words < MAX_STACK_WORDS && (
        <Button tone="quiet" onClick={() => setWords(Math.min(MAX_STACK_WORDS, words * 2))}>
          {text.more}
        </Button>
      )}
    </div>
  )
}

function Frames({ stack: { frames, end } }: { stack: StackView }): ReactElement {
  const { stack: text } = useStrings()
  return (
    <>
      <ol className="frames" aria-label={text.frames}>
        {frames.map(({ address, symbol, source, by }, index) => (
          // The order is what a call stack is.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={index} className={index === 0 ? 'frame-current' : ''} title={text.by[by]}>
            <CodeLink address={address}>{symbol ? symbolName(symbol) : address}</CodeLink>
            {source ? <SourceLink source={source} /> : <span className="source-name">{symbol ? '' : text.unknown}</span>}
          </li>
        ))}
      </ol>
      <p className="inspector-note">{end}</p>
    </>
  )
}

function Words({ stack: { words, width }, before }: { stack: StackView; before: StackView | undefined }): ReactElement {
  const { stack: text, registers } = useStrings()
  const old = new Map(before?.words.map(({ address, value }) => [address, value]))
  return (
    <div className="inspector-scroll">
      <table className="inspector-table mono">
        <thead>
          <tr>
            <th scope="col">{text.address}</th>
            <th scope="col">{text.value}</th>
            <th scope="col">{text.meaning}</th>
          </tr>
        </thead>
        <tbody>
          {words.map(({ address, value, returns, symbol, source }) => {
            const known = old.get(address)
            const changed = known !== undefined && known !== value
            return (
              <tr key={address} className={`${changed ? 'register-changed' : ''} ${returns ? 'stack-return' : ''}`}>
                <th scope="row">{address.slice(2)}</th>
                <td>
                  {value.slice(2).padStart(width * 2, '0')}
                  {changed && (
                    <span className="changed-sign" title={registers.changed}>
                      <span aria-hidden="true">●</span>
                      <span className="visually-hidden"> {registers.changed}</span>
                    </span>
                  )}
                </td>
                <td>
                  {returns && <span className="tag">{text.returns}</span>} {symbol && <CodeLink address={value}>{symbolName(symbol)}</CodeLink>} {source && returns && <SourceLink source={source} />}
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
