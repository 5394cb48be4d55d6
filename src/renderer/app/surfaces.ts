/** What can stand over the window, one at a time: the palette in its modes, pages, dialogs. */
import { createStore, type StoreApi } from 'zustand/vanilla'

export const PICKERS = ['commands', 'files', 'themes', 'languages', 'speeds'] as const
export type PickerMode = (typeof PICKERS)[number]

export type Surface = PickerMode | 'settings' | 'shortcuts' | 'toolchain' | 'notifications' | 'open-project' | 'machine-settings' | 'boot-file' | 'save-state' | 'load-state' | 'file-language'

export interface Surfaces {
  readonly store: StoreApi<{ open: Surface | undefined }>
  /** Takes the place of another. */
  show(surface: Surface): void
  close(): void
}

export function createSurfaces(): Surfaces {
  const store = createStore<{ open: Surface | undefined }>(() => ({ open: undefined }))
  return { store, show: (open) => store.setState({ open }), close: () => store.setState({ open: undefined }) }
}
