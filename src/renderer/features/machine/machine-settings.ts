/** What a person wants of the machine beside what the manifest says: by project, or by the image file that is booted. */
import type { BootSource, CallArgs } from '../../../shared/contract'
import { rememberFor, type UiMemory } from '../../app/ui-state'
import type { MachineSettings } from './settings-schema'

export const sourceKey = (source: BootSource): string => (source.type === 'project' ? source.directory : source.path)

export const settingsOf = (ui: UiMemory, key: string): MachineSettings => ui.get('machine.settings')?.[key] ?? {}

export const saveSettings = (ui: UiMemory, key: string, settings: MachineSettings): void => ui.set('machine.settings', rememberFor(ui.get('machine.settings'), key, settings))

/** What a boot from there asks for. */
export const bootArguments = (ui: UiMemory, source: BootSource): CallArgs['machines.boot'] => ({ ...settingsOf(ui, sourceKey(source)), source })
