/** What all editors of the window have in common: the texts' models, quick fixes, marks. It is there as long as one of them is. */
import { editor } from 'monaco-editor/editor'
import type { Lab } from '../../../app/lab'
import { provideLanguages } from '../../languages/providers'
import { provideFixes } from './code-actions'
import { followLiveProblems, markProblems } from './markers'
import { syncModels } from './models'

let users = 0
let stop: () => void = () => undefined

/** An editor begins to need it. Returns a function for its end. */
export function shareMonaco({ documents, build, projectDoctor, fileLanguages, languages }: Pick<Lab, 'documents' | 'build' | 'projectDoctor' | 'fileLanguages' | 'languages'>): () => void {
  if (users++ === 0) {
    const marked = editor.onDidCreateModel((model) => markProblems(model, build.store.getState().problems, projectDoctor.store.getState().diagnosis))
    const stopModels = syncModels(documents, fileLanguages)
    const disposables = [
      marked,
      followLiveProblems((path) => projectDoctor.store.getState().diagnosis?.files.includes(path) ?? false),
      provideFixes({ problems: () => build.store.getState().problems, diagnosis: () => projectDoctor.store.getState().diagnosis, isCurrent: projectDoctor.isCurrent }),
      provideLanguages(languages),
    ]
    stop = () => {
      for (const disposable of disposables) disposable.dispose()
      stopModels()
    }
  }
  return () => {
    if (--users === 0) stop()
  }
}
