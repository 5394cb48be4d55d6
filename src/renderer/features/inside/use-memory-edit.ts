/** Changes of memory by hand: written at once, and taken back one by one while the machine stands. */
import { useState } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { toBase64 } from '../machine/base64'
import { hex } from './address'
import { noEdits, redo, undo, withEdit, type Edit, type Edits, type Write } from './edits'

export interface MemoryEditor {
  readonly canUndo: boolean
  readonly canRedo: boolean
  write(edit: Edit): void
  undo(): void
  redo(): void
}

/** @param onWritten memory is another now */
export function useMemoryEdit(onWritten: () => void): MemoryEditor {
  const { machine: owner, connection, attempt } = useLab()
  const machine = useStore(owner.store, (view) => view.machine)
  const pause = useStore(owner.store, (view) => view.state?.paused)
  const [held, setHeld] = useState<{ edits: Edits; machine: string | undefined; pause: unknown }>()
  // Of an earlier pause: what the guest has done since would be overwritten with what was there long ago.
  const edits = held?.machine === machine && held?.pause === pause ? (held?.edits ?? noEdits) : noEdits

  async function apply({ space, address, bytes }: Write, next: Edits): Promise<void> {
    if (machine === undefined) return
    await connection.call('debug.setMemory', { machine, space, address: hex(address), data: toBase64(bytes) })
    setHeld({ edits: next, machine, pause })
    onWritten()
  }

  const step = (of: typeof undo): void => {
    const found = of(edits)
    if (found) attempt(apply(found.write, found.edits))
  }

  return {
    canUndo: edits.done.length > 0,
    canRedo: edits.undone.length > 0,
    write: (edit) => attempt(apply({ space: edit.space, address: edit.address, bytes: edit.after }, withEdit(edits, edit))),
    undo: () => step(undo),
    redo: () => step(redo),
  }
}
