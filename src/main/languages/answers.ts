/** A server's answers as the window has them: places from 1, texts of a bounded length. */
import { COMPLETION_KINDS, type Completion, type LanguageHover, type Signatures } from '../../shared/language-servers'
import type { TextRange } from '../../shared/problems'
import type { CompletionItem, HoverAnswer, Marked, Markup, Range, SignatureAnswer } from './protocol'

/** Completions that are passed on at once: more than a person looks at. */
export const MOST_COMPLETIONS = 500
/** Longest text of one entry, in UTF-16 units. */
const MOST_TEXT = 20_000
/** The protocol's InsertTextFormat.Snippet, and CompletionItemTag.Deprecated. */
const SNIPPET = 2
const DEPRECATED = 1

export function toRange({ start, end }: Range): TextRange {
  return { line: start.line + 1, column: start.character + 1, endLine: end.line + 1, endColumn: end.character + 1 }
}

const cut = (text: string): string => (text.length <= MOST_TEXT ? text : `${text.slice(0, MOST_TEXT)}…`)

const ESCAPED = /[\\`*_{}[\]()#+\-.!<>|~&]/g

/** As Markdown: what is plain text must not be taken for it. */
function markdownOf(markup: Markup): string {
  if (typeof markup === 'string') return cut(markup).replaceAll(ESCAPED, '\\$&')
  return markup.kind === 'markdown' ? cut(markup.value) : cut(markup.value).replaceAll(ESCAPED, '\\$&')
}

/** The older form of hovers: strings are Markdown here. */
const markedText = (marked: Marked): string => (typeof marked === 'string' ? cut(marked) : `\`\`\`${marked.language}\n${cut(marked.value)}\n\`\`\``)

export function toCompletion(item: CompletionItem): Completion {
  const { label, labelDetails, kind, detail, documentation, sortText, filterText, insertText, textEdit } = item
  const range = textEdit && ('range' in textEdit ? textEdit.range : textEdit.insert)
  const more = detail ?? labelDetails?.description
  return {
    label: label.trim(),
    ...(labelDetails?.detail === undefined ? {} : { labelDetail: cut(labelDetails.detail) }),
    kind: COMPLETION_KINDS[(kind ?? 1) - 1] ?? 'Text',
    ...(more === undefined ? {} : { detail: cut(more) }),
    ...(documentation === undefined ? {} : { documentation: markdownOf(documentation) }),
    insert: textEdit?.newText ?? insertText ?? label.trim(),
    snippet: item.insertTextFormat === SNIPPET,
    ...(range === undefined ? {} : { range: toRange(range) }),
    ...(filterText === undefined ? {} : { filter: filterText }),
    ...(sortText === undefined ? {} : { sort: sortText }),
    deprecated: item.tags?.includes(DEPRECATED) ?? item.deprecated ?? false,
    preselect: item.preselect ?? false,
    edits: (item.additionalTextEdits ?? []).map((edit) => ({ range: toRange(edit.range), text: edit.newText })),
  }
}

export function toHover({ contents, range }: HoverAnswer): LanguageHover | null {
  const text = Array.isArray(contents) ? contents.map(markedText).join('\n\n') : typeof contents === 'string' || !('kind' in contents) ? markedText(contents) : markdownOf(contents)
  return text.trim() === '' ? null : { text, ...(range === undefined ? {} : { range: toRange(range) }) }
}

export function toSignatures({ signatures, activeSignature = 0, activeParameter = 0 }: SignatureAnswer): Signatures | null {
  if (signatures.length === 0) return null
  const active = Math.min(Math.max(0, activeSignature), signatures.length - 1)
  return {
    signatures: signatures.map(({ label, documentation, parameters = [] }) => ({
      label: cut(label),
      ...(documentation === undefined ? {} : { documentation: markdownOf(documentation) }),
      parameters: parameters.map((one) => ({ label: one.label, ...(one.documentation === undefined ? {} : { documentation: markdownOf(one.documentation) }) })),
    })),
    active,
    activeParameter: Math.max(0, signatures[active]?.activeParameter ?? activeParameter),
  }
}
