import { useEffect, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { strings } from '../../app/strings'
import { Dialog } from '../../ui/Dialog'
import { CheckPage } from './CheckPage'
import { DonePage } from './DonePage'
import { ErrorPage } from './ErrorPage'
import { OffPage } from './OffPage'
import { PickPage } from './PickPage'
import { RestorePage } from './RestorePage'
import { titleOf } from './title'
import type { UsbPage } from './usb'
import { WritePage } from './WritePage'

const { usb: text } = strings

const PAGES: Readonly<Record<UsbPage, () => ReactElement | null>> = {
  off: OffPage,
  pick: PickPage,
  restore: RestorePage,
  check: CheckPage,
  write: WritePage,
  done: DonePage,
  error: ErrorPage,
}

const STEPS = ['pick', 'check', 'write', 'done'] as const
/** Where pages that are no step stand among them. */
const STEP_OF: Partial<Record<UsbPage, (typeof STEPS)[number]>> = { pick: 'pick', restore: 'pick', check: 'check', write: 'write', error: 'write', done: 'done' }

export function UsbDialog(): ReactElement | null {
  const { usb } = useLab()
  const state = useStore(usb.store)
  const { page } = state
  const writing = page === 'write'
  useEffect(() => {
    if (!writing) return
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault()
    window.addEventListener('beforeunload', ask)
    return () => window.removeEventListener('beforeunload', ask)
  }, [writing])
  if (page === undefined) return null
  const Page = PAGES[page]
  return (
    <Dialog title={titleOf(state)} onClose={usb.close} className="usb" page={page} locked={writing}>
      {page !== 'off' && <Steps current={STEP_OF[page]} />}
      <Page />
    </Dialog>
  )
}

function Steps({ current }: { current: (typeof STEPS)[number] | undefined }): ReactElement {
  const at = STEPS.findIndex((step) => step === current)
  return (
    <ol className="usb-steps" aria-label={text.steps.label}>
      {STEPS.map((step, index) => (
        <li key={step} className={index < at ? 'usb-step-past' : ''} aria-current={step === current ? 'step' : undefined}>
          {text.steps[step]}
        </li>
      ))}
    </ol>
  )
}
