import { useCallback, useMemo, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { SECTOR_BYTES } from './go-to'
import type { LookedAt } from './explorer'
import { HexView, ROW_BYTES } from './HexView'
import { familyOf, runsOf } from './piece-tree'
import { pieceLabel } from './wording'

/** All bytes of the image, coloured and labelled by what they belong to. */
export function ImageBytes({ image: { tree, cache, bytes } }: { image: LookedAt }): ReactElement {
  const { explorer } = useLab()
  const { image: text } = useStrings()
  const cursor = useStore(explorer.store, (state) => state.cursor)
  const shown = useStore(explorer.store, (state) => state.shown)
  const arrived = useStore(cache.store)
  // Another function whenever bytes have arrived: the view is drawn anew.
  // oxlint-disable-next-line react/exhaustive-deps
  const byteAt = useCallback((offset: number) => cache.byte(offset), [cache, arrived])
  const describe = useCallback(
    (offset: number) => {
      const runs = runsOf(tree, offset, Math.min(bytes, offset + ROW_BYTES))
      // Where there is room for one name only, it is that of the byte under the cursor.
      const first = runs.filter(({ from, to }) => cursor >= from && cursor < to)
      const names = [...new Set([...first, ...runs].map(({ piece }) => pieceLabel(text, piece)))]
      return {
        label: names.join(', '),
        title: names.join('\n'),
        classes: runs.flatMap(({ from, to, piece }) => Array.from({ length: to - from }, () => `family-${familyOf(piece.role)}`)),
      }
    },
    [tree, text, bytes, cursor],
  )
  const texts = useMemo(() => ({ label: text.hex, hint: text.hexHint, ...text.columns, byte: text.byte, unread: text.byteNotRead }), [text])
  return <HexView texts={texts} length={bytes} blockBytes={SECTOR_BYTES} cursor={cursor} reveal={shown} byteAt={byteAt} want={cache.want} describe={describe} onCursor={explorer.moveTo} />
}
