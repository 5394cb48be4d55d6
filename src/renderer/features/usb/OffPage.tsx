import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { CopyButton } from './CopyButton'
import { SaveImage } from './SaveImage'

/** Why nothing can be written from here, and what can be done instead. */
export function OffPage(): ReactElement {
  const { usb } = useLab()
  const { off: text, close } = useStrings().usb
  const directory = useStore(usb.store, (state) => state.directory)
  const source = directory ?? text.image
  return (
    <>
      <div className="usb-body">
        <p>{text.body}</p>
        <p className="usb-space">{text.allow}</p>
        <Command line={text.allowCommand} />
        <p className="usb-space">{text.terminal}</p>
        <Command line={text.terminalCommand(/\s/.test(source) ? `"${source}"` : source)} />
        <p className="field-hint">{text.terminalHint}</p>
        <SaveImage />
      </div>
      <footer className="dialog-footer">
        <Button tone="primary" onClick={usb.close}>
          {close}
        </Button>
      </footer>
    </>
  )
}

function Command({ line }: { line: string }): ReactElement {
  const { off: text } = useStrings().usb
  return (
    <p className="usb-command">
      <code>{line}</code>
      <CopyButton value={line} label={text.copyCommand} short />
    </p>
  )
}
