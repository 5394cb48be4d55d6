/** A modal dialog over the browser's own `dialog`: it keeps the focus inside, and Escape closes it. */
import { useEffect, useRef, type ReactElement, type ReactNode } from 'react'
import { useStrings } from '../strings'
import { Button } from './Button'

interface Props {
  title: string
  onClose(): void
  className?: string
  children: ReactNode
}

export function Dialog({ title, onClose, className = '', children }: Props): ReactElement {
  const { dialog: text } = useStrings()
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const element = dialog.current
    element?.showModal()
    // Else the browser takes the first thing, which is the button that closes.
    element?.querySelector<HTMLElement>('input, .button-primary')?.focus()
    return () => element?.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      className={`dialog ${className}`}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
    >
      <header className="dialog-header">
        <h2>{title}</h2>
        <Button tone="quiet" icon="cancel" aria-label={text.close} onClick={onClose} />
      </header>
      {children}
    </dialog>
  )
}
