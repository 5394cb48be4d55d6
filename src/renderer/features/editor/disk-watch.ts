/** Keeps the texts in step with the disk: looks at the project whenever its services tell of changes. */
import { toFailure } from '../../../shared/failure'
import type { Connection } from '../../app/connection'
import type { Documents } from './documents'

interface Options {
  connection: Connection
  documents: Documents
  onError(error: unknown): void
}

/** Listens from now on, to whichever project is open. After a dropped connection it listens anew. */
export function watchDisk({ connection, documents, onError }: Options): void {
  let watched: string | undefined
  let controller = new AbortController()

  function follow(): void {
    controller.abort()
    controller = new AbortController()
    watched = documents.store.getState().directory
    if (watched === undefined) return
    const heard = connection.listen('projects.changes', { directory: watched }, () => void documents.refresh().catch(quietly), { signal: controller.signal })
    heard.catch(quietly)
  }

  /** A project that was closed, and a connection that dropped, are no news here. */
  const quietly = (error: unknown): void => {
    if (!['cancelled', 'disconnected'].includes(toFailure(error).code)) onError(error)
  }

  documents.store.subscribe(({ directory }) => {
    if (directory !== watched) follow()
  })
  connection.onConnected((first) => {
    if (!first) follow()
  })
}
