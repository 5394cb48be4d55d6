import type { ReactElement, ReactNode } from 'react'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'

/** An address of code, which the disassembly shows. */
export function CodeLink({ address, children }: { address: string; children: ReactNode }): ReactElement {
  const { debug, dock } = useLab()
  const { control: text } = useStrings()
  return (
    <button
      type="button"
      className="link mono"
      title={text.showCode}
      onClick={() => {
        debug.showCode(address)
        dock.reveal('disassembly')
      }}
    >
      {children}
    </button>
  )
}
