import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import { FixDialog } from '../features/doctor/FixDialog'
import { Welcome } from '../features/projects/Welcome'
import { UsbDialog } from '../features/usb/UsbDialog'
import { NotificationList } from '../features/notifications/NotificationList'
import { QuestionDialog } from '../ui/QuestionDialog'
import { ConnectionBanner } from './ConnectionBanner'
import { useLab } from './lab'
import { useShortcuts } from './shortcuts'
import { StatusBar } from './StatusBar'
import { strings } from './strings'
import { Toolbar } from './Toolbar'
import { Workbench } from './Workbench'

export function App(): ReactElement {
  const { projects, machine } = useLab()
  useShortcuts()
  const view = useStore(projects.store, (state) => state.view)
  const project = useStore(projects.store, (state) => state.project)
  /** A file that the system opened is booted without a project. */
  const booted = useStore(machine.store, (state) => state.phase !== 'off')
  return (
    <div className="app">
      <Toolbar />
      <ConnectionBanner />
      {view === 'starting' && (
        <main className="starting">
          <span className="spinner" aria-hidden="true" />
          <p>{strings.connection.connecting}</p>
        </main>
      )}
      {view === 'welcome' && <Welcome />}
      {/* Stays mounted behind the welcome page: editor and terminal keep their state. */}
      {(project || booted) && (
        <main className="workbench" hidden={view !== 'project'}>
          <Workbench />
        </main>
      )}
      <StatusBar />
      <NotificationList />
      <FixDialog />
      <UsbDialog />
      <QuestionDialog />
    </div>
  )
}
