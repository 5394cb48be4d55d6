/** What the person points at with the keyboard: an instruction of the disassembly that has the focus, or the line of the editor's cursor. */
import type { Place } from '../../../shared/debug'
import { useCursorStore } from '../editor/cursor'
import type { Documents } from '../editor/documents'

/** Attribute of rows that stand for an instruction. */
export const CODE_ADDRESS = 'data-code-address'

const focusedAddress = (): string | null | undefined => (typeof document === 'undefined' ? undefined : document.activeElement?.closest(`[${CODE_ADDRESS}]`)?.getAttribute(CODE_ADDRESS))

/** What a step is: whoever is in the disassembly means instructions. */
export const stepUnit = (): 'instruction' | 'line' => (typeof focusedAddress() === 'string' ? 'instruction' : 'line')

export function placeAtCursor(documents: Documents): Place | undefined {
  const address = focusedAddress()
  if (typeof address === 'string') return { address }
  const { active } = documents.store.getState()
  const { cursor } = useCursorStore.getState()
  return active === undefined || cursor === undefined ? undefined : { file: active, line: cursor.line }
}
