import { useState, type FormEvent, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { strings } from '../../app/strings'
import { Button } from '../../ui/Button'
import { Field } from '../../ui/Field'
import { ImageSummary } from './ImageSummary'
import { SaveImage } from './SaveImage'

const { pick: text } = strings.usb

/** This project's image, or a file's. */
export function ImageChoice(): ReactElement {
  const { usb, projects } = useLab()
  const from = useStore(usb.store, (state) => state.from)
  const ready = useStore(usb.store, (state) => state.image.status === 'ready')
  const project = useStore(projects.store, (state) => state.project?.name ?? '')
  return (
    <fieldset className="usb-section">
      <legend>{text.image}</legend>
      <label className="usb-radio">
        <input type="radio" name="usb-image" checked={from === 'project'} onChange={() => usb.chooseFrom('project')} />
        {text.project(project)}
      </label>
      <label className="usb-radio">
        <input type="radio" name="usb-image" checked={from === 'file'} onChange={() => usb.chooseFrom('file')} />
        {text.file}
      </label>
      {from === 'file' && <ImageFile />}
      <ImageSummary />
      {ready && <SaveImage />}
    </fieldset>
  )
}

function ImageFile(): ReactElement {
  const { usb, projects, connection, attempt } = useLab()
  const canPick = useStore(projects.store, (state) => state.info?.canPickDirectory ?? false)
  const [path, setPath] = useState(usb.store.getState().file)
  const open = (file: string): void => usb.chooseFrom('file', file.trim())

  function submit(event: FormEvent): void {
    event.preventDefault()
    open(path)
  }
  function browse(): void {
    attempt(
      connection.call('app.pickFile', { title: text.fileTitle }).then((chosen) => {
        if (chosen === null) return
        setPath(chosen)
        open(chosen)
      }),
    )
  }
  return (
    <form onSubmit={submit} className="usb-file">
      <Field label={text.filePath} value={path} onChange={setPath} hint={text.fileHint} mono>
        {canPick && <Button onClick={browse}>{text.browse}</Button>}
        <Button submit disabled={path.trim() === ''}>
          {text.look}
        </Button>
      </Field>
    </form>
  )
}
