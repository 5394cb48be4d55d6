import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import { describeFailure } from '../../../shared/failure'
import { useLab } from '../../app/lab'
import { strings } from '../../app/strings'
import { Button } from '../../ui/Button'
import { Icon } from '../../ui/Icon'
import { CopyButton } from './CopyButton'
import type { UsbState } from './usb'

const { error: text } = strings.usb

export function ErrorPage(): ReactElement | null {
  const { usb, projects } = useLab()
  const state = useStore(usb.store)
  const info = useStore(projects.store, ({ info: about }) => about)
  const { failed, task } = state
  if (!failed) return null
  const { failure, condition } = failed
  const wanted = failure.code === 'cancelled'
  return (
    <>
      <div className="usb-body">
        <div className={`usb-cause ${wanted ? 'usb-cause-wanted' : ''}`} role="alert">
          <p>
            <Icon name={wanted ? 'info' : 'error'} size={20} /> <b>{failure.what}</b>
          </p>
          {failure.where !== undefined && <p className="mono">{failure.where}</p>}
        </div>
        <dl className="usb-explained">
          {failure.why !== undefined && (
            <>
              <dt>{text.why}</dt>
              <dd>{failure.why}</dd>
            </>
          )}
          <dt>{text.state}</dt>
          <dd>{text.condition[condition]}</dd>
          {failure.next !== undefined && (
            <>
              <dt>{text.next}</dt>
              <dd>{failure.next}</dd>
            </>
          )}
        </dl>
      </div>
      <footer className="dialog-footer">
        <CopyButton value={details(state, `${strings.product} ${info?.version ?? ''}, ${info?.platform ?? ''}`)} label={text.copy} />
        <Button onClick={usb.another}>{text.other}</Button>
        {condition !== 'unchanged' && task === 'write' && <Button onClick={() => usb.toPick('restore')}>{strings.usb.pick.restore}</Button>}
        <Button tone="primary" onClick={usb.tryAgain}>
          {text.again}
        </Button>
      </footer>
    </>
  )
}

/** For a report: all that is known, nothing that is not about this. */
function details({ failed, selected, image, task, progress }: UsbState, about: string): string {
  const lines = [
    about,
    failed && describeFailure(failed.failure),
    failed && `${failed.failure.code}, ${failed.condition}`,
    selected && `${task}: ${selected.name}, ${selected.path}, ${selected.bus}, ${selected.bytes} bytes, ${selected.identity}`,
    task === 'write' && image.status === 'ready' && `${image.facts.path}, ${image.facts.bytes} bytes, ${image.facts.sha256}`,
    progress && `${progress.phase} ${progress.done}/${progress.total}`,
  ]
  return lines.filter(Boolean).join('\n')
}
