import { useState, type ReactElement } from 'react'
import type { ImportPlan } from '../../../shared/contract'
import { toFailure, type Failure } from '../../../shared/failure'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { FailureText } from '../../ui/FailureText'

/** A folder without manifest was opened: what it was taken for, what would be written, and the question whether to. */
export function ImportDialog({ plan, onClose }: { plan: ImportPlan; onClose(): void }): ReactElement {
  const { importDialog: text, dialog } = useStrings()
  const { importProject } = useLab()
  const [failure, setFailure] = useState<Failure>()
  const [busy, setBusy] = useState(false)

  function write(): void {
    setBusy(true)
    setFailure(undefined)
    importProject(plan.directory).then(onClose, (error: unknown) => {
      setFailure(toFailure(error))
      setBusy(false)
    })
  }

  return (
    <Dialog title={text.title(plan.name)} onClose={onClose} className="importing">
      <div className="import">
        <p>{text.body}</p>
        <p className="import-directory">{plan.directory}</p>
        <ul className="import-guesses" aria-label={text.guesses}>
          {plan.guesses.map(({ what, why }) => (
            <li key={what}>
              <strong>{what}.</strong> {why}
            </li>
          ))}
        </ul>
        {plan.warnings.map((warning) => (
          <p key={warning} className="import-warning">
            {warning}
          </p>
        ))}
        {plan.files.map((file) => (
          <details key={file.path}>
            <summary>{text.file(file.path)}</summary>
            <pre tabIndex={0}>{file.text}</pre>
          </details>
        ))}
        {failure && <FailureText failure={failure} />}
      </div>
      <footer className="dialog-footer">
        <Button tone="quiet" onClick={onClose}>
          {dialog.cancel}
        </Button>
        <Button tone="primary" onClick={write} disabled={busy}>
          {busy ? text.importing : text.import}
        </Button>
      </footer>
    </Dialog>
  )
}
