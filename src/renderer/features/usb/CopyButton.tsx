import { useState, type ReactElement } from 'react'
import { useLab } from '../../app/lab'
import { strings } from '../../app/strings'
import { Button } from '../../ui/Button'

const SHOWN_MS = 2000

/** Puts a text on the clipboard, and says that it did. */
export function CopyButton({ value, label, short = false }: { value: string; label: string; short?: boolean }): ReactElement {
  const { attempt } = useLab()
  const [copied, setCopied] = useState(false)
  const name = copied ? strings.usb.error.copied : label
  const copy = (): void =>
    attempt(
      navigator.clipboard.writeText(value).then(() => {
        setCopied(true)
        setTimeout(() => setCopied(false), SHOWN_MS)
      }),
    )
  return (
    <Button tone="quiet" icon={copied ? 'check' : 'copy'} title={label} aria-label={name} onClick={copy}>
      {short ? undefined : name}
    </Button>
  )
}
