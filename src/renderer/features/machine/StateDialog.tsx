import { useState, type FormEvent, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { toFailure, type Failure } from '../../../shared/failure'
import { useLab, type Lab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { FailureText } from '../../ui/FailureText'
import { Field } from '../../ui/Field'

interface Props {
  onClose(): void
}

/** Beside what is booted: a project's build, or an image file. */
function usualPath({ projects, bootedFile }: Lab): string {
  const image = bootedFile()
  if (image !== undefined) return `${image}.blstate`
  const { project } = projects.store.getState()
  return project ? `${project.directory}/build/${project.name}.blstate` : ''
}

/** All that the machine holds goes to a file; the machine goes on. */
export function SaveStateDialog({ onClose }: Props): ReactElement {
  const { machineState: text } = useStrings()
  const lab = useLab()
  const save = async (path: string): Promise<void> => {
    await lab.machine.saveState(path)
    lab.notifications.info(text.saved(path))
  }
  return <StateDialog title={text.save} hint={text.saveHint} action={text.saveNow} onSubmit={save} onClose={onClose} />
}

/** The machine goes on from a file. One that runs is replaced, which the dialog says. */
export function LoadStateDialog({ onClose }: Props): ReactElement {
  const { machineState: text } = useStrings()
  const lab = useLab()
  const runs = useStore(lab.machine.store, ({ phase }) => phase === 'on')
  return <StateDialog title={text.load} hint={runs ? `${text.loadHint} ${text.replaces}` : text.loadHint} action={text.loadNow} onSubmit={lab.loadState} onClose={onClose} />
}

function StateDialog({ title, hint, action, onSubmit, onClose }: Props & { title: string; hint: string; action: string; onSubmit(path: string): Promise<void> }): ReactElement {
  const { machineState: text, dialog } = useStrings()
  const lab = useLab()
  const [path, setPath] = useState(() => usualPath(lab))
  const [failure, setFailure] = useState<Failure>()
  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault()
    onSubmit(path.trim()).then(onClose, (error: unknown) => setFailure(toFailure(error)))
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit}>
        <Field label={text.path} value={path} onChange={setPath} hint={hint} mono />
        {failure && <FailureText failure={failure} />}
        <footer className="dialog-footer">
          <Button tone="quiet" onClick={onClose}>
            {dialog.cancel}
          </Button>
          <Button tone="primary" submit disabled={path.trim() === ''}>
            {action}
          </Button>
        </footer>
      </form>
    </Dialog>
  )
}
