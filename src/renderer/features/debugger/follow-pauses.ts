/** What comes to the front when the machine pauses: the source line in the editor, and the first time the panels that explain it. */
import type { PanelId } from '../../../shared/panels'
import type { Dock } from '../../app/dock'
import type { Documents } from '../editor/documents'
import type { Debugger } from './debugger'

/** Panels of the same group that show the inside of the machine. */
const LOOKING: ReadonlySet<PanelId> = new Set(['memory', 'tables', 'paging', 'devices', 'trace', 'stack'])

interface Parts {
  debug: Debugger
  dock: Dock
  documents: Documents
  onError(error: unknown): void
}

export function followPauses({ debug, dock, documents, onError }: Parts): void {
  let shown = false
  debug.store.subscribe(({ here }, before) => {
    if (here === before.here || here === undefined) return
    const path = here.source?.path
    const known = path !== undefined && documents.store.getState().files.some((file) => file.path === path)
    if (known && here.source) documents.openFile(path, { line: here.source.line, column: 1, quiet: true }).catch(onError)
    if (shown) return
    shown = true
    // Whoever looks at something there already goes on seeing it.
    dock.reveal('registers', !dock.store.getState().open.some((panel) => LOOKING.has(panel)))
    if (!known) dock.reveal('disassembly')
  })
}
