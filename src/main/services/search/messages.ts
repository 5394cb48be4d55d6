/** What a search and its thread tell each other. */
import * as z from 'zod'
import { searchMatchSchema, searchQuerySchema } from '../../../shared/search'

export const searchRequestSchema = z.object({
  pattern: searchQuerySchema.pick({ text: true, regex: true, caseSensitive: true, wholeWord: true, replacement: true }),
  text: z.string(),
  limit: z.number(),
})
export type SearchRequest = z.infer<typeof searchRequestSchema>

/** One answer a request. */
export const searchAnswerSchema = z.union([z.object({ matches: z.array(searchMatchSchema) }), z.object({ fault: z.string() })])
export type SearchAnswer = z.infer<typeof searchAnswerSchema>
