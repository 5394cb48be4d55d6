import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import type { ImageOrigin } from '../../../shared/image-explorer'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { SECTOR_BYTES } from './go-to'
import type { LookedAt } from './explorer'
import { familyOf } from './piece-tree'
import { hexOf, pieceTitle } from './wording'

/** Byte, sector, partition, file, section, function, source line: one in the other. */
export function ByteChain({ image: { tree } }: { image: LookedAt }): ReactElement {
  const { explorer } = useLab()
  const { image: text, format } = useStrings()
  const origin = useStore(explorer.store, (state) => state.origin)
  const cursor = useStore(explorer.store, (state) => state.cursor)
  const at = text.at(hexOf(cursor), format.number(Math.floor(cursor / SECTOR_BYTES)), String(cursor % SECTOR_BYTES))
  const current = origin?.offset === cursor ? origin : undefined
  return (
    <section className="image-chain" aria-label={text.chain}>
      <p className="mono" aria-live="polite">
        {at}
      </p>
      {current && (
        <>
          <ol>
            {current.chain.map((link) => {
              const known = tree.find(({ role, offset, bytes, name }) => role === link.role && offset === link.offset && bytes === link.bytes && name === link.name)
              return (
                <li key={`${link.role} ${link.offset} ${link.name}`}>
                  {known ? (
                    <button type="button" className={`image-link family-${familyOf(link.role)}`} onClick={() => explorer.select(known.index)}>
                      {pieceTitle(text, link)}
                    </button>
                  ) : (
                    <span className={`image-link family-${familyOf(link.role)}`}>{pieceTitle(text, link)}</span>
                  )}
                </li>
              )
            })}
          </ol>
          <Source origin={current} />
        </>
      )}
    </section>
  )
}

function Source({ origin: { address, source } }: { origin: ImageOrigin }): ReactElement | null {
  const { commands } = useLab()
  const { image: text } = useStrings()
  if (address === undefined && !source) return null
  return (
    <dl>
      {address !== undefined && (
        <>
          <dt>{text.runsAt}</dt>
          <dd className="mono">{address}</dd>
        </>
      )}
      {source && (
        <>
          <dt>{source.declared ? text.declared : text.source}</dt>
          <dd>
            {source.path === undefined ? (
              text.sourceAt(source.file, source.line)
            ) : (
              <Button tone="quiet" icon="file" title={text.openSource(source.path, source.line)} onClick={() => source.path !== undefined && commands.openFile(source.path, { line: source.line, column: 1 })}>
                {text.sourceAt(source.path, source.line)}
              </Button>
            )}
          </dd>
        </>
      )}
    </dl>
  )
}
