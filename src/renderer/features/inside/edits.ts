/** What a person changed in memory by hand, so that it can be taken back. */
import type { Space } from './memory-rows'

export interface Edit {
  readonly space: Space
  readonly address: bigint
  readonly before: Uint8Array
  readonly after: Uint8Array
}

/** Bytes to be written. */
export interface Write {
  readonly space: Space
  readonly address: bigint
  readonly bytes: Uint8Array
}

export interface Edits {
  readonly done: readonly Edit[]
  readonly undone: readonly Edit[]
}

const MOST_EDITS = 500

export const noEdits: Edits = { done: [], undone: [] }

/** A new edit ends what could have been done again. */
export const withEdit = ({ done }: Edits, edit: Edit): Edits => ({ done: [...done, edit].slice(-MOST_EDITS), undone: [] })

interface Step {
  readonly edits: Edits
  readonly write: Write
}

export function undo({ done, undone }: Edits): Step | undefined {
  const edit = done.at(-1)
  return edit && { edits: { done: done.slice(0, -1), undone: [...undone, edit] }, write: { space: edit.space, address: edit.address, bytes: edit.before } }
}

export function redo({ done, undone }: Edits): Step | undefined {
  const edit = undone.at(-1)
  return edit && { edits: { done: [...done, edit], undone: undone.slice(0, -1) }, write: { space: edit.space, address: edit.address, bytes: edit.after } }
}

/** Digits that were typed, as the bytes of a little-endian number of this size. */
export function littleEndian(digits: string, size: number): Uint8Array {
  let value = BigInt(`0x${digits}`)
  return Uint8Array.from({ length: size }, () => {
    const byte = Number(value & 0xffn)
    value >>= 8n
    return byte
  })
}
