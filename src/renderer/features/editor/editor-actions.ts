/** Actions of the editor that the lab's commands run. The editor of the focused group puts itself here. */
interface Target {
  focus(): void
  trigger(source: string, action: string, payload: unknown): void
}
let target: Target | undefined

export const setEditorTarget = (editor: Target): void => void (target = editor)

/** An editor goes; another may have taken its place already. */
export const releaseEditorTarget = (editor: Target): void => {
  if (target === editor) target = undefined
}

/** Runs one of Monaco's actions, by its name, in the editor. */
export function runEditorAction(action: string): void {
  target?.focus()
  target?.trigger('bootlab', action, undefined)
}
