/** Formatting a text by the tools of this computer: a part of the contract. */
import * as z from 'zod'

/** Languages that there is a tool for. */
export const FORMATTED_LANGUAGES = ['c', 'cpp', 'rust'] as const
export type FormattedLanguage = (typeof FORMATTED_LANGUAGES)[number]

export const isFormattedLanguage = (id: string): id is FormattedLanguage => FORMATTED_LANGUAGES.some((known) => known === id)

export const formattingCalls = {
  /** The text as clang-format or rustfmt write it, by the settings that lie beside the file. Fails with `tool-missing`, with `bad-input` for a text that the tool cannot read. */
  'files.format': {
    args: z.strictObject({ directory: z.string().min(1).max(4096), path: z.string().min(1).max(1024), language: z.enum(FORMATTED_LANGUAGES), text: z.string().max(1_000_000) }),
    result: z.object({ text: z.string() }),
  },
} satisfies Record<string, { args: z.ZodType; result: z.ZodType }>
