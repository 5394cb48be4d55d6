import type { ComponentType, ReactElement } from 'react'
import { useStore } from 'zustand'
import { CommandPicker, FilePicker, LanguagePicker, SpeedPicker, ThemePicker } from '../features/palette/pickers'
import { onDemand } from '../ui/on-demand'
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
  'file-language': onDemand(() => import('../features/editor/FileLanguagePicker').then((module) => module.FileLanguagePicker)),
  settings: onDemand(() => import('../features/settings/SettingsDialog').then((module) => module.SettingsDialog)),
  shortcuts: onDemand(() => import('../features/settings/ShortcutsDialog').then((module) => module.ShortcutsDialog)),
  toolchain: onDemand(() => import('../features/doctor/DoctorDialog').then((module) => module.DoctorDialog)),
  notifications: onDemand(() => import('../features/notifications/NotificationCentre').then((module) => module.NotificationCentre)),
  'machine-settings': onDemand(() => import('../features/machine/MachineSettingsDialog').then((module) => module.MachineSettingsDialog)),
  'boot-file': onDemand(() => import('../features/machine/BootFileDialog').then((module) => module.BootFileDialog)),
  'save-state': onDemand(() => import('../features/machine/StateDialog').then((module) => module.SaveStateDialog)),
  'load-state': onDemand(() => import('../features/machine/StateDialog').then((module) => module.LoadStateDialog)),
  'open-project': onDemand(() => import('../features/projects/OpenDialog').then((module) => module.OpenDialog)),
}

export function SurfaceView(): ReactElement | null {
  const { surfaces } = useLab()
  const open = useStore(surfaces.store, (state) => state.open)
  if (open === undefined) return null
  const View = views[open]
  return <View key={open} onClose={surfaces.close} />
}
