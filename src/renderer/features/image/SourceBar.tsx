import { useState, type FormEvent, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { Field } from '../../ui/Field'
import { GoTo } from './GoTo'

/** Which image is looked at, and how to look at another one. */
export function SourceBar(): ReactElement {
  const { explorer, projects, connection, attempt } = useLab()
  const { image: text, format } = useStrings()
  const { image, source, status } = useStore(explorer.store)
  const info = useStore(projects.store, (state) => state.info)
  const project = useStore(projects.store, (state) => state.project)
  const [asking, setAsking] = useState(false)
  const path = image?.path ?? (source?.type === 'file' ? source.path : undefined)

  function choose(): void {
    if (!info?.canPickDirectory) return setAsking(true)
    attempt(
      connection.call('app.pickFile', { title: text.fileTitle }).then(async (chosen) => {
        if (chosen !== null) await explorer.open({ type: 'file', path: chosen })
      }),
    )
  }
  return (
    <>
      <div className="image-bar">
        <span className="image-name" title={path}>
          {image && text.size(image.path.split(/[\\/]/).at(-1) ?? '', format.bytes(image.bytes))}
        </span>
        {image && <GoTo />}
        <span className="image-space" />
        {source && <Button tone="quiet" icon="reset" title={text.refresh} aria-label={text.refresh} aria-busy={status === 'loading'} onClick={explorer.refresh} />}
        {project && source?.type === 'file' && (
          <Button tone="quiet" onClick={() => attempt(explorer.open({ type: 'project', directory: project.directory }))}>
            {text.projectImage}
          </Button>
        )}
        <Button tone="quiet" icon="folder" disabled={!info?.canFlash} aria-label={text.openFile} title={info?.canFlash ? `${text.openFile} ${text.fileHint}` : text.openFileOff} onClick={choose} />
      </div>
      {asking && <FileForm onClose={() => setAsking(false)} />}
    </>
  )
}

/** Where there is no dialog for files: the person types a path. */
function FileForm({ onClose }: { onClose(): void }): ReactElement {
  const { explorer, attempt } = useLab()
  const { image: text } = useStrings()
  const [path, setPath] = useState('')
  function submit(event: FormEvent): void {
    event.preventDefault()
    attempt(explorer.open({ type: 'file', path: path.trim() }))
    onClose()
  }
  return (
    <form className="image-file" onSubmit={submit}>
      <Field label={text.filePath} value={path} onChange={setPath} hint={text.fileHint} mono>
        <Button submit disabled={path.trim() === ''}>
          {text.open}
        </Button>
        <Button tone="quiet" icon="cancel" title={text.close} aria-label={text.close} onClick={onClose} />
      </Field>
    </form>
  )
}
