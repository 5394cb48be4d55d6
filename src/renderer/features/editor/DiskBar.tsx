import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { Icon } from '../../ui/Icon'

interface Props {
  path: string
  comparing: boolean
  onCompare(): void
}

/** Another program changed a file that has unsaved text: both are intact until a person chooses. */
export function DiskBar({ path, comparing, onCompare }: Props): ReactElement {
  const { disk: text } = useStrings()
  const { documents, notifications, attempt } = useLab()
  const document = useStore(documents.store, (state) => state.documents[path])
  const gone = document?.theirs === 'gone'

  function merge(): void {
    const conflicts = documents.merge(path, { mine: text.mine, theirs: text.theirs })
    if (conflicts === 0) notifications.info(text.merged, text.mergedHint)
    else if (conflicts !== undefined) notifications.info(text.conflicts(conflicts), text.conflictsHint)
  }

  return (
    <div className="disk-bar" role="group" aria-label={text.label(path)}>
      <Icon name="warning" />
      <span className="disk-text" role="status">
        {gone ? text.gone : text.changed}
      </span>
      {!gone && (
        <Button aria-pressed={comparing} onClick={onCompare}>
          {comparing ? text.stopComparing : text.compare}
        </Button>
      )}
      {/* What was typed over is needed for it, and is not known of texts of an earlier run. */}
      {!gone && document?.savedText !== undefined && <Button onClick={merge}>{text.merge}</Button>}
      <Button onClick={() => attempt(documents.keepMine(path))}>{gone ? text.write : text.keep}</Button>
      <Button onClick={() => attempt(documents.takeTheirs(path))}>{gone ? text.close : text.take}</Button>
    </div>
  )
}
