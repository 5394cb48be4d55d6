import type { ReactElement } from 'react'
import type { KnownAddress } from '../../../shared/debug'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { sourceName } from './words'

/** A source line, which opens in the editor where it belongs to the project. */
export function SourceLink({ source }: { source: NonNullable<KnownAddress['source']> }): ReactElement {
  const { commands } = useLab()
  const { control: text } = useStrings()
  const { path, line } = source
  if (path === undefined) return <span className="source-name">{sourceName(source)}</span>
  return (
    <button type="button" className="link mono" title={text.showSource} onClick={() => commands.openFile(path, { line, column: 1 })}>
      {sourceName(source)}
    </button>
  )
}
