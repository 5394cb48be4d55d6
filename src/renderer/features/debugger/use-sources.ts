/** Lines of the project's source, for showing beside what they became. */
import { useEffect, useMemo, useState } from 'react'
import { useStore } from 'zustand'
import { toFailure } from '../../../shared/failure'
import { useLab } from '../../app/lab'

type Texts = Readonly<Record<string, readonly string[]>>

/** Codes of files that cannot be shown as text, and of questions that nobody waits for any more. */
const UNREADABLE: ReadonlySet<string> = new Set(['not-found', 'bad-input', 'cancelled', 'disconnected'])

/** @param paths files of the project. @returns the text of a line, as far as it is known by now */
export function useSources(paths: readonly string[]): (path: string, line: number) => string | undefined {
  const { documents, connection, notifications } = useLab()
  const directory = useStore(documents.store, (state) => state.directory)
  const files = useStore(documents.store, (state) => state.files)
  const open = useStore(documents.store, (state) => state.documents)
  const [read, setRead] = useState<{ directory: string | undefined; texts: Texts }>({ directory: undefined, texts: {} })
  const known = useMemo(() => (read.directory === directory ? read.texts : {}), [read, directory])
  const missing = paths.filter((path) => open[path] === undefined && known[path] === undefined && files.some((file) => file.path === path)).join('\n')

  useEffect(() => {
    if (directory === undefined || missing === '') return undefined
    const controller = new AbortController()
    const asked = missing.split('\n').map(async (path): Promise<[string, string[]]> => {
      try {
        const { text } = await connection.call('projects.readFile', { directory, path }, { signal: controller.signal })
        return [path, text.split('\n')]
      } catch (error) {
        // A file that is no text, or gone: the code is shown without it.
        if (!UNREADABLE.has(toFailure(error).code)) notifications.report(error)
        return [path, []]
      }
    })
    void Promise.all(asked).then((found) => {
      if (!controller.signal.aborted) setRead((old) => ({ directory, texts: { ...(old.directory === directory ? old.texts : {}), ...Object.fromEntries(found) } }))
    })
    return () => controller.abort()
  }, [connection, notifications, directory, missing])

  return useMemo(() => {
    // The compiler saw what was stored.
    const lines: Record<string, readonly string[]> = { ...known }
    for (const { path, text, savedText } of Object.values(open)) if (paths.includes(path)) lines[path] = (savedText ?? text).split('\n')
    return (path, line) => lines[path]?.[line - 1]
    // oxlint-disable-next-line react/exhaustive-deps
  }, [known, open, paths.join('\n')])
}
