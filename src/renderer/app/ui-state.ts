/** What the window remembers between runs. Each key has its schema: what an older version left and does not fit is ignored. */
import * as z from 'zod'
import type { UiState } from '../../shared/contract'
import { storedBreakpoints } from '../features/debugger/stored-breakpoints'
import { machineSettingsSchema } from '../features/machine/settings-schema'
import { storedGroupsSchema } from '../features/editor/groups'
import type { Connection } from './connection'

/** A layout of the panels as dockview writes it; whether it fits the panels of this version is seen when it is applied. */
const layout = z.record(z.string(), z.json())
const openTabs = z.object({ open: z.array(z.string()), active: z.string().optional(), groups: storedGroupsSchema.optional() })

const keys = {
  settings: z.record(z.string(), z.json()),
  /** Commands, the last used first. */
  'palette.recent': z.array(z.string()),
  /** By project folder. */
  layouts: z.record(z.string(), layout),
  'project.last': z.string().nullable(),
  /** By project folder. */
  tabs: z.record(z.string(), openTabs),
  /** By project folder. */
  breakpoints: z.record(z.string(), storedBreakpoints),
  /** By project folder, or image file. */
  'machine.settings': z.record(z.string(), machineSettingsSchema),
  /** Languages that were chosen for files, by project folder and path. */
  languages: z.record(z.string(), z.record(z.string(), z.string())),
  'usb.verify': z.boolean(),
  /** Path of the image file that was opened last. */
  'usb.file': z.string(),
} as const

type Key = keyof typeof keys
type Value<K extends Key> = z.infer<(typeof keys)[K]>

const SAVE_DELAY_MS = 300
/** Projects whose tabs and layout are remembered; the oldest go first. */
const MAX_PROJECTS = 20

export interface UiMemory {
  load(): Promise<void>
  get<K extends Key>(key: K): Value<K> | undefined
  set<K extends Key>(key: K, value: Value<K>): void
  /** Sends what waits to be saved at once: the page is about to go. */
  flush(): void
}

export function createUiMemory(connection: Connection, onError: (error: unknown) => void): UiMemory {
  let values: UiState = {}
  let unsaved: UiState = {}
  let timer: ReturnType<typeof setTimeout> | undefined

  function flush(): void {
    clearTimeout(timer)
    if (Object.keys(unsaved).length === 0) return
    const sending = unsaved
    unsaved = {}
    connection.call('ui.set', { values: sending }).catch(onError)
  }

  return {
    async load() {
      values = await connection.call('ui.get', {})
    },
    get<K extends Key>(key: K): Value<K> | undefined {
      const schema: z.ZodType<Value<K>> = keyTable[key]
      const parsed = schema.safeParse(values[key])
      return parsed.success ? parsed.data : undefined
    },
    set(key, value) {
      values = { ...values, [key]: value }
      unsaved = { ...unsaved, [key]: value }
      clearTimeout(timer)
      timer = setTimeout(flush, SAVE_DELAY_MS)
    },
    flush,
  }
}

/** The table again, typed by key, for code that is generic over the key. */
const keyTable: { [K in Key]: z.ZodType<Value<K>> } = keys

/** Adds what is remembered of one project to that of others, and drops the oldest beyond the limit. */
export function rememberFor<T>(all: Readonly<Record<string, T>> | undefined, directory: string, value: T): Record<string, T> {
  const others = Object.entries(all ?? {}).filter(([key]) => key !== directory)
  return Object.fromEntries([...others, [directory, value] as const].slice(-MAX_PROJECTS))
}
