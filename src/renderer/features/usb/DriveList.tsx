import { useId, type ReactElement } from 'react'
import { useStore } from 'zustand'
import type { JudgedDrive } from '../../../shared/usb'
import { formatBytes } from '../../app/format'
import { useLab } from '../../app/lab'
import { strings } from '../../app/strings'
import { EmptyState } from '../../ui/EmptyState'
import { Icon } from '../../ui/Icon'
import type { UsbState } from './usb'

const { pick: text } = strings.usb

/** The drives as they come and go. Only the person chooses one. */
export function DriveList(): ReactElement {
  const { usb } = useLab()
  const { drives, listFailure, showAll, selected, lost } = useStore(usb.store)
  const possible = drives?.filter(({ verdict }) => verdict !== 'refused') ?? []
  const shown = showAll ? (drives ?? []) : possible
  return (
    <fieldset className="usb-section">
      <legend>{text.drives}</legend>
      <p className="field-hint">{text.drivesHint}</p>
      <div role="status" className="usb-status">
        {lost && (
          <p className="usb-warning">
            <Icon name="warning" /> {sentence(lost)}
          </p>
        )}
      </div>
      {listFailure && (
        <p className="usb-warning" role="alert">
          <Icon name="error" /> {text.unreadable} {listFailure.why ?? listFailure.what}
        </p>
      )}
      {drives === undefined && !listFailure && (
        <p className="usb-note">
          <span className="spinner" aria-hidden="true" /> {text.looking}
        </p>
      )}
      {drives !== undefined && possible.length === 0 && (
        <div className="usb-empty">
          <EmptyState icon="usb" title={text.empty} hint={drives.length === 0 || showAll ? text.emptyHint : `${text.emptyHint} ${text.emptyHidden(drives.length)}`} />
        </div>
      )}
      <ul className="usb-drives">
        {shown.map((drive) => (
          <DriveOption key={drive.path} drive={drive} chosen={drive.path === selected?.path} onChoose={() => usb.select(drive.path)} />
        ))}
      </ul>
      <label className="usb-radio">
        <input type="checkbox" checked={showAll} onChange={(event) => usb.store.setState({ showAll: event.target.checked })} />
        {text.showAll} <span className="usb-soft">{text.showAllHint}</span>
      </label>
    </fieldset>
  )
}

function sentence({ name, how, why }: NonNullable<UsbState['lost']>): string {
  return how === 'refused' ? text.nowRefused(name, why) : text[how](name)
}

function DriveOption({ drive, chosen, onChoose }: { drive: JudgedDrive; chosen: boolean; onChoose(): void }): ReactElement {
  const id = useId()
  const { name, path, bytes, bus, verdict, reasons } = drive
  const refused = verdict === 'refused'
  return (
    <li className={`usb-drive ${chosen ? 'usb-drive-chosen' : ''} ${refused ? 'usb-drive-refused' : ''}`}>
      <label>
        <input type="radio" name="usb-drive" checked={chosen} disabled={refused} aria-describedby={`${id}-more`} onChange={onChoose} />
        <span className="usb-drive-text">
          <span className="usb-drive-head">
            <b>{name}</b>
            <span>{formatBytes(bytes)}</span>
            <span className="tag">{strings.usb.bus[bus]}</span>
            <code>{path}</code>
          </span>
          <span id={`${id}-more`} className="usb-drive-more">
            <span>{describeVolumes(drive)}</span>
            {refused && (
              <span className="usb-refusal">
                <b>{text.refused}</b> {reasons.join(' ')}
              </span>
            )}
            {verdict === 'confirm' && <span className="usb-soft">{text.confirm}</span>}
          </span>
        </span>
      </label>
    </li>
  )
}

function describeVolumes({ volumes }: JudgedDrive): string {
  const names = volumes.map(({ label, fileSystem, path }) => `${label ?? path}${fileSystem === undefined ? '' : ` (${fileSystem})`}`)
  return [strings.usb.volumes(volumes.length, volumes.every(({ kind }) => kind === 'partition')), ...names].join(' · ')
}
