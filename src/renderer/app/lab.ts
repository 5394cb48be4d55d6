/** The window's parts, wired together, and what a person can do that involves more than one of them. */
import { createContext, useContext } from 'react'
import type { ProjectInfo } from '../../shared/contract'
import type { BootPause } from '../../shared/run-state'
import type { ImageSource } from '../../shared/usb'
import { createBuild } from '../features/build/build'
import { createDebugger } from '../features/debugger/debugger'
import { followPauses } from '../features/debugger/follow-pauses'
import { placeAtCursor } from '../features/debugger/cursor-place'
import { createProjectDoctor } from '../features/doctor/diagnosis'
import { useCursorStore } from '../features/editor/cursor'
import { createDocuments, isDirty, type ConflictChoice } from '../features/editor/documents'
import { createHelp } from '../features/help/help'
import { createTour } from '../features/help/tour'
import { createInside } from '../features/inside/inside'
import { createTrace } from '../features/inside/trace'
import { watchDisk } from '../features/editor/disk-watch'
import { groupIds, groupOf, storeGroups } from '../features/editor/groups'
import { createFiles } from '../features/files/files'
import { createFileLanguages } from '../features/editor/file-language'
import { createFormatting } from '../features/editor/formatting'
import { createSearch } from '../features/search/search'
import { createImageExplorer } from '../features/image/explorer'
import { createLanguages } from '../features/languages/languages'
import { createMachine } from '../features/machine/machine'
import { hearSpeaker } from '../features/machine/speaker'
import { bootArguments } from '../features/machine/machine-settings'
import { createProjects } from '../features/projects/projects'
import { createUsb } from '../features/usb/usb'
import { createConnection } from './connection'
import { currentStrings } from '../strings'
import { screenText } from '../../shared/screen-text'
import { drawAttention } from './attention'
import { createCommandContext } from './context'
import { createDialogs } from './dialogs'
import { createDock } from './dock'
import { createNotifications } from './notifications'
import { createSettings } from './settings'
import { createSurfaces } from './surfaces'
import type { OpenPort } from './transport'
import { createUiMemory, rememberFor } from './ui-state'

export interface LabOptions {
  openPort: OpenPort
  /** Outlives the page and the window. */
  localStorage: Storage
  /** Outlives a reload of the page. */
  sessionStorage: Storage
  /** Milliseconds from a project's opening to what is looked at beside it: the doctor, the language servers. */
  openedDelay?: number | undefined
}

/** So long after a boot what was built is looked at anew. */
const BOOTED_MS = 500

export type Lab = ReturnType<typeof createLab>

export function createLab({ openPort, localStorage, sessionStorage, openedDelay }: LabOptions) {
  const connection = createConnection(openPort)
  const notifications = createNotifications()
  const dialogs = createDialogs()
  const { report } = notifications
  /** Runs work whose failure the person should read about. */
  const attempt = (work: Promise<unknown>): void => void work.catch(report)
  const ui = createUiMemory(connection, report)
  const settings = createSettings(ui)
  const surfaces = createSurfaces()
  const help = createHelp()
  const dock = createDock(ui)
  const projects = createProjects(connection)
  const build = createBuild(connection)
  const trace = createTrace({ connection, dock, onError: report })
  const machine = createMachine({ connection, onError: report, storage: sessionStorage, bootArguments: (source) => bootArguments(ui, source), logAtStart: trace.wanted })
  trace.follow(machine)
  const tour = createTour({ projects, build, machine })
  const debug = createDebugger({ connection, machine, ui, settings, onError: report })
  const inside = createInside({ connection, machine, dock, trace, onError: report })
  const documents = createDocuments({ connection, onError: report, storage: localStorage, resolveConflict: askAboutConflict, beforeSave: (path) => formatting.beforeSave(path) })
  const fileLanguages = createFileLanguages(ui, documents)
  const formatting = createFormatting({ connection, documents, fileLanguages, settings, notifications })
  const languages = createLanguages({ connection, documents, settings, onError: report, openedDelay })
  const projectDoctor = createProjectDoctor({
    connection,
    documents,
    onError: report,
    openedDelay,
    onChanged: build.forget,
    onStale: () => notifications.info(currentStrings().fixes.stale, currentStrings().fixes.staleHint),
  })

  watchDisk({ connection, documents, onError: report })
  const files = createFiles({ connection, documents, dialogs, attempt })
  const search = createSearch({ connection, documents, onError: report })
  const usb = createUsb({ connection, ui, saveAll: documents.saveAll, onError: report })
  followPauses({ debug, dock, documents, onError: report })
  drawAttention({ build, machine, dock, settings })
  hearSpeaker({ machine, settings })
  const context = createCommandContext({ projects, build, machine, documents, projectDoctor, dock })
  /** The file that was booted last, when it is no project's. */
  let image: string | undefined
  const explorer = createImageExplorer({ connection, projects, build, current: imageNow, onError: report })

  function imageNow(): ImageSource | undefined {
    const directory = projects.store.getState().project?.directory
    return image !== undefined ? { type: 'file', path: image } : directory === undefined ? undefined : { type: 'project', directory }
  }

  function askAboutConflict(path: string): Promise<ConflictChoice> {
    const { title, body, overwrite, reload } = currentStrings().conflictDialog
    return dialogs.ask({
      title: title(path),
      body,
      choices: [
        { id: 'overwrite', label: overwrite, tone: 'primary' },
        { id: 'reload', label: reload },
      ],
    })
  }

  connection.onConnected((first) => attempt((first ? start() : pickUp()).then(hearOpened)))

  /** Until the connection drops: the next one listens anew. */
  const hearOpened = (): Promise<null> => connection.listen('app.opened', {}, ({ kind, path }) => attempt(kind === 'project' ? openProject(path) : openImage(path)))

  /** The project of last time goes first; what the welcome page shows, and the rest, is asked for after it. */
  async function start(): Promise<void> {
    await ui.load()
    settings.load()
    const last = ui.get('project.last')
    const [shown] = await Promise.all([typeof last === 'string' && showLast(last), projects.load(), machine.loadFont()])
    if (shown) machine.resume()
    else projects.store.setState({ view: 'welcome' })
    await projects.loadSchemas()
  }

  /** @returns whether it could be opened. That its folder is gone needs no words: the list of projects shows it. */
  async function showLast(directory: string): Promise<boolean> {
    try {
      await showProject(await projects.open(directory))
      return true
    } catch (error) {
      await projects.refreshRecent()
      if (projects.store.getState().recent.find((project) => project.directory === directory)?.present) report(error)
      return false
    }
  }

  /** After a dropped connection: the texts go over, and the machine is looked for. */
  async function pickUp(): Promise<void> {
    // The first connection may have dropped before everything was there.
    if (projects.store.getState().view === 'starting') return start()
    notifications.info(currentStrings().connection.restored)
    machine.resume()
    await documents.flushDrafts()
    await documents.refresh()
  }

  async function showProject(project: ProjectInfo): Promise<void> {
    const { directory, entry, open, problems } = project
    const remembered = ui.get('tabs')?.[directory]
    const restored = await documents.openProject(directory, remembered?.open ?? open, remembered?.active ?? entry, remembered?.groups)
    build.clear(problems)
    dock.openProject(directory)
    debug.open(directory)
    projects.store.setState({ project, view: 'project' })
    image = undefined
    ui.set('project.last', directory)
    const { editor } = currentStrings()
    if (restored.length > 0) notifications.info(editor.restored(restored.length), editor.restoredHint)
    await projects.refreshRecent()
  }

  /** Opens a project; a folder that is none yet is offered to be imported. */
  async function openProject(directory: string): Promise<void> {
    let project: ProjectInfo
    try {
      project = await projects.open(directory)
    } catch (error) {
      return projects.offerImport(directory, error)
    }
    machine.clear()
    await showProject(project)
  }

  /** Boots a file that belongs to no project. */
  async function openImage(path: string): Promise<void> {
    projects.store.setState({ view: 'project' })
    image = path
    debug.open(path)
    await machine.boot({ type: 'file', path })
  }

  async function importProject(directory: string): Promise<void> {
    const project = await projects.importFolder(directory)
    machine.clear()
    await showProject(project)
  }

  async function createProject(template: string, directory: string, name: string): Promise<void> {
    const project = await projects.create({ template, directory, name })
    machine.clear()
    await showProject(project)
  }

  /** @param group in which its tab is closed; in all of them when absent */
  async function closeFile(path: string, group?: string): Promise<void> {
    if (documents.isLastTab(path, group) && isDirty(documents.store.getState().documents[path])) {
      const { title, body, save, discard } = currentStrings().closeDialog
      const choice = await dialogs.ask({
        title: title(path),
        body,
        choices: [
          { id: 'save', label: save, tone: 'primary' },
          { id: 'discard', label: discard, tone: 'danger' },
        ],
      })
      if (choice === undefined || (choice === 'save' && !(await documents.save(path)))) return
    }
    await documents.closeFile(path, group)
  }

  documents.store.subscribe((state, previous) => {
    const { directory, open, active, groups } = state
    if (directory === undefined || groups === previous.groups) return
    const split = groupIds(groups).length > 1
    ui.set('tabs', rememberFor(ui.get('tabs'), directory, { open: [...open], ...(active === undefined ? {} : { active }), ...(split ? { groups: storeGroups(groups) } : {}) }))
  })

  /** @param next what follows a build that succeeded; a person waits for it, and nothing else goes before */
  async function runBuild(next?: () => Promise<void>): Promise<void> {
    const { directory } = documents.store.getState()
    if (directory === undefined || !(await documents.saveAll())) return
    const result = await build.run(directory)
    if (!result?.ok) return
    try {
      await next?.()
    } finally {
      // A machine that starts has the computer for itself.
      setTimeout(() => attempt(refreshProject(directory)), next ? BOOTED_MS : 0)
    }
  }

  /** A build reads the manifest anew: its name, target and entry may be others by now. */
  async function refreshProject(directory: string): Promise<void> {
    const project = await projects.open(directory)
    if (projects.store.getState().project?.directory === directory) projects.store.setState({ project })
  }

  async function bootProject(pauseAt?: BootPause): Promise<void> {
    const { directory } = documents.store.getState()
    image = undefined
    if (directory === undefined) return
    debug.open(directory)
    await machine.boot({ type: 'project', directory }, pauseAt)
  }

  /** The machine goes on from a file: with what was booted last, and in the place of a machine that runs. */
  async function loadState(path: string): Promise<void> {
    const { directory } = documents.store.getState()
    if (image !== undefined) await machine.loadState({ type: 'file', path: image }, path)
    else if (directory !== undefined) await machine.loadState({ type: 'project', directory }, path)
  }

  const bootAgain = (): Promise<void> => (image === undefined ? bootProject() : machine.boot({ type: 'file', path: image }))

  /** By the system's dialog where there is one; else the person types a path. */
  async function openFolder(): Promise<void> {
    if (!projects.store.getState().info?.canPickDirectory) return surfaces.show('open-project')
    const directory = await connection.call('app.pickDirectory', { title: currentStrings().openDialog.pick })
    if (directory !== null) await openProject(directory)
  }

  async function copyLog(): Promise<void> {
    await navigator.clipboard.writeText(build.store.getState().log.text())
  }

  async function copyScreen(): Promise<void> {
    const { screen } = machine.store.getState()
    if (screen) await navigator.clipboard.writeText(screenText(screen))
  }

  const commands = {
    save: () => {
      const { active } = documents.store.getState()
      if (active !== undefined) attempt(documents.save(active))
    },
    saveAll: () => attempt(documents.saveAll()),
    formatFile: () => {
      const { active } = documents.store.getState()
      if (active !== undefined) attempt(formatting.format(active))
    },
    /** @param step 1 for the next tab, -1 for the one before */
    activateFile: (step: number) => {
      const { groups, active } = documents.store.getState()
      const { open } = groupOf(groups, groups.focused)
      const next = open[(open.indexOf(active ?? '') + step + open.length) % open.length]
      if (next !== undefined) documents.activate(next)
    },
    closeActiveFile: () => {
      const { active, groups } = documents.store.getState()
      if (active !== undefined) attempt(closeFile(active, groups.focused))
    },
    /** Files that another program made meanwhile shall be found, too. */
    pickFile: () => {
      surfaces.show('files')
      attempt(documents.refresh())
    },
    openFolder: () => attempt(openFolder()),
    copyLog,
    copyScreen,
    build: () => attempt(runBuild()),
    cancelBuild: () => build.cancel(),
    /** @param pauseAt where the machine pauses, the first time it comes there */
    boot: (pauseAt?: BootPause) => attempt(runBuild(() => bootProject(pauseAt))),
    stop: () => {
      build.cancel()
      attempt(machine.stop())
    },
    /** The reset button; on a machine that ended, another power-on of the same image. */
    reset: () => attempt(machine.store.getState().machine === undefined ? bootAgain() : machine.reset()),
    bootAtFault: () => {
      debug.pauseAtFault()
      attempt(bootAgain())
    },
    runToCursor: () => {
      const place = placeAtCursor(documents)
      if (place) debug.runTo(place)
    },
    toggleBreakpoint: () => {
      const place = placeAtCursor(documents)
      if (place && 'file' in place) debug.toggleLine(place.file, place.line)
      else if (place && 'address' in place) debug.toggleAddress(place.address)
    },
    bootAgain: () => attempt(bootAgain()),
    writeToUsb: () => {
      const { project, info } = projects.store.getState()
      if (info) usb.open({ directory: project?.directory, canFlash: info.canFlash, file: image })
    },
    exploreImage: () => {
      explorer.showCurrent()
      dock.focus('image')
    },
    showLineInImage: async () => {
      const { active } = documents.store.getState()
      const line = useCursorStore.getState().cursor?.line
      if (active === undefined || line === undefined) return
      dock.reveal('image')
      await explorer.showLine(active, line)
    },
    openFile: (path: string, at?: { line: number; column: number }) => {
      dock.reveal('editor')
      attempt(documents.openFile(path, at).then(documents.takeKeyboard))
    },
    openBeside: (path: string) => attempt(documents.openFile(path, undefined, { side: 'right' }).then(documents.takeKeyboard)),
    splitEditor: (side: 'right' | 'below') => {
      dock.reveal('editor')
      documents.split(side)
      documents.takeKeyboard()
    },
    /** @param index from 0, in reading order; beyond the last, a new group is made */
    focusGroup: (index: number) => {
      const { groups } = documents.store.getState()
      const ids = groupIds(groups)
      const group = ids[index]
      dock.reveal('editor')
      if (group !== undefined) documents.focus(group)
      else if (index === ids.length) documents.split('right', ids.at(-1))
      documents.takeKeyboard()
    },
    /** Makes something new in the file tree, where its name is typed. */
    newInTree: (kind: 'file' | 'folder') => {
      dock.reveal('files')
      files.startNew(kind)
    },
    searchIn: (folder: string) => {
      search.setQuery({ include: folder })
      dock.focus('search')
    },
    closeFile: (path: string, group?: string) => attempt(closeFile(path, group)),
    openProject: (directory: string) => attempt(openProject(directory)),
    showWelcome: () => {
      projects.store.setState({ view: 'welcome' })
      attempt(projects.refreshRecent())
    },
    hideWelcome: () => {
      if (context.getState().behind) projects.store.setState({ view: 'project' })
    },
  }

  /** The person comes back to the window, maybe from another editor. */
  const comeBack = (): void => attempt(documents.refresh())

  /** The page is about to go. */
  function leave(): void {
    documents.strand()
    ui.flush()
  }

  return {
    connection,
    notifications,
    dialogs,
    surfaces,
    help,
    tour,
    settings,
    dock,
    ui,
    projects,
    build,
    machine,
    debug,
    documents,
    projectDoctor,
    fileLanguages,
    files,
    search,
    languages,
    usb,
    inside,
    explorer,
    context,
    commands,
    createProject,
    openProject,
    openImage,
    loadState,
    /** The file that is booted instead of a project. */
    bootedFile: () => image,
    importProject,
    attempt,
    comeBack,
    leave,
  }
}

export const LabContext = createContext<Lab | undefined>(undefined)

export function useLab(): Lab {
  const lab = useContext(LabContext)
  if (!lab) throw new Error('useLab needs a LabContext around it.')
  return lab
}
