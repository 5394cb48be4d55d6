import { useState, type FormEvent, type ReactElement } from 'react'
import { useStore } from 'zustand'
import type { Template } from '../../../shared/contract'
import { toFailure, type Failure } from '../../../shared/failure'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { Field } from '../../ui/Field'
import { FailureText } from '../../ui/FailureText'
import { joinPath, proposeName } from './projects'

/** Asks for name and folder; the folder follows the name until the person changes it. */
export function CreateDialog({ template, onClose }: { template: Template; onClose(): void }): ReactElement {
  const { createDialog: text, dialog, openDialog } = useStrings()
  const { projects, createProject, connection, attempt } = useLab()
  const { info, recent } = useStore(projects.store)
  const platform = info?.platform ?? ''
  const known = recent.map((project) => project.directory)
  const [parent, setParent] = useState(info?.projectsDirectory ?? '')
  const [name, setName] = useState(() => proposeName(platform, parent, template.id, known))
  const [ownDirectory, setOwnDirectory] = useState<string>()
  const [failure, setFailure] = useState<Failure>()
  const [busy, setBusy] = useState(false)
  const directory = ownDirectory ?? joinPath(platform, parent, name)

  function submit(event: FormEvent): void {
    event.preventDefault()
    setBusy(true)
    setFailure(undefined)
    createProject(template.id, directory, name).then(onClose, (error: unknown) => {
      setFailure(toFailure(error))
      setBusy(false)
    })
  }

  function browse(): void {
    const pick = connection.call('app.pickDirectory', { title: openDialog.pickParent })
    attempt(
      pick.then((chosen) => {
        if (chosen === null) return
        setParent(chosen)
        setOwnDirectory(undefined)
      }),
    )
  }

  return (
    <Dialog title={text.title(template.title)} onClose={onClose}>
      <form onSubmit={submit}>
        <p className="dialog-body">{template.teaches}</p>
        <Field label={text.name} value={name} onChange={setName} maxLength={64} />
        <Field label={text.directory} value={directory} onChange={setOwnDirectory} hint={text.hint} mono>
          {info?.canPickDirectory && <Button onClick={browse}>{text.browse}</Button>}
        </Field>
        {failure && <FailureText failure={failure} />}
        <footer className="dialog-footer">
          <Button tone="quiet" onClick={onClose}>
            {dialog.cancel}
          </Button>
          <Button tone="primary" submit disabled={busy || name === '' || directory === ''}>
            {busy ? text.creating : text.create}
          </Button>
        </footer>
      </form>
    </Dialog>
  )
}
