/** Actions of the editor that the lab's commands run. The editor puts itself here while it exists. */
let target: { focus(): void; trigger(source: string, action: string, payload: unknown): void } | undefined

export const setEditorTarget = (editor: typeof target): void => void (target = editor)

/** Runs one of Monaco's actions, by its name, in the editor. */
export function runEditorAction(action: string): void {
  target?.focus()
  target?.trigger('bootlab', action, undefined)
}
