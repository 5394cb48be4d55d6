import { useState, type FormEvent, type ReactElement } from 'react'
import { toFailure, type Failure } from '../../../shared/failure'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { FailureText } from '../../ui/FailureText'
import { Field } from '../../ui/Field'

/** Boots any image or kernel by its path, instead of what the project builds. */
export function BootFileDialog({ onClose }: { onClose(): void }): ReactElement {
  const { machineSettings: text, dialog } = useStrings()
  const { openImage } = useLab()
  const [path, setPath] = useState('')
  const [failure, setFailure] = useState<Failure>()
  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault()
    openImage(path.trim()).then(onClose, (error: unknown) => setFailure(toFailure(error)))
  }
  return (
    <Dialog title={text.bootFile} onClose={onClose}>
      <form onSubmit={submit}>
        <Field label={text.drivePath} value={path} onChange={setPath} hint={text.bootFileHint} mono />
        {failure && <FailureText failure={failure} />}
        <footer className="dialog-footer">
          <Button tone="quiet" onClick={onClose}>
            {dialog.cancel}
          </Button>
          <Button tone="primary" submit disabled={path.trim() === ''}>
            {text.boot}
          </Button>
        </footer>
      </form>
    </Dialog>
  )
}
