/** Formatting files, when asked and at saving. */
import { isFormattedLanguage } from '../../../shared/formatting'
import type { Connection } from '../../app/connection'
import type { Notifications } from '../../app/notifications'
import type { Settings } from '../../app/settings'
import { currentStrings } from '../../strings'
import type { Documents } from './documents'
import type { FileLanguages } from './file-language'

interface Options {
  connection: Connection
  documents: Documents
  fileLanguages: FileLanguages
  settings: Settings
  notifications: Notifications
}

export function createFormatting({ connection, documents, fileLanguages, settings, notifications }: Options) {
  /** @returns false for a language that nothing formats */
  async function formatted(path: string): Promise<boolean> {
    const { directory, documents: texts } = documents.store.getState()
    const language = fileLanguages.of(path)
    const before = texts[path]?.text
    if (directory === undefined || before === undefined || !isFormattedLanguage(language)) return false
    const { text } = await connection.call('files.format', { directory, path, language, text: before })
    const { formatting } = currentStrings()
    if (documents.store.getState().documents[path]?.text === before) documents.edit(path, text)
    else notifications.info(formatting.stale, formatting.staleHint)
    return true
  }

  async function format(path: string): Promise<void> {
    const { formatting } = currentStrings()
    if (!(await formatted(path))) notifications.info(formatting.none, formatting.noneHint)
  }

  /** A formatter that is missing, or does not understand the text, keeps nobody from saving. */
  function beforeSave(path: string): Promise<void> | undefined {
    if (!settings.store.getState().editorFormatOnSave) return undefined
    return formatted(path).then(() => undefined, notifications.report)
  }

  return { format, beforeSave }
}
