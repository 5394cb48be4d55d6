import type { ReactElement } from 'react'
import type { DescriptorTable, DescriptorView } from '../../../shared/debug'
import { useStrings } from '../../strings'
import { bitsText, bytesOf, descriptorBits } from './descriptor-bits'

/** One descriptor, bit by bit: the highest doubleword on top, as in the manuals. */
export function DescriptorBits({ entry, table }: { entry: DescriptorView; table: DescriptorTable }): ReactElement {
  const { inside: text } = useStrings()
  const rows = descriptorBits(BigInt(entry.raw), table.table, bytesOf(entry, table))
  return (
    <figure className="bits">
      <figcaption>
        {text.tables.bitsOf(entry.kind, entry.address)} <span className="mono">{entry.raw}</span>
      </figcaption>
      {rows.map((row) => (
        <div key={row[0]?.low} className="bits-row">
          {row.map((field) => (
            <span key={field.low} className={`bits-field ${field.bits === 1 ? 'bits-one' : ''}`} style={{ gridColumn: `span ${field.bits}` }}>
              <span className="bits-numbers" aria-hidden="true">
                <span>{field.low + field.bits - 1}</span>
                {field.bits > 1 && <span>{field.low}</span>}
              </span>
              <b className="mono">{bitsText(field)}</b>
              <span className="bits-name">{field.name}</span>
            </span>
          ))}
        </div>
      ))}
    </figure>
  )
}
