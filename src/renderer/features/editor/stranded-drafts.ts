/** Unsaved texts that could not be handed over before the page went, in the browser's own storage until the next start. */
import * as z from 'zod'
import { draftSchema } from '../../../shared/contract'

const KEY = 'bootlab.stranded-drafts'
const strandedSchema = z.array(draftSchema.omit({ savedAt: true }).extend({ directory: z.string() }))
export type StrandedDraft = z.infer<typeof strandedSchema>[number]

export function createStranded(storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>) {
  const keep = (drafts: readonly StrandedDraft[]): void => storage.setItem(KEY, JSON.stringify(drafts))
  const clear = (): void => storage.removeItem(KEY)

  /** Hands all over that can be; the others stay. */
  async function handOver(save: (draft: StrandedDraft) => Promise<unknown>, onError: (error: unknown) => void): Promise<void> {
    const left: StrandedDraft[] = []
    for (const draft of parse(storage.getItem(KEY))) {
      try {
        // In order: two texts of one file would otherwise race.
        // eslint-disable-next-line no-await-in-loop
        await save(draft)
      } catch (error) {
        left.push(draft)
        onError(error)
      }
    }
    if (left.length > 0) keep(left)
    else clear()
  }

  return { keep, clear, handOver }
}

/** What is no list of drafts is none of ours. */
function parse(kept: string | null): StrandedDraft[] {
  if (kept === null) return []
  try {
    const parsed = strandedSchema.safeParse(JSON.parse(kept))
    return parsed.success ? parsed.data : []
  } catch (error) {
    if (error instanceof SyntaxError) return []
    throw error
  }
}
