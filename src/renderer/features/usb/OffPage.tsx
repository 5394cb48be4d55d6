import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { strings } from '../../app/strings'
import { Button } from '../../ui/Button'
import { CopyButton } from './CopyButton'
import { SaveImage } from './SaveImage'

const { off: text } = strings.usb

/** Why nothing can be written from here, and what can be done instead. */
export function OffPage(): ReactElement {
  const { usb } = useLab()
  const directory = useStore(usb.store, (state) => state.directory)
  return (
    <>
      <div className="usb-body">
        <p>{text.body}</p>
        <p className="usb-space">{text.allow}</p>
        <Command line={text.allowCommand} />
        <p className="usb-space">{text.terminal}</p>
        <Command line={text.terminalCommand(/\s/.test(directory) ? `"${directory}"` : directory)} />
        <p className="field-hint">{text.terminalHint}</p>
        <SaveImage />
      </div>
      <footer className="dialog-footer">
        <Button tone="primary" onClick={usb.close}>
          {strings.usb.close}
        </Button>
      </footer>
    </>
  )
}

function Command({ line }: { line: string }): ReactElement {
  return (
    <p className="usb-command">
      <code>{line}</code>
      <CopyButton value={line} label={strings.build.copy} short />
    </p>
  )
}
