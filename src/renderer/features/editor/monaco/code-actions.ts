/** Quick fixes in the editor: the light bulb beside a problem that a change can mend. */
import { languages, Range, type editor, type IDisposable } from 'monaco-editor/editor'
import type { Diagnosis } from '../../../../shared/diagnosis'
import type { Problem } from '../../../../shared/problems'
import { currentStrings } from '../../../strings'
import { markerRange } from './markers'
import { pathOfModel } from './models'

export interface FixSource {
  problems(): readonly Problem[]
  diagnosis(): Diagnosis | undefined
  /** Whether the places of a problem's fix are those of the text as it stands. */
  isCurrent(problem: Problem): boolean
}

/** Offers the fixes of problems at the cursor, and all of the doctor's for the file. */
export function provideFixes(source: FixSource): IDisposable {
  return languages.registerCodeActionProvider('*', {
    provideCodeActions(model, range, context) {
      const path = pathOfModel(model)
      const diagnosis = source.diagnosis()
      const found = diagnosis?.findings.filter(({ file }) => file === path) ?? []
      const here = [...found, ...source.problems().filter(({ file }) => file === path)].filter((problem) => {
        const marked = markerRange(model, problem)
        return problem.fix !== undefined && marked !== undefined && source.isCurrent(problem) && Range.areIntersectingOrTouching(marked, range)
      })
      const actions = here.flatMap((problem) => actionOf(model, path, problem, context.markers))
      const repair = diagnosis?.repairs.find((one) => one.path === path)
      const count = found.filter(({ fix }) => fix !== undefined).length
      if (repair !== undefined && here.length > 0 && count > 1) {
        actions.push({
          title: currentStrings().fixes.allInFile(count),
          kind: 'quickfix',
          edit: { edits: [{ resource: model.uri, versionId: model.getVersionId(), textEdit: { range: model.getFullModelRange(), text: repair.text } }] },
        })
      }
      return { actions, dispose: () => undefined }
    },
  })
}

/** Fixes that reach into other files are made from the list of problems, where they can be looked at. */
function actionOf(model: editor.ITextModel, path: string, problem: Problem, markers: readonly editor.IMarkerData[]): languages.CodeAction[] {
  const { fix } = problem
  if (fix === undefined || fix.edits.some(({ file }) => file !== path)) return []
  const marked = markerRange(model, problem)
  const diagnostics = markers.filter((marker) => marked !== undefined && marker.startLineNumber === marked.startLineNumber && marker.startColumn === marked.startColumn)
  const edits = fix.edits.map(({ range: { line, column, endLine, endColumn }, text }) => ({
    resource: model.uri,
    versionId: model.getVersionId(),
    textEdit: { range: new Range(line, column, endLine, endColumn), text },
  }))
  return [{ title: fix.title, kind: 'quickfix', isPreferred: true, diagnostics: [...diagnostics], edit: { edits } }]
}
