/** Searching a project's files: a part of the contract. */
import * as z from 'zod'

const directory = z.string().min(1).max(4096)

/** A search ends after so many places. */
export const MAX_MATCHES = 5000
/** Of a line, the piece around a match that is shown. */
export const MAX_PREVIEW = 250

export const searchQuerySchema = z.strictObject({
  text: z.string().min(1).max(1000),
  regex: z.boolean(),
  caseSensitive: z.boolean(),
  wholeWord: z.boolean(),
  /** Globs, separated by commas; a name without a slash fits in every folder. Empty for all files. */
  include: z.string().max(1000),
  exclude: z.string().max(1000),
  /** What the places would become; of a regular expression with `$1`, `$&`. */
  replacement: z.string().max(10_000).optional(),
})
export type SearchQuery = z.infer<typeof searchQuerySchema>

/** Lines and columns count from 1, columns in UTF-16 units. */
export const searchMatchSchema = z.object({
  line: z.number().int(),
  column: z.number().int(),
  endLine: z.number().int(),
  endColumn: z.number().int(),
  /** The line, or a piece of it, and where in it the match lies. */
  preview: z.string(),
  from: z.number().int(),
  to: z.number().int(),
  replacement: z.string().optional(),
})
export type SearchMatch = z.infer<typeof searchMatchSchema>

export const searchFileSchema = z.object({ path: z.string(), matches: z.array(searchMatchSchema) })
export type SearchFile = z.infer<typeof searchFileSchema>

export const searchStreams = {
  /** One event a file in which something was found. Unsaved texts are searched instead of the stored ones. Fails with `bad-input` for an expression that is none, `too-slow` for one that does not come to an end. */
  'search.run': {
    args: z.strictObject({ directory, query: searchQuerySchema, unsaved: z.array(z.strictObject({ path: z.string().max(1024), text: z.string().max(1_000_000) })).max(64) }),
    event: searchFileSchema,
    end: z.object({ files: z.number().int(), limited: z.boolean() }),
  },
} satisfies Record<string, { args: z.ZodType; event: z.ZodType; end: z.ZodType }>
