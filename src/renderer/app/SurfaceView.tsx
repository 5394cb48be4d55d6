import { lazy, Suspense, type ComponentType, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from './lab'
import type { Surface } from './surfaces'

interface Props {
  onClose(): void
}

const loadPickers = () => import('../features/palette/pickers')

/** What stands over the window, by name. Each is loaded when it is first asked for. */
const views: Readonly<Record<Surface, ComponentType<Props>>> = {
  commands: lazy(() => loadPickers().then((module) => ({ default: module.CommandPicker }))),
  files: lazy(() => loadPickers().then((module) => ({ default: module.FilePicker }))),
  themes: lazy(() => loadPickers().then((module) => ({ default: module.ThemePicker }))),
  languages: lazy(() => loadPickers().then((module) => ({ default: module.LanguagePicker }))),
  speeds: lazy(() => loadPickers().then((module) => ({ default: module.SpeedPicker }))),
  'file-language': lazy(() => import('../features/editor/FileLanguagePicker').then((module) => ({ default: module.FileLanguagePicker }))),
  settings: lazy(() => import('../features/settings/SettingsDialog').then((module) => ({ default: module.SettingsDialog }))),
  shortcuts: lazy(() => import('../features/settings/ShortcutsDialog').then((module) => ({ default: module.ShortcutsDialog }))),
  toolchain: lazy(() => import('../features/doctor/DoctorDialog').then((module) => ({ default: module.DoctorDialog }))),
  notifications: lazy(() => import('../features/notifications/NotificationCentre').then((module) => ({ default: module.NotificationCentre }))),
  'machine-settings': lazy(() => import('../features/machine/MachineSettingsDialog').then((module) => ({ default: module.MachineSettingsDialog }))),
  'boot-file': lazy(() => import('../features/machine/BootFileDialog').then((module) => ({ default: module.BootFileDialog }))),
  'open-project': lazy(() => import('../features/projects/OpenDialog').then((module) => ({ default: module.OpenDialog }))),
}

export function SurfaceView(): ReactElement | null {
  const { surfaces } = useLab()
  const open = useStore(surfaces.store, (state) => state.open)
  if (open === undefined) return null
  const View = views[open]
  return (
    <Suspense>
      <View key={open} onClose={surfaces.close} />
    </Suspense>
  )
}
