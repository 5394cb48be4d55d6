/** Writing to a drive, page by page: what was chosen, what is being done, how it ended. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import { toFailure, type Failure } from '../../../shared/failure'
import type { Problem } from '../../../shared/problems'
import type { DriveCondition, DrivesEvent, ExamineEvent, ImageFacts, ImageSource, JudgedDrive, RestoreEnd, RestoreFileSystem, WriteEnd, WriteProgress } from '../../../shared/usb'
import type { Connection } from '../../app/connection'
import type { UiMemory } from '../../app/ui-state'

export type UsbPage = 'off' | 'pick' | 'restore' | 'check' | 'write' | 'done' | 'error'

export type ImageState =
  | { status: 'none' }
  | { status: 'examining'; progress?: ExamineEvent }
  | { status: 'ready'; facts: ImageFacts }
  | { status: 'not-built'; problems: readonly Problem[] }
  | { status: 'failed'; failure: Failure }

export type Done = Extract<WriteEnd, { ok: true }> | Extract<RestoreEnd, { ok: true }>

export interface UsbState {
  /** Absent: the dialog is closed. */
  page: UsbPage | undefined
  task: 'write' | 'restore'
  /** Of the open project, if there is one. */
  directory: string | undefined
  from: ImageSource['type']
  /** Path of the image file, as typed. */
  file: string
  image: ImageState
  /** Absent until the first look. */
  drives: readonly JudgedDrive[] | undefined
  listFailure: Failure | undefined
  showAll: boolean
  /** As it was seen last. */
  selected: JudgedDrive | undefined
  /** What happened to the drive that was chosen. */
  lost: { name: string; how: 'gone' | 'changed' | 'refused'; why: string } | undefined
  typedName: string
  verify: boolean
  fileSystem: RestoreFileSystem
  label: string
  progress: WriteProgress | undefined
  /** Of the writing process, for the person. */
  remark: string | undefined
  stopping: boolean
  done: Done | undefined
  failed: { failure: Failure; condition: DriveCondition } | undefined
}

export interface UsbOptions {
  connection: Connection
  ui: UiMemory
  /** Saves the editor's texts, so that the image is made of what the person sees; false when that failed. */
  saveAll(): Promise<boolean>
  onError(error: unknown): void
}

const closed: UsbState = {
  page: undefined,
  task: 'write',
  directory: undefined,
  from: 'project',
  file: '',
  image: { status: 'none' },
  drives: undefined,
  listFailure: undefined,
  showAll: false,
  selected: undefined,
  lost: undefined,
  typedName: '',
  verify: true,
  fileSystem: 'auto',
  label: '',
  progress: undefined,
  remark: undefined,
  stopping: false,
  done: undefined,
  failed: undefined,
}

/** Pages that show the list of drives, or depend on it. */
const WATCHING: ReadonlySet<UsbPage> = new Set(['pick', 'restore', 'check'])

export type Usb = ReturnType<typeof createUsb>

export function createUsb({ connection, ui, saveAll, onError }: UsbOptions) {
  const store: StoreApi<UsbState> = createStore<UsbState>(() => closed)
  const { getState: state, setState: set } = store
  let watching: AbortController | undefined
  let examining: AbortController | undefined
  let job: string | undefined

  function source(): ImageSource {
    const { from, directory, file } = state()
    return from === 'project' && directory !== undefined ? { type: 'project', directory } : { type: 'file', path: file }
  }

  /** @param known the list is shown until the new one comes */
  function watch(known = false): void {
    watching?.abort()
    const controller = new AbortController()
    watching = controller
    const { task, image } = state()
    const args = task === 'write' && image.status === 'ready' ? { neededBytes: Math.max(1, image.facts.bytes), source: source() } : { neededBytes: 1 }
    if (!known) set({ drives: undefined, listFailure: undefined })
    connection.listen('drives.watch', args, see, { signal: controller.signal }).catch((error: unknown) => {
      if (!controller.signal.aborted) set({ listFailure: toFailure(error) })
    })
  }

  function unwatch(): void {
    watching?.abort()
    watching = undefined
  }

  function see(event: DrivesEvent): void {
    if (event.type === 'failure') return set({ listFailure: event.failure })
    const { drives } = event
    set({ drives, listFailure: undefined })
    const { selected } = state()
    if (!selected) return
    const now = drives.find(({ path }) => path === selected.path)
    if (!now) lose('gone')
    else if (now.identity !== selected.identity) lose('changed')
    else if (now.verdict === 'refused') lose('refused', now.reasons.join(' '))
    else set({ selected: now })
  }

  /** The drive is not chosen any more, and no other one is in its place: that is the person's to do. */
  function lose(how: NonNullable<UsbState['lost']>['how'], why = ''): void {
    const { selected, task } = state()
    if (selected) set({ selected: undefined, typedName: '', lost: { name: selected.name, how, why }, page: task === 'restore' ? 'restore' : 'pick' })
  }

  async function examine(): Promise<void> {
    examining?.abort()
    const controller = new AbortController()
    examining = controller
    const { from, file } = state()
    if (from === 'file' && file.trim() === '') return set({ image: { status: 'none' } })
    set({ image: { status: 'examining' } })
    try {
      if (from === 'project' && !(await saveAll())) return set({ image: { status: 'none' } })
      const end = await connection.listen('images.examine', { source: source() }, (progress) => set({ image: { status: 'examining', progress } }), { signal: controller.signal })
      if (examining !== controller) return
      set({ image: end.type === 'image' ? { status: 'ready', facts: end.image } : { status: 'not-built', problems: end.problems } })
      if (end.type === 'image' && from === 'file') ui.set('usb.file', file)
      // What is too small now is refused.
      if (end.type === 'image' && state().page === 'pick') watch(true)
    } catch (error) {
      if (!controller.signal.aborted) set({ image: { status: 'failed', failure: toFailure(error) } })
    }
  }

  /**
   * @param directory of the project whose image is meant at first; without one it is an image file's
   * @param file proposed when the image is a file's; the last one when absent
   */
  function open({ directory, canFlash, file }: { directory?: string | undefined; canFlash: boolean; file?: string | undefined }): void {
    if (state().page !== undefined) return
    set({ ...closed, directory, from: directory === undefined ? 'file' : 'project', page: canFlash ? 'pick' : 'off', verify: ui.get('usb.verify') ?? true, file: file ?? ui.get('usb.file') ?? '' })
    if (canFlash) watch()
    // Where writing is off, a project's image can still be saved.
    if (canFlash || directory !== undefined) void examine()
  }

  function close(): void {
    if (state().page === 'write') return
    unwatch()
    examining?.abort()
    set(closed)
  }

  function chooseFrom(from: ImageSource['type'], file = state().file): void {
    set({ from, file, image: { status: 'none' } })
    void examine()
  }

  function select(path: string): void {
    const selected = state().drives?.find((drive) => drive.path === path)
    if (selected && selected.verdict !== 'refused') set({ selected, lost: undefined, typedName: '' })
  }

  function check(): void {
    const { selected, image, task } = state()
    if (selected && (task === 'restore' || image.status === 'ready')) set({ page: 'check', typedName: '' })
  }

  /** To the page where drives are chosen. */
  function toPick(task: UsbState['task']): void {
    const other = task !== state().task
    set({ task, page: task === 'restore' ? 'restore' : 'pick', typedName: '', done: undefined, failed: undefined, ...(other && { lost: undefined }) })
    watch()
    if (task === 'write' && state().image.status === 'none') void examine()
  }

  async function start(): Promise<void> {
    const { selected, task, typedName, verify, fileSystem, label } = state()
    if (!selected || !mayStart(state())) return
    unwatch()
    job = crypto.randomUUID()
    const chosen = { job, drive: selected.path, identity: selected.identity, verify, ...(selected.verdict === 'confirm' && { typedName }) }
    set({ page: 'write', progress: undefined, remark: undefined, stopping: false, done: undefined, failed: undefined, lost: undefined })
    const onProgress = (progress: WriteProgress): void => set({ progress, ...(progress.remark !== undefined && { remark: progress.remark }) })
    try {
      const end = await (task === 'write' ? connection.listen('drives.write', { ...chosen, source: source() }, onProgress) : connection.listen('drives.restore', { ...chosen, fileSystem, label }, onProgress))
      if (end.ok) set({ page: 'done', done: end })
      else set({ page: 'error', failed: end })
    } catch (error) {
      // The lab is gone, and its writing process with it.
      set({ page: 'error', failed: { failure: toFailure(error), condition: conditionIn(state().progress) } })
    } finally {
      job = undefined
    }
  }

  function stop(): void {
    if (job === undefined || state().stopping) return
    set({ stopping: true })
    connection.call('drives.stop', { job }).catch(onError)
  }

  /** The same drive, if it is still that one: the first list that comes decides. */
  function tryAgain(): void {
    set({ failed: undefined, typedName: '', page: 'check' })
    watch()
  }

  function another(): void {
    set({ selected: undefined, lost: undefined })
    toPick(state().task)
  }

  function setVerify(verify: boolean): void {
    set({ verify })
    ui.set('usb.verify', verify)
  }

  connection.onConnected(() => {
    const { page } = state()
    if (page !== undefined && WATCHING.has(page)) watch()
  })

  return { store, open, close, examine, chooseFrom, select, check, toPick, start, stop, tryAgain, another, setVerify, source }
}

/** Whether the person has agreed to what will be done, and everything for it is known. */
export function mayStart({ selected, drives, typedName, task, image }: UsbState): boolean {
  if (!selected || drives === undefined || (task === 'write' && image.status !== 'ready')) return false
  return selected.verdict === 'allowed' || (selected.verdict === 'confirm' && typedName.trim() === selected.name.trim())
}

/** What a drive is like when writing is broken off at this point. */
export function conditionIn(progress: WriteProgress | undefined): 'unchanged' | 'blank' | 'unverified' {
  if (!progress || progress.phase === 'checking' || progress.phase === 'unmounting') return 'unchanged'
  return progress.phase === 'verifying' || progress.phase === 'finishing' ? 'unverified' : 'blank'
}
