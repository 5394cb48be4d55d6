import { useCallback, useEffect, useState, type ReactElement } from 'react'
import type { DoctorItem } from '../../../shared/contract'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { Icon } from '../../ui/Icon'

const icons = { ok: 'check', missing: 'error', 'optional-missing': 'info', broken: 'error' } as const

export function DoctorDialog({ onClose }: { onClose(): void }): ReactElement {
  const { doctor: text } = useStrings()
  const { connection, attempt } = useLab()
  const [items, setItems] = useState<DoctorItem[]>()
  const check = useCallback(() => attempt(connection.call('doctor.run', {}).then(setItems)), [connection, attempt])
  useEffect(check, [check])
  const again = (): void => {
    setItems(undefined)
    check()
  }
  return (
    <Dialog title={text.title} onClose={onClose} className="doctor">
      {items === undefined ? (
        <p className="dialog-body">{text.checking}</p>
      ) : (
        <ul className="doctor-list" tabIndex={0} aria-label={text.title}>
          {items.map((item) => (
            <li key={item.id} className={`doctor-${item.status}`}>
              <Icon name={icons[item.status]} />
              <div>
                <p>
                  <b>{item.title}</b> <span className="tag">{text.status[item.status]}</span>
                </p>
                <p className="doctor-detail">{item.detail}</p>
                {item.next !== undefined && (
                  <p className="doctor-next">
                    {text.next} {item.next}
                  </p>
                )}
              </div>
            </li>
          ))}
        </ul>
      )}
      <footer className="dialog-footer">
        <Button onClick={again} disabled={items === undefined}>
          {text.again}
        </Button>
      </footer>
    </Dialog>
  )
}
