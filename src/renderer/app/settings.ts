/**
 * What a person can set, in one table. What each is called is in the catalogue (`strings.settings.entries`); the settings page shows
 * the table, and a change applies at once.
 */
import * as z from 'zod'
import { createStore, type StoreApi } from 'zustand/vanilla'
import { ASPECTS, SCALES } from '../features/machine/scaling'
import type { UiMemory } from './ui-state'

export type SettingCategory = 'appearance' | 'editor' | 'machine'

interface Choice<T extends string> {
  type: 'choice'
  category: SettingCategory
  choices: readonly T[]
  default: T
}
interface Whole {
  type: 'number'
  category: SettingCategory
  min: number
  max: number
  step: number
  default: number
}
interface Switch {
  type: 'switch'
  category: SettingCategory
  default: boolean
}
export type SettingRow = Choice<string> | Whole | Switch

const choice = <T extends string>(category: SettingCategory, choices: readonly T[], value: NoInfer<T>): Choice<T> => ({ type: 'choice', category, choices, default: value })
const whole = (category: SettingCategory, min: number, max: number, step: number, value: number): Whole => ({ type: 'number', category, min, max, step, default: value })
const onOff = (category: SettingCategory, value: boolean): Switch => ({ type: 'switch', category, default: value })

export const settingTable = {
  language: choice('appearance', ['system', 'en', 'zh-CN'], 'system'),
  theme: choice('appearance', ['system', 'light', 'dark', 'hc-light', 'hc-dark'], 'system'),
  zoom: whole('appearance', 50, 200, 10, 100),
  editorFontSize: whole('editor', 8, 40, 1, 13),
  editorTabSize: whole('editor', 1, 16, 1, 4),
  editorWordWrap: onOff('editor', false),
  editorMinimap: onOff('editor', false),
  editorFormatOnSave: onOff('editor', false),
  languageServers: onOff('editor', true),
  terminalFontSize: whole('machine', 8, 40, 1, 13),
  machineSpeed: choice('machine', ['realtime', 'fast', 'slow-10000', 'slow-1000', 'slow-100', 'slow-10', 'slow-1'], 'realtime'),
  keyboardOnBoot: onOff('machine', false),
  screenScale: choice('machine', SCALES, 'integer'),
  screenAspect: choice('machine', ASPECTS, 'square'),
  sound: onOff('machine', false),
  keyboardLeave: choice('machine', ['ctrl-alt', 'right-ctrl'], 'ctrl-alt'),
}

export type SettingKey = keyof typeof settingTable
type ValueOf<Row> = Row extends Choice<infer T> ? T : Row extends Whole ? number : boolean
export type SettingValues = { [K in SettingKey]: ValueOf<(typeof settingTable)[K]> }

export const settingRows: Readonly<Record<SettingKey, SettingRow>> = settingTable
const isSettingKey = (key: string): key is SettingKey => Object.hasOwn(settingTable, key)
export const settingKeys: readonly SettingKey[] = Object.keys(settingTable).filter(isSettingKey)

function schemaOf(row: SettingRow): z.ZodType {
  if (row.type === 'choice') return z.enum(row.choices).catch(row.default)
  if (row.type === 'number') return z.number().int().min(row.min).max(row.max).catch(row.default)
  return z.boolean().catch(row.default)
}

/** Unknown keys are dropped, and what does not fit its row is as if it had not been set. */
const schema = z.object(Object.fromEntries(settingKeys.map((key) => [key, schemaOf(settingTable[key])])))

/** Stored values as the table has them. The schema is made from the table, so that its output has the table's types. */
export function readSettings(stored: unknown): SettingValues {
  const parsed = schema.safeParse(stored ?? {})
  const values: unknown = parsed.success ? parsed.data : schema.parse({})
  if (!isComplete(values)) throw new Error('The schema of the settings does not follow their table.')
  return values
}

const isComplete = (values: unknown): values is SettingValues => typeof values === 'object' && values !== null && settingKeys.every((key) => key in values)

export interface Settings {
  readonly store: StoreApi<SettingValues>
  /** Takes over what is remembered. */
  load(): void
  /** A value outside of its row's range becomes the nearest inside. */
  set<K extends SettingKey>(key: K, value: SettingValues[K]): void
  /** The same for a value whose type is not known: one that does not fit becomes the default. */
  accept(key: SettingKey, value: unknown): void
  reset(key: SettingKey): void
}

export function createSettings(ui: UiMemory): Settings {
  const store = createStore<SettingValues>(() => readSettings({}))
  function change(values: Partial<SettingValues>): void {
    const next = readSettings({ ...store.getState(), ...values })
    store.setState(next)
    // Only what differs is stored: a default that changes some day reaches everybody who never set it.
    ui.set('settings', Object.fromEntries(settingKeys.filter((key) => next[key] !== settingRows[key].default).map((key) => [key, next[key]])))
  }
  return {
    store,
    load: () => store.setState(readSettings(ui.get('settings'))),
    set(key, value) {
      const row = settingRows[key]
      const fitting = row.type === 'number' && typeof value === 'number' ? Math.min(row.max, Math.max(row.min, Math.round(value))) : value
      change({ [key]: fitting })
    },
    accept: (key, value) => change({ [key]: readSettings({ [key]: value })[key] }),
    reset: (key) => change({ [key]: settingRows[key].default }),
  }
}
