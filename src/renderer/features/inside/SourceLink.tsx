import type { ReactElement } from 'react'
import type { KnownAddress } from '../../../shared/debug'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { hex } from './address'

/** `kernel_main+0x12`. */
export const symbolText = ({ name, offset }: NonNullable<KnownAddress['symbol']>): string => (offset === 0 ? name : `${name}+${hex(offset)}`)

interface Props {
  known: Pick<KnownAddress, 'symbol' | 'source'> | undefined
  /** What stands there while nothing is known. */
  otherwise?: string
  /** Among so many others that Tab should not stop at each. */
  forMouse?: boolean
}

/** The symbol at an address; where its source is in the project, it opens it. */
export function SourceLink({ known, otherwise = '', forMouse = false }: Props): ReactElement {
  const { inside: text } = useStrings()
  const { commands } = useLab()
  const { symbol, source } = known ?? {}
  const name = symbol ? symbolText(symbol) : otherwise
  if (source?.path === undefined) return <span className="inside-symbol">{name}</span>
  const { path, line } = source
  const place = `${path}:${line}`
  return (
    <button type="button" className="inside-link" tabIndex={forMouse ? -1 : 0} title={text.openSource(place)} onClick={() => commands.openFile(path, { line, column: 1 })}>
      {name === '' ? place : name} {name !== '' && <span className="inside-place">{place}</span>}
    </button>
  )
}
