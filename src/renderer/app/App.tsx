import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import { FixDialog } from '../features/doctor/FixDialog'
import { Welcome } from '../features/projects/Welcome'
import { NotificationList } from '../features/notifications/NotificationList'
import { useStrings } from '../strings'
import { onDemand } from '../ui/on-demand'
import { QuestionDialog } from '../ui/QuestionDialog'
import { ConnectionBanner } from './ConnectionBanner'
import { useLab } from './lab'
import { useShortcuts } from './shortcuts'
import { StatusBar } from './StatusBar'
import { SurfaceView } from './SurfaceView'
import { Toolbar } from './Toolbar'

export const Workbench = onDemand(() => import('./Workbench').then((module) => module.Workbench))
const UsbDialog = onDemand(() => import('../features/usb/UsbDialog').then((module) => module.UsbDialog))
const TourCard = onDemand(() => import('../features/help/TourCard').then((module) => module.TourCard))

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
          <Workbench />
        </main>
      )}
      <StatusBar />
      <NotificationList />
      <SurfaceView />
      <FixDialog />
      {writing && <UsbDialog />}
      {step && <TourCard step={step} />}
      <QuestionDialog />
    </div>
  )
}
