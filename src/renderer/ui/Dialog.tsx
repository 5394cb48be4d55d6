/** A modal dialog over the browser's own `dialog`: it keeps the focus inside, and Escape closes it. */
import { useEffect, useRef, type KeyboardEvent, type ReactElement, type ReactNode } from 'react'
import { strings } from '../app/strings'
import { Button } from './Button'

interface Props {
  title: string
  onClose(): void
  className?: string
  /** Of a dialog of several pages, which one is shown: its heading takes the focus, so that a screen reader begins there. */
  page?: string
  /** It cannot be closed now. */
  locked?: boolean
  children: ReactNode
}

export function Dialog({ title, onClose, className = '', page, locked = false, children }: Props): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    const element = dialog.current
    element?.showModal()
    // Else the browser takes the first thing, which is the button that closes.
    element?.querySelector<HTMLElement>('input, .button-primary')?.focus()
    return () => element?.close()
  }, [])
  useEffect(() => {
    if (page !== undefined) heading.current?.focus()
  }, [page])
  // The browser closes at the second Escape without asking, unless it never hears of it.
  const onKeyDown = (event: KeyboardEvent): void => {
    if (locked && event.key === 'Escape') event.preventDefault()
  }
  return (
    <dialog
      ref={dialog}
      className={`dialog ${className}`}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault()
        if (!locked) onClose()
      }}
      onKeyDown={onKeyDown}
    >
      <header className="dialog-header">
        <h2 ref={heading} tabIndex={page === undefined ? undefined : -1}>
          {title}
        </h2>
        {!locked && <Button tone="quiet" icon="cancel" aria-label={strings.dialog.close} onClick={onClose} />}
      </header>
      {children}
    </dialog>
  )
}
