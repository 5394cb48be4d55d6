import { useId, useRef, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Icon } from '../../ui/Icon'

/** The project's files, to open another one. A popover of the browser: Escape and a click elsewhere close it. */
export function FileMenu(): ReactElement {
  const { editor: text } = useStrings()
  const { documents, commands, attempt } = useLab()
  const { files, open } = useStore(documents.store)
  const id = useId()
  const popover = useRef<HTMLDivElement>(null)
  return (
    <>
      <button
        type="button"
        className="button button-quiet files-button"
        popoverTarget={id}
        title={text.filesHint}
        onClick={() => attempt(documents.refresh())}
      >
        <Icon name="folder" />
        <span>{text.files}</span>
        <Icon name="chevron" size={12} />
      </button>
      <div ref={popover} id={id} popover="auto" className="menu menu-files" aria-label={text.files}>
        {files
          .filter((file) => file.kind === 'file')
          .map(({ path }) => (
            <button
              key={path}
              type="button"
              className="menu-item"
              onClick={() => {
                popover.current?.hidePopover()
                commands.openFile(path)
              }}
            >
              <Icon name="file" />
              <span>{path}</span>
              {open.includes(path) && <Icon name="check" size={13} />}
            </button>
          ))}
      </div>
    </>
  )
}
