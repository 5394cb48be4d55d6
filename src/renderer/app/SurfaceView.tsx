import { lazy, Suspense, type ComponentType, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { CommandPicker, FilePicker, LanguagePicker, SpeedPicker, ThemePicker } from '../features/palette/pickers'
import { useLab } from './lab'
import type { Surface } from './surfaces'

interface Props {
  onClose(): void
}

/** What stands over the window, by name. Each is loaded when it is first asked for; but a palette is typed into at once, and letters must not go elsewhere. */
const views: Readonly<Record<Surface, ComponentType<Props>>> = {
  commands: CommandPicker,
  files: FilePicker,
  themes: ThemePicker,
  languages: LanguagePicker,
  speeds: SpeedPicker,
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
