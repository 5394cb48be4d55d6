import { lazy, Suspense, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { FixDialog } from '../features/doctor/FixDialog'
import { Welcome } from '../features/projects/Welcome'
import { NotificationList } from '../features/notifications/NotificationList'
import { useStrings } from '../strings'
import { QuestionDialog } from '../ui/QuestionDialog'
import { ConnectionBanner } from './ConnectionBanner'
import { useLab } from './lab'
import { useShortcuts } from './shortcuts'
import { StatusBar } from './StatusBar'
import { SurfaceView } from './SurfaceView'
import { Toolbar } from './Toolbar'

/**
 * Side by side with what the lab tells of itself: most starts show the last project at once, and from the welcome page the next step is one. The
 * editor is by far the larger part, and would else be asked for only when the panels are there.
 */
const workbench = import('./Workbench')
void import('../features/editor/MonacoEditor')
const Workbench = lazy(() => workbench.then((module) => ({ default: module.Workbench })))

const UsbDialog = lazy(() => import('../features/usb/UsbDialog').then((module) => ({ default: module.UsbDialog })))

const TourCard = lazy(() => import('../features/help/TourCard'))

export function App(): ReactElement {
  const { projects, machine, usb, tour } = useLab()
  const { connection, panels } = useStrings()
  useShortcuts()
  const view = useStore(projects.store, (state) => state.view)
  const project = useStore(projects.store, (state) => state.project)
  const writing = useStore(usb.store, (state) => state.page !== undefined)
  const step = useStore(tour.store, (state) => state.step)
  /** A file that the system opened is booted without a project. */
  const booted = useStore(machine.store, (state) => state.phase !== 'off')
  return (
    <div className="app">
      <Toolbar />
      <ConnectionBanner />
      {view === 'starting' && (
        <main className="starting">
          <span className="spinner" aria-hidden="true" />
          <p>{connection.connecting}</p>
        </main>
      )}
      {view === 'welcome' && <Welcome />}
      {/* Stays mounted behind the welcome page: editor and terminal keep their state. */}
      {(project || booted) && (
        <main className="workbench" aria-label={panels.label} hidden={view !== 'project'}>
          <Suspense>
            <Workbench />
          </Suspense>
        </main>
      )}
      <StatusBar />
      <NotificationList />
      <SurfaceView />
      <FixDialog />
      {writing && (
        <Suspense>
          <UsbDialog />
        </Suspense>
      )}
      {step && (
        <Suspense>
          <TourCard step={step} />
        </Suspense>
      )}
      <QuestionDialog />
    </div>
  )
}
