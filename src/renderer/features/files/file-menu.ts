/** What can be done with a file or folder of the tree, or with the project where nothing was clicked. */
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import type { MenuItem } from '../../ui/ContextMenu'

export function useFileMenu(path: string | undefined, folder: boolean): MenuItem[] {
  const { files: text } = useStrings()
  const { files, commands, attempt } = useLab()
  const making: MenuItem[] = [
    { id: 'new-file', label: `${text.newFile}…`, first: path !== undefined && !folder, run: () => files.startNew('file', path ?? '') },
    { id: 'new-folder', label: `${text.newFolder}…`, run: () => files.startNew('folder', path ?? '') },
  ]
  if (path === undefined) return making
  const opening: MenuItem[] = folder
    ? []
    : [
        { id: 'open', label: text.open, keys: 'Enter', run: () => commands.openFile(path) },
        { id: 'beside', label: text.openBeside, run: () => commands.openBeside(path) },
      ]
  const searching: MenuItem[] = folder ? [{ id: 'search', label: text.search, first: true, run: () => commands.searchIn(path) }] : []
  return [
    ...opening,
    ...making,
    ...searching,
    { id: 'copy', label: text.copyPath, first: true, run: () => attempt(files.copyPath(path, true)) },
    { id: 'copy-relative', label: text.copyRelativePath, run: () => attempt(files.copyPath(path, false)) },
    { id: 'reveal', label: text.reveal, run: () => attempt(files.showInFileManager(path)) },
    { id: 'rename', label: text.rename, keys: 'F2', first: true, run: () => files.startRename(path) },
    { id: 'delete', label: text.delete, keys: 'Del', run: () => attempt(files.remove(path)) },
  ]
}
