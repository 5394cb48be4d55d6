import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { SECTOR_BYTES } from './go-to'
import type { LookedAt } from './explorer'
import { factValue, hexOf, pieceTitle } from './wording'

/** What the selected piece is, what it is for, and what is known about it. */
export function PieceFacts({ image: { tree } }: { image: LookedAt }): ReactElement | null {
  const { explorer } = useLab()
  const { image: text, format } = useStrings()
  const selected = useStore(explorer.store, (state) => state.selected)
  const piece = tree[selected]
  if (!piece) return null
  const { role, offset, bytes, base, facts, remarks } = piece
  const last = offset + Math.max(bytes, 1) - 1
  const [first, end] = [offset, last].map((at) => format.number(Math.floor(at / SECTOR_BYTES)))
  return (
    <section className="image-facts" aria-label={text.about}>
      <h3>{pieceTitle(text, piece)}</h3>
      <p>{text.roles[role].purpose}</p>
      {remarks.length > 0 && (
        <div className="image-remarks">
          <h4>{text.remarks}</h4>
          <ul>
            {remarks.map((remark) => (
              <li key={remark}>{remark}</li>
            ))}
          </ul>
        </div>
      )}
      <dl>
        <dt>{text.place}</dt>
        <dd>
          <span className="mono">{text.range(hexOf(offset), hexOf(last))}</span>, {bytes < 1000 ? format.bytes(bytes) : text.sizeBytes(format.bytes(bytes), format.number(bytes))}
        </dd>
        <dt>{text.sector}</dt>
        <dd>{first === end ? first : text.sectors(first ?? '', end ?? '')}</dd>
        {base > 0 && (
          <>
            <dt>{text.continued}</dt>
            <dd>{format.bytes(base)}</dd>
          </>
        )}
        {facts.map(({ name, value }) => (
          <Fact key={name} name={text.facts[name]} value={factValue(text, value)} />
        ))}
      </dl>
    </section>
  )
}

function Fact({ name, value }: { name: string; value: string }): ReactElement {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  )
}
