import { useState, type FormEvent, type ReactElement } from 'react'
import { toFailure, type Failure } from '../../../shared/failure'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { FailureText } from '../../ui/FailureText'
import { Field } from '../../ui/Field'

/** Asks for a folder by its path: a browser has no folder dialog that tells paths. */
export function OpenDialog({ onClose }: { onClose(): void }): ReactElement {
  const { openDialog: text, dialog } = useStrings()
  const { openProject } = useLab()
  const [directory, setDirectory] = useState('')
  const [failure, setFailure] = useState<Failure>()

  function submit(event: FormEvent): void {
    event.preventDefault()
    openProject(directory.trim()).then(onClose, (error: unknown) => setFailure(toFailure(error)))
  }

  return (
    <Dialog title={text.title} onClose={onClose}>
      <form onSubmit={submit}>
        <Field label={text.directory} value={directory} onChange={setDirectory} hint={text.hint} mono />
        {failure && <FailureText failure={failure} />}
        <footer className="dialog-footer">
          <Button tone="quiet" onClick={onClose}>
            {dialog.cancel}
          </Button>
          <Button tone="primary" submit disabled={directory.trim() === ''}>
            {text.open}
          </Button>
        </footer>
      </form>
    </Dialog>
  )
}
