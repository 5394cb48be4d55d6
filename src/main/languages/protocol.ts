/**
 * The parts of the Language Server Protocol (3.17) that are used, as servers send them: checked here, and never trusted beyond.
 * Keys that nobody reads are passed over.
 */
import * as z from 'zod'

/** From 0, in UTF-16 units: no other encoding is offered to servers. */
const position = z.object({ line: z.number().int().nonnegative(), character: z.number().int().nonnegative() })
const range = z.object({ start: position, end: position })
export type Range = z.infer<typeof range>

const textEdit = z.object({ range, newText: z.string() })
const markup = z.union([z.string(), z.object({ kind: z.string(), value: z.string() })])
export type Markup = z.infer<typeof markup>
const absent = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined)

export const initializeAnswer = z.object({
  capabilities: z.object({
    completionProvider: absent(z.object({ resolveProvider: z.boolean().optional() })),
  }),
})

/** Loose: `completionItem/resolve` gets back all that the server sent. */
const completionItem = z.looseObject({
  label: z.string(),
  labelDetails: absent(z.object({ detail: absent(z.string()), description: absent(z.string()) })),
  kind: absent(z.number()),
  detail: absent(z.string()),
  documentation: absent(markup),
  deprecated: absent(z.boolean()),
  tags: absent(z.array(z.number())),
  preselect: absent(z.boolean()),
  sortText: absent(z.string()),
  filterText: absent(z.string()),
  insertText: absent(z.string()),
  insertTextFormat: absent(z.number()),
  textEdit: absent(z.union([textEdit, z.object({ newText: z.string(), insert: range, replace: range })])),
  additionalTextEdits: absent(z.array(textEdit)),
})
export type CompletionItem = z.infer<typeof completionItem>
export const completionItemAnswer = completionItem

export const completionAnswer = z.union([
  z.null().transform(() => ({ isIncomplete: false, items: [] })),
  z.array(completionItem).transform((items) => ({ isIncomplete: false, items })),
  z.object({ isIncomplete: z.boolean(), items: z.array(completionItem) }),
])

const marked = z.union([z.string(), z.object({ language: z.string(), value: z.string() })])
export type Marked = z.infer<typeof marked>
export const hoverAnswer = z.object({ contents: z.union([z.object({ kind: z.string(), value: z.string() }), marked, z.array(marked)]), range: absent(range) }).nullable()
export type HoverAnswer = NonNullable<z.infer<typeof hoverAnswer>>

const location = z.union([
  z.object({ uri: z.string(), range }),
  z.object({ targetUri: z.string(), targetSelectionRange: range }).transform(({ targetUri, targetSelectionRange }) => ({ uri: targetUri, range: targetSelectionRange })),
])
export type Location = z.infer<typeof location>
export const definitionAnswer = z.union([z.null().transform((): Location[] => []), location.transform((one) => [one]), z.array(location)])

export const signatureAnswer = z
  .object({
    signatures: z.array(
      z.object({
        label: z.string(),
        documentation: absent(markup),
        parameters: absent(z.array(z.object({ label: z.union([z.string(), z.tuple([z.number().int(), z.number().int()])]), documentation: absent(markup) }))),
        activeParameter: absent(z.number()),
      }),
    ),
    activeSignature: absent(z.number()),
    activeParameter: absent(z.number()),
  })
  .nullable()
export type SignatureAnswer = NonNullable<z.infer<typeof signatureAnswer>>

/** rust-analyzer's own notification ("LSP Extensions", Server Status). */
export const serverStatus = z.object({ health: z.enum(['ok', 'warning', 'error']), quiescent: z.boolean().optional(), message: absent(z.string()) })
