/** The editor's tabs, and the questions about unsaved text. */
import { plural } from './format'

export const editor = {
  editor: {
    tabs: 'Open files',
    close: (path: string) => `Close ${path}`,
    unsaved: 'unsaved',
    empty: 'No file is open.',
    emptyHint: 'Choose one in Files, or by its name with Go to file.',
    loading: 'Loading the editor…',
    editorLabel: (path: string) => `Editor: ${path}`,
    entry: 'entry code',
    target: 'target specification',
    manifest: 'manifest',
    restored: (count: number) => `Restored unsaved text in ${plural(count, 'file', 'files')}`,
    restoredHint: 'Nothing was lost. Save the files, or build to save everything.',
  },

  closeDialog: {
    title: (path: string) => `Save ${path}?`,
    body: 'The file has changes that are not saved.',
    save: 'Save',
    discard: 'Discard changes',
  },

  conflictDialog: {
    title: (path: string) => `${path} changed on disk`,
    body: 'Another program saved this file after you opened it here. Both texts are intact until you choose.',
    overwrite: 'Keep mine, overwrite the file',
    reload: 'Take the file from disk',
  },
}
