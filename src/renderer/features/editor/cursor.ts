/** Where the editor's cursor is, for the status bar. Lines and columns count from 1. */
import { create } from 'zustand'

export interface Cursor {
  line: number
  column: number
}

export const useCursorStore = create<{ cursor: Cursor | undefined }>()(() => ({ cursor: undefined }))

export const useCursor = (): Cursor | undefined => useCursorStore((state) => state.cursor)
