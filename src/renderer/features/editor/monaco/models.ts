/** One Monaco model per document, kept equal to the document's text. Models hold the undo history. */
import { editor, Range, Uri } from 'monaco-editor/editor'
import type { Documents } from '../documents'
import type { FileLanguages } from '../file-language'

const SCHEME = 'bootlab'

/** The model's address of a project's file. */
export const uriOf = (path: string): Uri => Uri.from({ scheme: SCHEME, path: `/${path}` })

/** Path of a model's file inside the project. */
export const pathOfModel = (model: editor.ITextModel): string => model.uri.path.slice(1)

export const findModel = (path: string): editor.ITextModel | null => editor.getModel(uriOf(path))

/** Makes, changes and removes models as documents come, change from outside, and go. Returns a function that ends it. */
export function syncModels(documents: Documents, fileLanguages: FileLanguages): () => void {
  let shownDirectory: string | undefined
  /** Texts as they were given: a model may hold one with its line ends made uniform, which is no change by a person. */
  const given = new Map<string, string>()
  const sync = (): void => {
    const { directory, documents: texts } = documents.store.getState()
    // Two projects have files of the same name: nothing of the one before may shine through.
    if (directory !== shownDirectory) disposeAll()
    shownDirectory = directory
    for (const model of editor.getModels()) {
      if (model.uri.scheme === SCHEME && !texts[pathOfModel(model)]) model.dispose()
    }
    for (const { path, text } of Object.values(texts)) {
      const model = findModel(path)
      const known = given.get(path) === text
      given.set(path, text)
      if (!model) create(path, text)
      else if (!known && model.getValue() !== text) replaceText(model, text)
    }
  }
  const create = (path: string, text: string): void => {
    const model = editor.createModel(text, fileLanguages.of(path), uriOf(path))
    model.onDidChangeContent(() => documents.edit(path, model.getValue()))
  }
  sync()
  const stop = documents.store.subscribe((state, previous) => {
    if (state.documents !== previous.documents || state.directory !== previous.directory) sync()
  })
  const stopLanguages = fileLanguages.store.subscribe(() => {
    for (const model of editor.getModels()) if (model.uri.scheme === SCHEME) editor.setModelLanguage(model, fileLanguages.of(pathOfModel(model)))
  })
  return () => {
    stop()
    stopLanguages()
    disposeAll()
  }
}

/** Changes only what differs, so that cursors stay where they are; one step of undoing. */
function replaceText(model: editor.ITextModel, text: string): void {
  const before = model.getValue()
  const shorter = Math.min(before.length, text.length)
  let start = 0
  while (start < shorter && before[start] === text[start]) start++
  let end = 0
  while (end < shorter - start && before[before.length - 1 - end] === text[text.length - 1 - end]) end++
  // Neither an end of line of two characters nor a character of two units is torn apart.
  while (start > 0 && /[\r\ud800-\udbff]/.test(before.charAt(start - 1))) start--
  while (end > 0 && /[\n\udc00-\udfff]/.test(before.charAt(before.length - end))) end--
  const [from, to] = [model.getPositionAt(start), model.getPositionAt(before.length - end)]
  model.pushStackElement()
  model.pushEditOperations([], [{ range: Range.fromPositions(from, to), text: text.slice(start, text.length - end) }], () => null)
  model.pushStackElement()
}

function disposeAll(): void {
  for (const model of editor.getModels()) if (model.uri.scheme === SCHEME) model.dispose()
}
