/** Which project is open, which others there are, and what a new one can start from. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { AppInfo, CallArgs, ImportPlan, JsonSchemaEntry, ProjectInfo, RecentProject, Template } from '../../../shared/contract'
import type { Connection } from '../../app/connection'

export interface ProjectsState {
  /** `welcome` shows the choice of projects, also over an open one. */
  view: 'starting' | 'welcome' | 'project'
  info: AppInfo | undefined
  project: ProjectInfo | undefined
  templates: readonly Template[]
  recent: readonly RecentProject[]
  schemas: readonly JsonSchemaEntry[]
  /** A folder without manifest that was to be opened: what it could be imported as. */
  importing: ImportPlan | undefined
}

export type Projects = ReturnType<typeof createProjects>

export function createProjects(connection: Connection) {
  const store: StoreApi<ProjectsState> = createStore<ProjectsState>(() => ({
    view: 'starting',
    info: undefined,
    project: undefined,
    templates: [],
    recent: [],
    schemas: [],
    importing: undefined,
  }))

  async function load(): Promise<void> {
    const [info, templates, recent] = await Promise.all([connection.call('app.info', {}), connection.call('templates.list', {}), connection.call('projects.recent', {})])
    store.setState({ info, templates, recent })
  }

  /** What JSON files are checked against; a start does not wait for it. */
  async function loadSchemas(): Promise<void> {
    store.setState({ schemas: await connection.call('projects.schemas', {}) })
  }

  async function refreshRecent(): Promise<void> {
    store.setState({ recent: await connection.call('projects.recent', {}) })
  }

  const create = (args: CallArgs['projects.create']): Promise<ProjectInfo> => connection.call('projects.create', args)
  const open = (directory: string): Promise<ProjectInfo> => connection.call('projects.open', { directory })

  /** For a folder that could not be opened: offers to import it. @throws the opening's error when it is nothing to import */
  async function offerImport(directory: string, reason: unknown): Promise<void> {
    // Why it cannot be imported adds nothing to why it cannot be opened.
    const plan = await connection.call('projects.planImport', { directory }).catch(() => undefined)
    if (plan === undefined) throw reason
    store.setState({ importing: plan, view: 'welcome' })
  }

  const dropImport = (): void => store.setState({ importing: undefined })
  const importFolder = (directory: string): Promise<ProjectInfo> => connection.call('projects.import', { directory })

  async function forget(directory: string): Promise<void> {
    await connection.call('projects.forget', { directory })
    await refreshRecent()
  }

  return { store, load, loadSchemas, refreshRecent, create, open, offerImport, dropImport, importFolder, forget }
}

/** Path of a folder inside another, with the separators of the lab's host. */
export function joinPath(platform: string, parent: string, name: string): string {
  const separator = platform === 'win32' ? '\\' : '/'
  return parent.endsWith(separator) ? parent + name : parent + separator + name
}

/** `name`, or `name-2`, `name-3`, … so that the folder is not one of those known. */
export function proposeName(platform: string, parent: string, name: string, known: readonly string[]): string {
  let candidate = name
  for (let number = 2; known.includes(joinPath(platform, parent, candidate)); number++) candidate = `${name}-${number}`
  return candidate
}
