/** How a failure travels: what happened, where, why it matters, what to do next. */
import * as z from 'zod'

export const failureSchema = z.object({
  /** Stable word for programs: `bad-request`, `cancelled`, `internal`, `not-found`, `file-changed`, `bad-input`, … */
  code: z.string(),
  what: z.string(),
  where: z.string().optional(),
  why: z.string().optional(),
  next: z.string().optional(),
})
export type Failure = z.infer<typeof failureSchema>

/** An error that carries a `Failure`. Its message is the whole of it in sentences. */
export class LabError extends Error {
  readonly failure: Failure

  constructor(failure: Failure, options?: ErrorOptions) {
    super(describeFailure(failure), options)
    this.name = 'LabError'
    this.failure = failure
  }
}

/** One line per part that is there: `what`, then where, why, next. */
export function describeFailure({ what, where, why, next }: Failure): string {
  return [where ? `${where}: ${what}` : what, why, next && `Next: ${next}`].filter(Boolean).join('\n')
}

const describedError = z.object({
  what: z.string(),
  where: z.string().optional(),
  why: z.string().optional(),
  next: z.string().optional(),
})

/** Codes for the errors of the modules, by their names: these modules know no contract. */
const codes: Readonly<Record<string, string>> = { ProjectError: 'bad-input', ImageError: 'bad-input', ToolError: 'tool-missing' }

/**
 * Any thrown value as a `Failure`. Errors that carry `what`/`where`/`why`/`next` keep them; an abort becomes `cancelled`;
 * the rest is `internal` with its message.
 */
export function toFailure(error: unknown): Failure {
  if (error instanceof LabError) return error.failure
  if (error instanceof Error && error.name === 'AbortError') return { code: 'cancelled', what: 'The work was cancelled.' }
  const described = describedError.safeParse(error)
  const code = error instanceof Error ? codes[error.name] : undefined
  if (described.success && code !== undefined) return { code, ...described.data }
  return { code: 'internal', what: error instanceof Error ? error.message : String(error) }
}
