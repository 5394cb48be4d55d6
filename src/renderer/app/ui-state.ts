/** What the window remembers between runs. Each key has its schema: what an older version left and does not fit is ignored. */
import * as z from 'zod'
import type { UiState } from '../../shared/contract'
import type { Connection } from './connection'

const layout = z.record(z.string(), z.number())
const openTabs = z.object({ open: z.array(z.string()), active: z.string().optional() })

const keys = {
  'layout.columns': layout,
  'layout.left': layout,
  'layout.right': layout,
  'project.last': z.string().nullable(),
  /** By project folder. */
  tabs: z.record(z.string(), openTabs),
  'usb.verify': z.boolean(),
  /** Path of the image file that was opened last. */
  'usb.file': z.string(),
} as const

type Key = keyof typeof keys
type Value<K extends Key> = z.infer<(typeof keys)[K]>

const SAVE_DELAY_MS = 300
/** Projects whose tabs are remembered; the oldest go first. */
const MAX_TAB_SETS = 20

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

/** Adds one project's tabs to the remembered ones and drops the oldest beyond the limit. */
export function rememberTabs(all: Value<'tabs'>, directory: string, tabs: z.infer<typeof openTabs>): Value<'tabs'> {
  const others = Object.entries(all).filter(([key]) => key !== directory)
  return Object.fromEntries([...others, [directory, tabs] as const].slice(-MAX_TAB_SETS))
}
