import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import { WRITE_PHASES, type WriteProgress } from '../../../shared/usb'
import { formatBytes, formatTimeLeft } from '../../app/format'
import { useLab } from '../../app/lab'
import { strings } from '../../app/strings'
import { Button } from '../../ui/Button'
import { Icon } from '../../ui/Icon'
import { conditionIn } from './usb'

const { write: text } = strings.usb

export function WritePage(): ReactElement {
  const { usb } = useLab()
  const { progress, remark, stopping, verify } = useStore(usb.store)
  const phases = WRITE_PHASES.filter((phase) => phase !== 'verifying' || verify)
  const at = phases.findIndex((phase) => phase === progress?.phase)
  const percent = percentOf(progress)
  return (
    <>
      <div className="usb-body">
        <ol className="usb-phases" aria-label={text.phases}>
          {phases.map((phase, index) => (
            <li key={phase} className={index < at ? 'usb-phase-past' : ''} aria-current={index === at ? 'step' : undefined}>
              <span className="usb-phase-mark" aria-hidden="true">
                {index < at ? <Icon name="check" size={12} /> : index + 1}
              </span>
              {text.phase[phase]}
              {index < at && <span className="visually-hidden"> {text.done}</span>}
            </li>
          ))}
        </ol>
        <div
          className={`usb-progress ${percent === undefined ? 'usb-progress-unknown' : ''}`}
          role="progressbar"
          aria-label={text.phases}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={percent}
          aria-valuetext={progress && percent !== undefined ? text.progress(text.phase[progress.phase], percent) : undefined}
        >
          <span style={{ width: `${percent ?? 0}%` }} />
        </div>
        <p className="usb-figures">{progress ? figures(progress) : text.starting}</p>
        <p className="visually-hidden" role="status">
          {spoken(progress)}
        </p>
        <p className="usb-soft">{text.keepIn}</p>
        {remark !== undefined && <p className="usb-warning">{remark}</p>}
      </div>
      <footer className="dialog-footer">
        <span className="usb-missing">{text.leaves[conditionIn(progress)]}</span>
        <Button tone="danger" icon="cancel" disabled={stopping} onClick={usb.stop}>
          {stopping ? text.cancelling : text.cancel}
        </Button>
      </footer>
    </>
  )
}

function percentOf(progress: WriteProgress | undefined): number | undefined {
  return progress && progress.total > 0 ? Math.floor((progress.done / progress.total) * 100) : undefined
}

function figures({ phase, done, total, bytesPerSecond, secondsLeft }: WriteProgress): string {
  if (total === 0) return text.phase[phase]
  return [text.percent(Math.floor((done / total) * 100)), text.amount(formatBytes(done), formatBytes(total)), bytesPerSecond !== undefined && text.speed(bytesPerSecond), secondsLeft !== undefined && done < total && text.left(formatTimeLeft(secondsLeft))].filter((part) => part !== false).join(' · ')
}

/** What a screen reader says: each phase, and each tenth of it. */
function spoken(progress: WriteProgress | undefined): string {
  if (!progress) return ''
  const percent = percentOf(progress)
  const name = text.phase[progress.phase]
  return percent === undefined ? name : text.progress(name, Math.floor(percent / 10) * 10)
}
