import { useId, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { RESTORE_FILE_SYSTEMS } from '../../../shared/usb'
import { useLab } from '../../app/lab'
import { strings } from '../../app/strings'
import { Button } from '../../ui/Button'
import { Field } from '../../ui/Field'
import { DriveList } from './DriveList'

const { restore: text, pick } = strings.usb

/** What the file systems take (Microsoft's FAT specification, 7.1), and no lower case, which FAT has no room for. */
const tidy = (label: string): string => label.toUpperCase().replaceAll(/[^A-Z0-9 _-]/g, '').slice(0, 11)

export function RestorePage(): ReactElement {
  const { usb } = useLab()
  const { fileSystem, label, selected } = useStore(usb.store)
  const why = useId()
  return (
    <>
      <div className="usb-body">
        <p>{text.body}</p>
        <DriveList />
        <fieldset className="usb-section">
          <legend>{text.fileSystem}</legend>
          {RESTORE_FILE_SYSTEMS.map((each) => (
            <label key={each} className="usb-radio">
              <input type="radio" name="usb-file-system" checked={fileSystem === each} onChange={() => usb.store.setState({ fileSystem: each })} />
              {text.systems[each]}
            </label>
          ))}
          <Field label={text.label} value={label} onChange={(value) => usb.store.setState({ label: tidy(value) })} hint={text.labelHint} maxLength={11} />
        </fieldset>
      </div>
      <footer className="dialog-footer">
        <Button tone="quiet" className="usb-aside" onClick={() => usb.toPick('write')}>
          {text.write}
        </Button>
        {!selected && (
          <span className="usb-missing" id={why}>
            {pick.nextNeedsDrive}
          </span>
        )}
        <Button tone="primary" disabled={!selected} aria-describedby={selected ? undefined : why} onClick={usb.check}>
          {pick.next}
        </Button>
      </footer>
    </>
  )
}
