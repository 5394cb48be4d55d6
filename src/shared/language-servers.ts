/**
 * Completion, hovers, definitions and signatures from language servers: what travels between the window and the services.
 * Places count from 1, in UTF-16 units, as in problems.
 */
import * as z from 'zod'
import { textRangeSchema } from './problems'

export const LANGUAGE_SERVERS = ['clangd', 'rust-analyzer'] as const
export type LanguageServerId = (typeof LANGUAGE_SERVERS)[number]

/** Which server knows a file, and as what: by the end of its name. The names of languages are the protocol's. */
const byEnding = {
  '.c': { server: 'clangd', language: 'c' },
  '.h': { server: 'clangd', language: 'c' },
  '.cc': { server: 'clangd', language: 'cpp' },
  '.cpp': { server: 'clangd', language: 'cpp' },
  '.cxx': { server: 'clangd', language: 'cpp' },
  '.hh': { server: 'clangd', language: 'cpp' },
  '.hpp': { server: 'clangd', language: 'cpp' },
  '.rs': { server: 'rust-analyzer', language: 'rust' },
} as const satisfies Record<string, { server: LanguageServerId; language: string }>

export interface ServedLanguage {
  server: LanguageServerId
  /** The editor's name of the language, and the protocol's. */
  language: 'c' | 'cpp' | 'rust'
}

/** Undefined for a file that no server reads. */
export const servedLanguage = (path: string): ServedLanguage | undefined => Object.entries(byEnding).find(([ending]) => path.endsWith(ending))?.[1]

export const languageServerStateSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('starting') }),
  /** `remark`: what the server says about itself when it cannot help with everything. */
  z.object({ status: z.literal('ready'), version: z.string(), remark: z.string().optional() }),
  /** Not installed. `install`: the command that gets it. */
  z.object({ status: z.literal('missing'), install: z.string() }),
  /** It ended by itself too often, or cannot be started. */
  z.object({ status: z.literal('failed'), reason: z.string() }),
])
export type LanguageServerState = z.infer<typeof languageServerStateSchema>

/** The protocol's kinds of completions (`CompletionItemKind`), from 1. */
export const COMPLETION_KINDS = [
  'Text', 'Method', 'Function', 'Constructor', 'Field', 'Variable', 'Class', 'Interface', 'Module', 'Property', 'Unit', 'Value', 'Enum', 'Keyword', 'Snippet', 'Color', 'File',
  'Reference', 'Folder', 'EnumMember', 'Constant', 'Struct', 'Event', 'Operator', 'TypeParameter',
] as const
export type CompletionKind = (typeof COMPLETION_KINDS)[number]

/** A change of the file that was asked about. */
export const languageEditSchema = z.object({ range: textRangeSchema, text: z.string() })
export type LanguageEdit = z.infer<typeof languageEditSchema>

export const completionSchema = z.object({
  label: z.string(),
  /** Follows the label: parameters, for one. */
  labelDetail: z.string().optional(),
  kind: z.enum(COMPLETION_KINDS),
  /** Its type, mostly. */
  detail: z.string().optional(),
  /** Markdown. */
  documentation: z.string().optional(),
  insert: z.string(),
  /** Whether `insert` has places to fill in, as the protocol writes them. */
  snippet: z.boolean(),
  /** What is replaced; the word at the cursor when absent. */
  range: textRangeSchema.optional(),
  filter: z.string().optional(),
  sort: z.string().optional(),
  deprecated: z.boolean(),
  preselect: z.boolean(),
  /** Changes elsewhere in the file that belong to it: an #include. */
  edits: z.array(languageEditSchema),
})
export type Completion = z.infer<typeof completionSchema>

export const completionListSchema = z.object({
  /** Names this list for `languages.resolve`. */
  list: z.number().int(),
  /** Typing on may bring others: ask again. */
  incomplete: z.boolean(),
  /** Whether `languages.resolve` may say more about one. */
  resolvable: z.boolean(),
  items: z.array(completionSchema),
})
export type CompletionList = z.infer<typeof completionListSchema>

/** `text` is Markdown. */
export const hoverSchema = z.object({ text: z.string(), range: textRangeSchema.optional() })
export type LanguageHover = z.infer<typeof hoverSchema>

export const definitionSchema = z.object({
  /** Relative to the project; absolute when it lies outside, as a compiler's own header does. */
  file: z.string(),
  range: textRangeSchema,
  /** The file's text when it lies outside the project: for looking at. */
  text: z.string().optional(),
})
export type Definition = z.infer<typeof definitionSchema>

export const signaturesSchema = z.object({
  signatures: z.array(
    z.object({
      label: z.string(),
      documentation: z.string().optional(),
      /** Parts of the label: as text, or as where they start and end in it, from 0. */
      parameters: z.array(z.object({ label: z.union([z.string(), z.tuple([z.number().int(), z.number().int()])]), documentation: z.string().optional() })),
    }),
  ),
  active: z.number().int().nonnegative(),
  activeParameter: z.number().int().nonnegative(),
})
export type Signatures = z.infer<typeof signaturesSchema>

/** A page's own name for its use of a server, from the stream that watches it. */
const session = z.uuid()
const path = z.string().min(1).max(1024)
const at = { session, path, line: z.number().int().positive(), column: z.number().int().positive() }

/** @param text schema of a file's whole text */
export const languageCalls = (text: z.ZodString) =>
  ({
    /** Opens a file in the server, or changes its text. Questions are answered for the text that was sent last. */
    'languages.update': { args: z.strictObject({ session, path, text }), result: z.null() },
    'languages.close': { args: z.strictObject({ session, path }), result: z.null() },
    /** `trigger`: the character that was typed, when that is why. */
    'languages.complete': { args: z.strictObject({ ...at, trigger: z.string().max(8).optional() }), result: completionListSchema },
    /** More about one of the last list; null when there is a newer one. */
    'languages.resolve': { args: z.strictObject({ session, list: z.number().int(), index: z.number().int().nonnegative() }), result: completionSchema.nullable() },
    'languages.hover': { args: z.strictObject(at), result: hoverSchema.nullable() },
    'languages.definition': { args: z.strictObject(at), result: z.array(definitionSchema) },
    'languages.signatures': { args: z.strictObject({ ...at, trigger: z.string().max(8).optional(), retrigger: z.boolean() }), result: signaturesSchema.nullable() },
  }) satisfies Record<string, { args: z.ZodType; result: z.ZodType }>

export const languageStreams = {
  /**
   * Starts a project's server of a language, or takes part in the one that runs; tells its state now and each change. It ends with its last
   * watcher. Listening to one that is missing or failed tries again. `session` is the page's choice, new each time.
   */
  'languages.watch': { args: z.strictObject({ directory: z.string().min(1).max(4096), server: z.enum(LANGUAGE_SERVERS), session }), event: languageServerStateSchema, end: z.null() },
} satisfies Record<string, { args: z.ZodType; event: z.ZodType; end: z.ZodType }>
