/** What the doctor says about the open project, as it stands in the editor, saved or not; and the changes that mend it. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Diagnosis, Finding } from '../../../shared/diagnosis'
import type { Problem } from '../../../shared/problems'
import { applyTextEdits } from '../../../shared/text-edits'
import type { Connection } from '../../app/connection'
import { currentStrings } from '../../strings'
import { isDirty, type Documents, type DocumentsState } from '../editor/documents'

/** One file's change, to be looked at before it is made. */
export interface Change {
  path: string
  diff: string
  /** The text after the change. */
  text: string
}

export interface DiagnosisState {
  diagnosis: Diagnosis | undefined
  /** Changes that wait for the person's word. */
  preview: { title: string; changes: readonly Change[] } | undefined
}

export interface DiagnosisOptions {
  connection: Connection
  documents: Documents
  onError(error: unknown): void
  /** A change was made in these files: what a build said about them is history. */
  onChanged(paths: readonly string[]): void
  /** A problem's file is another by now, so that its fix would hit other places. */
  onStale(): void
  /** Milliseconds from the opening of a project to its examination. */
  openedDelay?: number | undefined
}

export type ProjectDoctor = ReturnType<typeof createProjectDoctor>

const DELAY_MS = 350
/** A project that opens shows its text first. */
const OPENED_DELAY_MS = 1000
const nothing: DiagnosisState = { diagnosis: undefined, preview: undefined }

export const isFinding = (problem: Problem): problem is Finding => 'why' in problem

export function createProjectDoctor({ connection, documents, onError, onChanged, onStale, openedDelay = OPENED_DELAY_MS }: DiagnosisOptions) {
  const store: StoreApi<DiagnosisState> = createStore<DiagnosisState>(() => nothing)
  let timer: ReturnType<typeof setTimeout> | undefined
  let running: AbortController | undefined
  /** The texts that the diagnosis is about, by path. */
  let diagnosed: DocumentsState['documents'] = {}

  async function examine(): Promise<void> {
    running?.abort()
    const { directory, documents: texts } = documents.store.getState()
    if (directory === undefined) return
    const controller = new AbortController()
    running = controller
    const unsaved = Object.values(texts).filter(isDirty).map(({ path, text }) => ({ path, text }))
    try {
      const diagnosis = await connection.call('doctor.project', { directory, unsaved }, { signal: controller.signal })
      if (running !== controller) return
      diagnosed = texts
      store.setState({ diagnosis: diagnosis ?? undefined })
    } catch (error) {
      if (!controller.signal.aborted) onError(error)
    }
  }

  function examineSoon(delay = DELAY_MS): void {
    clearTimeout(timer)
    timer = setTimeout(() => void examine(), delay)
  }

  documents.store.subscribe((state, previous) => {
    if (state.directory !== previous.directory) {
      running?.abort()
      clearTimeout(timer)
      store.setState(nothing)
      if (state.directory !== undefined) examineSoon(openedDelay)
    } else if (state.documents !== previous.documents && changedTexts(state.documents, previous.documents)) examineSoon()
  })

  /** The text of a file as it stands now; opens it in a tab. */
  async function textOf(path: string): Promise<string | undefined> {
    if (documents.store.getState().documents[path] === undefined) await documents.openFile(path)
    return documents.store.getState().documents[path]?.text
  }

  /** Shows what mends one problem. */
  async function previewFix(problem: Problem): Promise<void> {
    const { fix } = problem
    if (fix === undefined) return
    const paths = [...new Set(fix.edits.map(({ file }) => file))]
    const changes: Change[] = []
    for (const path of paths) {
      // One after the other: each may open a tab.
      // eslint-disable-next-line no-await-in-loop
      const text = await textOf(path)
      if (text === undefined) continue
      const edits = fix.edits.filter(({ file }) => file === path)
      changes.push({ path, text: applyTextEdits(text, edits), diff: isFinding(problem) && problem.diff !== undefined ? problem.diff : describeEdits(path, text, edits) })
    }
    if (!isCurrent(problem)) onStale()
    else store.setState({ preview: { title: fix.title, changes } })
  }

  /** Shows what mends everything that can be mended. */
  function previewAll(): void {
    const { diagnosis } = store.getState()
    if (diagnosis !== undefined && diagnosis.repairs.length > 0) store.setState({ preview: { title: currentStrings().fixes.all, changes: diagnosis.repairs } })
  }

  /** Texts that were typed on since the doctor saw them: places in them are others by now. */
  function isStale(paths: readonly string[]): boolean {
    const now = documents.store.getState().documents
    return paths.some((path) => diagnosed[path] !== undefined && now[path] !== undefined && diagnosed[path].text !== now[path].text)
  }

  /** Whether the places of a problem's fix are still right: what a compiler says is about the saved text, what the doctor says about the typed one. */
  function isCurrent(problem: Problem): boolean {
    const paths = (problem.fix?.edits ?? []).map(({ file }) => file)
    const now = documents.store.getState().documents
    return isFinding(problem) ? !isStale(paths) : paths.every((path) => !isDirty(now[path]))
  }

  /** Makes the changes in the editor; saving them is the person's, or the next build's. */
  async function apply(): Promise<void> {
    const { preview } = store.getState()
    if (preview === undefined) return
    store.setState({ preview: undefined })
    if (isStale(preview.changes.map(({ path }) => path))) return onStale()
    for (const { path, text } of preview.changes) {
      // eslint-disable-next-line no-await-in-loop
      if ((await textOf(path)) !== undefined) documents.edit(path, text)
    }
    onChanged(preview.changes.map(({ path }) => path))
  }

  const dismiss = (): void => store.setState({ preview: undefined })

  return { store, examine, isCurrent, previewFix, previewAll, apply, dismiss }
}

function changedTexts(now: DocumentsState['documents'], before: DocumentsState['documents']): boolean {
  return Object.values(now).some(({ path, text }) => before[path]?.text !== text) || Object.keys(before).some((path) => now[path] === undefined)
}

/** The lines that a compiler's suggestion changes, before and after. */
function describeEdits(path: string, text: string, edits: NonNullable<Problem['fix']>['edits']): string {
  const first = Math.min(...edits.map(({ range }) => range.line))
  const last = Math.max(...edits.map(({ range }) => range.endLine))
  const before = text.split('\n').slice(first - 1, last)
  const after = applyTextEdits(text, edits).split('\n').slice(first - 1)
  const kept = text.split('\n').length - last
  const changed = after.slice(0, Math.max(0, after.length - kept))
  return [`--- a/${path}`, `+++ b/${path}`, `@@ -${first},${before.length} +${first},${changed.length} @@`, ...before.map((line) => `-${line}`), ...changed.map((line) => `+${line}`), ''].join('\n')
}
