/** What the window is doing, as far as it decides which commands make sense. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Build } from '../features/build/build'
import type { ProjectDoctor } from '../features/doctor/diagnosis'
import type { Documents } from '../features/editor/documents'
import type { Machine } from '../features/machine/machine'
import type { Projects } from '../features/projects/projects'
import type { Dock } from './dock'

export interface CommandContext {
  /** What the lab is has not been heard yet. */
  starting: boolean
  /** The panels are in front: of a project, or of a file that was booted without one. */
  workbench: boolean
  /** A project is in front. */
  project: boolean
  /** The panels are there, behind the welcome page. */
  behind: boolean
  building: boolean
  machine: 'off' | 'starting' | 'on' | 'ended'
  /** It stands between two instructions. */
  paused: boolean
  /** A file is open in the editor. */
  file: boolean
  files: number
  fixes: boolean
  log: boolean
  textScreen: boolean
  panel: boolean
}

interface Sources {
  projects: Projects
  build: Build
  machine: Machine
  documents: Documents
  projectDoctor: ProjectDoctor
  dock: Dock
}

function contextOf({ projects, build, machine, documents, projectDoctor, dock }: Sources): CommandContext {
  const { view, project } = projects.store.getState()
  const { open, active } = documents.store.getState()
  const { status, log } = build.store.getState()
  const { phase, screen, state } = machine.store.getState()
  return {
    starting: view === 'starting',
    workbench: view === 'project',
    project: view === 'project' && project !== undefined,
    behind: view === 'welcome' && (project !== undefined || phase !== 'off'),
    building: status === 'running',
    machine: phase,
    paused: phase === 'on' && state?.paused !== undefined,
    file: active !== undefined,
    files: open.length,
    fixes: projectDoctor.store.getState().diagnosis?.findings.some(({ fix }) => fix !== undefined) ?? false,
    log: !log.empty,
    textScreen: screen?.mode === 'text',
    panel: dock.store.getState().active !== undefined,
  }
}

/** Changes only when something of it does, not with each frame of a screen. */
export function createCommandContext(sources: Sources): StoreApi<CommandContext> {
  const store = createStore<CommandContext>(() => contextOf(sources))
  const check = (): void => {
    const now = contextOf(sources)
    if (JSON.stringify(now) !== JSON.stringify(store.getState())) store.setState(now)
  }
  for (const part of [sources.projects, sources.build, sources.machine, sources.documents, sources.projectDoctor, sources.dock]) part.store.subscribe(check)
  return store
}
