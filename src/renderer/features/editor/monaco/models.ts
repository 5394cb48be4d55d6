/** One Monaco model per document, kept equal to the document's text. Models hold the undo history. */
import { editor, Uri } from 'monaco-editor/editor'
import type { Documents } from '../documents'
import { languageOf } from './languages'

const SCHEME = 'bootlab'

/** The model's address of a project's file. */
export const uriOf = (path: string): Uri => Uri.from({ scheme: SCHEME, path: `/${path}` })

/** Path of a model's file inside the project. */
export const pathOfModel = (model: editor.ITextModel): string => model.uri.path.slice(1)

export const findModel = (path: string): editor.ITextModel | null => editor.getModel(uriOf(path))

/** Makes, changes and removes models as documents come, change from outside, and go. Returns a function that ends it. */
export function syncModels(documents: Documents): () => void {
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
      else if (!known && model.getValue() !== text) model.pushEditOperations([], [{ range: model.getFullModelRange(), text }], () => null)
    }
  }
  const create = (path: string, text: string): void => {
    const model = editor.createModel(text, languageOf(path), uriOf(path))
    model.onDidChangeContent(() => documents.edit(path, model.getValue()))
  }
  sync()
  const stop = documents.store.subscribe((state, previous) => {
    if (state.documents !== previous.documents || state.directory !== previous.directory) sync()
  })
  return () => {
    stop()
    disposeAll()
  }
}

function disposeAll(): void {
  for (const model of editor.getModels()) if (model.uri.scheme === SCHEME) model.dispose()
}
