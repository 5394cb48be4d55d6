import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import type { Problem } from '../../../shared/problems'
import type { ExamineEvent, ImageFacts } from '../../../shared/usb'
import { formatBytes } from '../../app/format'
import { useLab } from '../../app/lab'
import { usePanes } from '../../app/panes'
import { strings } from '../../app/strings'
import { Button } from '../../ui/Button'
import { FailureText } from '../../ui/FailureText'
import { Icon } from '../../ui/Icon'
import { CopyButton } from './CopyButton'

const { pick: text } = strings.usb

/** What is known of the image that was chosen, or why nothing is. */
export function ImageSummary(): ReactElement {
  const { usb } = useLab()
  const image = useStore(usb.store, (state) => state.image)
  switch (image.status) {
    case 'none':
      return <p className="usb-note">{text.none}</p>
    case 'examining':
      return <Examining progress={image.progress} />
    case 'ready':
      return <Facts facts={image.facts} />
    case 'not-built':
      return <NotBuilt problems={image.problems} />
    case 'failed':
      return (
        <div className="usb-failure">
          <FailureText failure={image.failure} />
          <Button onClick={() => void usb.examine()}>{text.again}</Button>
        </div>
      )
  }
}

function Examining({ progress }: { progress: ExamineEvent | undefined }): ReactElement {
  const words = progress?.phase !== 'reading' ? text.building : progress.total > 0 ? text.readingOf(formatBytes(progress.done), formatBytes(progress.total)) : text.reading
  return (
    <p className="usb-note">
      <span className="spinner" aria-hidden="true" /> {words}
    </p>
  )
}

export function Facts({ facts }: { facts: ImageFacts }): ReactElement {
  return (
    <>
      <dl className="usb-facts">
        <dt>{text.name}</dt>
        <dd title={facts.path}>{facts.name}</dd>
        <dt>{text.size}</dt>
        <dd>{text.sizeText(facts.bytes)}</dd>
        {facts.packed !== undefined && (
          <>
            <dt>{text.packed}</dt>
            <dd>{text.packedText(facts.packed)}</dd>
          </>
        )}
        <dt>{text.sha256}</dt>
        <dd className="usb-sha">
          <code>{facts.sha256}</code>
          <CopyButton value={facts.sha256} label={text.copySha} short />
        </dd>
      </dl>
      <Remarks facts={facts} />
    </>
  )
}

export function Remarks({ facts: { remarks } }: { facts: ImageFacts }): ReactElement {
  return (
    <>
      {remarks.map((remark) => (
        <p key={remark} className="usb-warning">
          <Icon name="warning" /> <b>{text.remark}</b> {remark}
        </p>
      ))}
    </>
  )
}

const MAX_SHOWN = 3

function NotBuilt({ problems }: { problems: readonly Problem[] }): ReactElement {
  const { usb, commands } = useLab()
  const showLeft = usePanes((state) => state.showLeft)
  const errors = problems.filter(({ severity }) => severity === 'error')
  function show(): void {
    usb.close()
    commands.build()
    showLeft('problems')
  }
  return (
    <div className="usb-failure" role="alert">
      <p>
        <Icon name="error" /> <b>{text.notBuilt}</b>
      </p>
      <p>{text.notBuiltHint}</p>
      <ul>
        {errors.slice(0, MAX_SHOWN).map(({ file, line, column, message }) => (
          <li key={`${file}:${line}:${column}:${message}`}>
            {file !== undefined && <code>{[file, line, column].filter((part) => part !== undefined).join(':')}</code>} {message}
          </li>
        ))}
        {errors.length > MAX_SHOWN && <li>{text.moreProblems(errors.length - MAX_SHOWN)}</li>}
      </ul>
      <div className="usb-buttons">
        <Button onClick={show}>{text.showProblems}</Button>
        <Button onClick={() => void usb.examine()}>{text.again}</Button>
      </div>
    </div>
  )
}
