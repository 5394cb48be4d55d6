/** Dragging files of the tree, and tabs of the editor. */
const FILE = 'application/x-bootlab-file'
const TAB = 'application/x-bootlab-tab'

interface DragLike {
  dataTransfer: DataTransfer
}

export function startDrag({ dataTransfer }: DragLike, path: string): void {
  dataTransfer.setData(FILE, path)
  dataTransfer.effectAllowed = 'copyMove'
}

/** While something hovers, only its kind can be seen. */
export const isFileDrag = ({ dataTransfer }: DragLike): boolean => dataTransfer.types.includes(FILE)

export const draggedFile = ({ dataTransfer }: DragLike): string | undefined => dataTransfer.getData(FILE) || undefined

export function startTabDrag({ dataTransfer }: DragLike, path: string, group: string): void {
  dataTransfer.setData(TAB, `${group}/${path}`)
  dataTransfer.effectAllowed = 'copyMove'
}

export const isTabDrag = ({ dataTransfer }: DragLike): boolean => dataTransfer.types.includes(TAB)

export function draggedTab({ dataTransfer }: DragLike): { group: string; path: string } | undefined {
  const [group, ...path] = dataTransfer.getData(TAB).split('/')
  return group === undefined || path.length === 0 ? undefined : { group, path: path.join('/') }
}
