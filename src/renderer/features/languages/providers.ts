/** What language servers know, in Monaco: completion, hovers, definitions and signatures. */
import { editor, languages as monaco, Range, Uri, type CancellationToken, type IDisposable, type IMarkdownString, type IRange, type Position } from 'monaco-editor/editor'
import 'monaco-editor/editor/contrib/suggest/browser/suggestController'
import 'monaco-editor/features/gotoSymbol/register'
import 'monaco-editor/features/parameterHints/register'
import { servedLanguage, type Completion, type Definition, type ServedLanguage } from '../../../shared/language-servers'
import type { TextRange } from '../../../shared/problems'
import { languageOf } from '../editor/monaco/languages'
import { findModel, pathOfModel, uriOf } from '../editor/monaco/models'
import type { Languages, Place } from './languages'

/** Characters that make the editor ask by themselves: in C members, namespaces and the names of headers; in Rust members and paths. */
const TRIGGERS: Readonly<Record<ServedLanguage['language'], { complete: string[]; signature: string[] }>> = {
  c: { complete: ['.', '>', '"', '<', '/'], signature: ['(', ','] },
  cpp: { complete: ['.', '>', ':', '"', '<', '/'], signature: ['(', '{', ','] },
  rust: { complete: ['.', ':', "'"], signature: ['(', ',', '<'] },
}
const isTriggered = (language: string): language is ServedLanguage['language'] => Object.hasOwn(TRIGGERS, language)

/** Texts to look at that are no documents: files of the project that are not open, and files outside of it. */
const PREVIEW = 'bootlab-preview'
const OUTSIDE = 'bootlab-outside'
/** Previews that are kept: of the definitions that were asked for last. */
const MOST_PREVIEWS = 20

const DEPRECATED = 1 satisfies monaco.CompletionItemTag.Deprecated

export function provideLanguages(languages: Languages): IDisposable {
  const previews = new Previews(languages)
  const disposables = Object.keys(TRIGGERS).filter(isTriggered).flatMap((language) => {
    // Documents only: nobody is asked about a preview.
    const selector = { language, scheme: uriOf('').scheme }
    const { complete, signature } = TRIGGERS[language]
    return [
      monaco.registerCompletionItemProvider(selector, completions(languages, complete)),
      monaco.registerHoverProvider(selector, {
        async provideHover(model, position, token) {
          const hover = await languages.hover(placeOf(model, position), signalOf(token))
          return hover && { contents: [markdown(hover.text)], ...(hover.range ? { range: toRange(hover.range) } : {}) }
        },
      }),
      monaco.registerDefinitionProvider(selector, {
        async provideDefinition(model, position, token) {
          const found = await languages.definition(placeOf(model, position), signalOf(token))
          return (await Promise.all(found.map((definition) => previews.locate(definition)))).filter((location) => location !== undefined)
        },
      }),
      monaco.registerSignatureHelpProvider(selector, signatures(languages, signature)),
    ]
  })
  const opener = editor.registerEditorOpener({
    async openCodeEditor(source, resource, at) {
      if (resource.scheme === OUTSIDE) {
        // It can be looked at where one stands; there is nothing to edit.
        source.trigger('bootlab', 'editor.action.peekDefinition', undefined)
        return true
      }
      const { lineNumber: line, column } = at === undefined ? { lineNumber: 1, column: 1 } : 'lineNumber' in at ? at : { lineNumber: at.startLineNumber, column: at.startColumn }
      await languages.openFile(resource.path.slice(1), { line, column })
      return true
    },
  })
  return {
    dispose() {
      for (const disposable of [...disposables, opener, previews]) disposable.dispose()
    },
  }
}

function completions(languages: Languages, triggerCharacters: string[]): monaco.CompletionItemProvider {
  /** Where each entry that may be resolved comes from. */
  const sources = new WeakMap<monaco.CompletionItem, { path: string; list: number; index: number }>()
  return {
    triggerCharacters,
    async provideCompletionItems(model, position, { triggerCharacter }, token) {
      const place = placeOf(model, position)
      const found = await languages.complete(place, triggerCharacter, signalOf(token))
      if (!found) return undefined
      const word = model.getWordUntilPosition(position)
      const range = new Range(position.lineNumber, word.startColumn, position.lineNumber, position.column)
      const suggestions = found.items.map((completion, index) => {
        const item = toItem(completion, range)
        if (found.resolvable) sources.set(item, { path: place.path, list: found.list, index })
        return item
      })
      return { suggestions, incomplete: found.incomplete }
    },
    async resolveCompletionItem(item, token) {
      const source = sources.get(item)
      const more = source && (await languages.resolve(source.path, source.list, source.index, signalOf(token)))
      // What is inserted, and where, stays as it was offered.
      return more ? { ...item, ...sayingMore(more) } : item
    },
  }
}

function toItem(completion: Completion, range: Range): monaco.CompletionItem {
  const { label, labelDetail, kind, insert, snippet, filter, sort, deprecated, preselect } = completion
  return {
    label: labelDetail === undefined ? label : { label, detail: labelDetail },
    kind: monaco.CompletionItemKind[kind],
    insertText: insert,
    range: completion.range ? toRange(completion.range) : range,
    ...(snippet ? { insertTextRules: monaco.CompletionItemInsertTextRule.InsertAsSnippet } : {}),
    ...(filter === undefined ? {} : { filterText: filter }),
    ...(sort === undefined ? {} : { sortText: sort }),
    ...(deprecated ? { tags: [DEPRECATED] } : {}),
    preselect,
    ...sayingMore(completion),
  }
}

function sayingMore({ detail, documentation, edits }: Completion): Pick<monaco.CompletionItem, 'detail' | 'documentation' | 'additionalTextEdits'> {
  return {
    ...(detail === undefined ? {} : { detail }),
    ...(documentation === undefined ? {} : { documentation: markdown(documentation) }),
    ...(edits.length === 0 ? {} : { additionalTextEdits: edits.map((edit) => ({ range: toRange(edit.range), text: edit.text })) }),
  }
}

function signatures(languages: Languages, characters: string[]): monaco.SignatureHelpProvider {
  return {
    signatureHelpTriggerCharacters: characters,
    signatureHelpRetriggerCharacters: [')'],
    async provideSignatureHelp(model, position, token, { triggerCharacter, isRetrigger }) {
      const found = await languages.signatures(placeOf(model, position), triggerCharacter, isRetrigger, signalOf(token))
      if (!found) return undefined
      const value: monaco.SignatureHelp = {
        activeSignature: found.active,
        activeParameter: found.activeParameter,
        signatures: found.signatures.map(({ label, documentation, parameters }) => ({
          label,
          ...(documentation === undefined ? {} : { documentation: markdown(documentation) }),
          parameters: parameters.map((one) => ({ label: one.label, ...(one.documentation === undefined ? {} : { documentation: markdown(one.documentation) }) })),
        })),
      }
      return { value, dispose: () => undefined }
    },
  }
}

/** Models of what is only looked at. Monaco shows a definition from a model. */
class Previews {
  readonly #languages: Languages
  /** By address, the one that was made last at the end. */
  readonly #models = new Map<string, editor.ITextModel>()

  constructor(languages: Languages) {
    this.#languages = languages
  }

  /** A place that Monaco can show; undefined when its file cannot be read. */
  async locate({ file, range, text }: Definition): Promise<monaco.Location | undefined> {
    if (text !== undefined) return this.#location(Uri.from({ scheme: OUTSIDE, path: file.startsWith('/') ? file : `/${file}` }), file, text, range)
    const own = uriOf(file)
    if (findModel(file)) return { uri: own, range: toRange(range) }
    const stored = await this.#languages.textOf(file)
    return stored === undefined ? undefined : this.#location(own.with({ scheme: PREVIEW }), file, stored, range)
  }

  dispose(): void {
    for (const model of this.#models.values()) model.dispose()
    this.#models.clear()
  }

  #location(uri: Uri, file: string, text: string, range: TextRange): monaco.Location {
    const key = uri.toString()
    const known = this.#models.get(key)
    this.#models.delete(key)
    if (known && known.getValue() !== text) known.setValue(text)
    // A compiler's own header may have no ending.
    this.#models.set(key, known ?? editor.createModel(text, servedLanguage(file)?.language ?? languageOf(file), uri))
    for (const [old, model] of [...this.#models].slice(0, -MOST_PREVIEWS)) {
      this.#models.delete(old)
      model.dispose()
    }
    return { uri, range: toRange(range) }
  }
}

const placeOf = (model: editor.ITextModel, { lineNumber: line, column }: Position): Place => ({ path: pathOfModel(model), line, column })

const toRange = ({ line, column, endLine, endColumn }: TextRange): IRange => ({ startLineNumber: line, startColumn: column, endLineNumber: endLine, endColumn })

/** Not trusted: neither HTML nor commands in it mean anything. */
const markdown = (value: string): IMarkdownString => ({ value, isTrusted: false, supportHtml: false })

function signalOf(token: CancellationToken): AbortSignal {
  const controller = new AbortController()
  token.onCancellationRequested(() => controller.abort())
  return controller.signal
}
