import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import { MAX_LISTED_FILES } from '../../../shared/files'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { EmptyState } from '../../ui/EmptyState'
import { FileTree } from './FileTree'
import './files.css'

export function FilesPanel(): ReactElement {
  const { files: text } = useStrings()
  const { documents, files, projects, attempt } = useLab()
  const name = useStore(projects.store, (state) => state.project?.name)
  const sources = useStore(documents.store, (state) => state.files)
  const { showResults, withResults, naming } = useStore(files.store)
  const shown = showResults ? withResults : sources
  return (
    <>
      <div className="files-bar">
        <span className="files-project">{name}</span>
        <Button tone="quiet" icon="new-file" title={text.newFile} aria-label={text.newFile} onClick={() => files.startNew('file')} />
        <Button tone="quiet" icon="new-folder" title={text.newFolder} aria-label={text.newFolder} onClick={() => files.startNew('folder')} />
        <Button tone="quiet" icon="collapse" title={text.collapse} aria-label={text.collapse} onClick={files.collapseAll} />
        <Button tone="quiet" icon="build" title={text.results} aria-label={text.results} aria-pressed={showResults} onClick={() => attempt(files.toggleResults())} />
      </div>
      {shown.length === 0 && !naming ? <EmptyState icon="folder" title={text.empty} hint={text.emptyHint} /> : <FileTree files={shown} label={text.tree(name ?? '')} />}
      {shown.length >= MAX_LISTED_FILES && <p className="files-limited">{text.limited(MAX_LISTED_FILES)}</p>}
    </>
  )
}
