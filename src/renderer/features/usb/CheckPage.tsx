import { useId, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { allVolumes } from '../../../shared/drives'
import type { JudgedDrive } from '../../../shared/usb'
import { formatBytes, formatDay } from '../../app/format'
import { useLab } from '../../app/lab'
import { strings } from '../../app/strings'
import { Button } from '../../ui/Button'
import { Icon } from '../../ui/Icon'
import { Remarks } from './ImageSummary'
import { LayoutPicture } from './LayoutPicture'
import { partsAfter, partsBefore, partsRestored } from './picture'
import { mayStart } from './usb'

const { check: text } = strings.usb

/** What will be lost, and the person's word for it. */
export function CheckPage(): ReactElement | null {
  const { usb, attempt } = useLab()
  const state = useStore(usb.store)
  const { selected: drive, task, image, typedName, verify, fileSystem, label } = state
  if (!drive) return null
  const restoring = task === 'restore'
  const after = restoring ? partsRestored(fileSystem, label, drive.bytes) : image.status === 'ready' ? partsAfter(image.facts.layout, drive.bytes) : []
  const size = formatBytes(drive.bytes)

  // No form: Enter in a field must not erase anything.
  return (
    <div className="usb-form">
      <div className="usb-body">
        <Lost drive={drive} />
        <section aria-label={text.picture} className="usb-pictures">
          <LayoutPicture title={text.before} parts={partsBefore(drive)} />
          <LayoutPicture title={text.after} parts={after} />
        </section>
        {!restoring && image.status === 'ready' && <Remarks facts={image.facts} />}
        {drive.verdict === 'confirm' && <Confirmation drive={drive} typed={typedName} onType={(value) => usb.store.setState({ typedName: value })} />}
        <label className="usb-radio">
          <input type="checkbox" checked={verify} onChange={(event) => usb.setVerify(event.target.checked)} />
          <span>
            {text.verify} <span className="usb-hint">{text.verifyHint}</span>
          </span>
        </label>
      </div>
      <footer className="dialog-footer">
        <Button tone="quiet" className="usb-aside" onClick={() => usb.toPick(task)}>
          {strings.usb.back}
        </Button>
        <Button tone="danger" disabled={!mayStart(state)} onClick={() => attempt(usb.start())}>
          {restoring ? text.restore(drive.name, size) : text.write(drive.name, size)}
        </Button>
      </footer>
    </div>
  )
}

function Lost({ drive }: { drive: JudgedDrive }): ReactElement {
  const volumes = allVolumes(drive)
  const open = volumes.some(({ mountPoints }) => mountPoints.length > 0)
  const { columns } = text
  return (
    <section className="usb-lost" aria-label={text.erased}>
      <h3>{text.erased}</h3>
      <p>{text.everything(drive.name, formatBytes(drive.bytes), drive.path)}</p>
      {volumes.length === 0 ? (
        <p>{text.nothingKnown}</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">{columns.volume}</th>
              <th scope="col">{columns.fileSystem}</th>
              <th scope="col">{columns.size}</th>
              <th scope="col">{columns.used}</th>
              <th scope="col">{columns.changed}</th>
              <th scope="col">{columns.open}</th>
            </tr>
          </thead>
          <tbody>
            {volumes.map(({ path, label, fileSystem, bytes, usedBytes, lastUsed, mountPoints }) => (
              <tr key={path}>
                <th scope="row">{strings.usb.volume(label, path)}</th>
                <td>{fileSystem ?? text.unknown}</td>
                <td>{formatBytes(bytes)}</td>
                <td>{usedBytes === undefined ? text.unknown : formatBytes(usedBytes)}</td>
                <td>{lastUsed === undefined ? text.unknown : formatDay(lastUsed)}</td>
                <td>{mountPoints.length === 0 ? text.notOpen : mountPoints.join(', ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {open && <p className="usb-soft">{text.willClose}</p>}
    </section>
  )
}

/** For a drive that may be none that is meant: its reasons, and its name typed. */
function Confirmation({ drive: { name, reasons }, typed, onType }: { drive: JudgedDrive; typed: string; onType(value: string): void }): ReactElement {
  const id = useId()
  const right = typed.trim() === name.trim()
  return (
    <section className="usb-confirm" aria-labelledby={`${id}-head`}>
      <h3 id={`${id}-head`}>
        <Icon name="warning" /> {text.reasons}
      </h3>
      <ul>
        {reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
      <p id={`${id}-ask`}>
        {text.typeName} <code>{name}</code>
      </p>
      <input value={typed} onChange={(event) => onType(event.target.value)} aria-label={text.typeNameLabel} aria-describedby={`${id}-ask ${id}-state`} aria-invalid={typed !== '' && !right} spellCheck={false} autoComplete="off" />
      <p id={`${id}-state`} className="field-hint">
        {typed !== '' && !right ? text.wrongName : ' '}
      </p>
    </section>
  )
}
