/** The guided tour of the first kernel: what each step shows, and when it has been done. */
import { createStore } from 'zustand/vanilla'
import type { Build } from '../build/build'
import type { Machine } from '../machine/machine'
import type { Projects } from '../projects/projects'

/** The template that the tour goes through. */
export const TOUR_TEMPLATE = 'miniboot-c'

/** What the tour watches. */
interface Watched {
  projects: Projects
  build: Build
  machine: Machine
}

interface TourStep {
  /** CSS selector of what the step is about. */
  target: string
  /** What a person does in this step; without it they read, and go on by themselves. */
  done?(lab: Watched): boolean
}

const running = ({ machine }: Watched): boolean => machine.store.getState().phase === 'on'

const steps = {
  template: { target: `[data-template="${TOUR_TEMPLATE}"]`, done: ({ projects }: Watched) => projects.store.getState().view === 'project' },
  specification: { target: '.tabs-list [role="tab"]' },
  entry: { target: '.monaco-editor' },
  boot: { target: '[data-command="machine.boot"]', done: running },
  screen: { target: '.screen-canvas' },
  break: { target: '.monaco-editor', done: ({ build }: Watched) => build.store.getState().status === 'failed' },
  problem: { target: '#panel-problems' },
  fix: { target: '.monaco-editor', done: (lab: Watched) => lab.build.store.getState().status === 'succeeded' && running(lab) },
  pause: { target: '[data-command="debug.pause"], .screen-canvas', done: ({ machine }: Watched) => machine.store.getState().state?.paused !== undefined },
  step: { target: '#panel-registers, #panel-disassembly, .screen-canvas' },
  write: { target: '[data-command="usb.write"]' },
} satisfies Record<string, TourStep>

export type TourStepId = keyof typeof steps
export const tourSteps: Readonly<Record<TourStepId, TourStep>> = steps

const isStep = (id: string): id is TourStepId => Object.hasOwn(steps, id)
export const TOUR: readonly TourStepId[] = Object.keys(steps).filter(isStep)

interface TourView {
  /** Absent: the tour is not on. */
  step: TourStepId | undefined
}

export type Tour = ReturnType<typeof createTour>

export function createTour(lab: Watched) {
  const store = createStore<TourView>(() => ({ step: undefined }))
  let watching: (() => void)[] = []

  function end(): void {
    for (const stop of watching) stop()
    watching = []
    store.setState({ step: undefined })
  }

  /** Begins with the first step, or with the second where a project is open already. */
  function start(): void {
    end()
    store.setState({ step: lab.projects.store.getState().view === 'project' ? 'specification' : 'template' })
    const check = (): void => {
      const { step } = store.getState()
      if (step !== undefined && tourSteps[step].done?.(lab)) go(1)
    }
    watching = [lab.projects.store, lab.build.store, lab.machine.store].map((part) => part.subscribe(check))
  }

  /** @param by 1 for the next step, -1 for the one before; after the last one the tour ends */
  function go(by: number): void {
    const { step } = store.getState()
    if (step === undefined) return
    const at = TOUR.indexOf(step) + by
    if (at >= TOUR.length) end()
    else store.setState({ step: TOUR[Math.max(0, at)] })
  }

  return { store, start, end, go }
}
