import { useId, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { strings } from '../../app/strings'
import { Button } from '../../ui/Button'
import { DriveList } from './DriveList'
import { ImageChoice } from './ImageChoice'

const { pick: text } = strings.usb

export function PickPage(): ReactElement {
  const { usb } = useLab()
  const { image, selected } = useStore(usb.store)
  const why = useId()
  const missing = image.status !== 'ready' ? text.nextNeedsImage : selected === undefined ? text.nextNeedsDrive : undefined
  return (
    <>
      <div className="usb-body">
        <ImageChoice />
        <DriveList />
      </div>
      <footer className="dialog-footer">
        <Button tone="quiet" className="usb-aside" onClick={() => usb.toPick('restore')}>
          {text.restore}
        </Button>
        {missing !== undefined && (
          <span className="usb-missing" id={why}>
            {missing}
          </span>
        )}
        <Button tone="primary" disabled={missing !== undefined} aria-describedby={missing === undefined ? undefined : why} onClick={usb.check}>
          {text.next}
        </Button>
      </footer>
    </>
  )
}
