import { useEffect, useRef, type ReactElement } from 'react'
import { editor } from 'monaco-editor/editor'
import { useStrings } from '../../strings'
import { findModel } from './monaco/models'
import './monaco/setup'

interface Props {
  path: string
  /** The stored text. */
  theirs: string
}

/** The stored file on the left, the unsaved text on the right, where it can be changed. */
export function CompareView({ path, theirs }: Props): ReactElement {
  const { disk: text } = useStrings()
  const host = useRef<HTMLDivElement>(null)
  const label = text.comparison(path)
  useEffect(() => {
    const mine = findModel(path)
    if (!host.current || !mine) return
    const original = editor.createModel(theirs, mine.getLanguageId())
    const view = editor.createDiffEditor(host.current, { automaticLayout: true, originalEditable: false, renderSideBySide: true, useInlineViewWhenSpaceIsLimited: true, scrollBeyondLastLine: false, ariaLabel: label })
    view.setModel({ original, modified: mine })
    view.getModifiedEditor().focus()
    return () => {
      view.setModel(null)
      view.dispose()
      original.dispose()
    }
  }, [path, theirs, label])
  return <div ref={host} className="compare-host" role="group" aria-label={label} />
}
