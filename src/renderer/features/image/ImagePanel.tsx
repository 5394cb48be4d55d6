/** The built image as a map: from the whole disk down to one byte, and from there to its source line. */
import { useEffect, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { CommandButton } from '../../app/CommandButton'
import { keysOf } from '../../app/commands'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { EmptyState } from '../../ui/EmptyState'
import { FailureText } from '../../ui/FailureText'
import { ByteChain } from './ByteChain'
import './image.css'
import { ImageBytes } from './ImageBytes'
import { ImageMap } from './ImageMap'
import { PieceFacts } from './PieceFacts'
import { PieceList } from './PieceList'
import { SourceBar } from './SourceBar'

export function ImagePanel(): ReactElement {
  const { explorer } = useLab()
  const image = useStore(explorer.store, (state) => state.image)
  useEffect(() => explorer.start(), [explorer])
  return (
    <div className="image">
      <SourceBar />
      {image ? (
        <>
          <ImageMap image={image} />
          <div className="image-body">
            <PieceList image={image} />
            <div className="image-about">
              <ByteChain image={image} />
              <PieceFacts image={image} />
            </div>
            <ImageBytes image={image} />
          </div>
        </>
      ) : (
        <NoImage />
      )}
    </div>
  )
}

function NoImage(): ReactElement {
  const { explorer } = useLab()
  const { image: text } = useStrings()
  const { status, source, failure } = useStore(explorer.store)
  if (status === 'loading') return <p className="loading">{text.loading}</p>
  const notBuilt = failure?.code === 'not-found' && source?.type === 'project'
  return (
    <div className="image-none">
      {failure && !notBuilt ? <FailureText failure={failure} /> : <EmptyState icon="image" title={notBuilt ? text.notBuilt : text.empty} hint={text.emptyHint(keysOf('build.run'))} />}
      <CommandButton command="build.run" icon="build" label={text.build} />
    </div>
  )
}
