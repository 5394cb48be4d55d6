/** Problems as marks in the editor, and the editor's own marks as problems. */
import { editor, MarkerSeverity, type IDisposable } from 'monaco-editor/editor'
import type { Problem } from '../../../../shared/problems'
import { useLiveProblemStore } from '../live-problems'
import { pathOfModel } from './models'

const BUILD_OWNER = 'build'
const JSON_OWNER = 'json'

const toSeverity = { error: MarkerSeverity.Error, warning: MarkerSeverity.Warning, info: MarkerSeverity.Info } as const

/** Marks the problems that name this model's file; one without a column covers its line's text. */
export function markProblems(model: editor.ITextModel, problems: readonly Problem[]): void {
  const path = pathOfModel(model)
  const markers = problems.flatMap((problem) => {
    if (problem.file !== path || problem.line === undefined) return []
    const line = Math.min(problem.line, model.getLineCount())
    return [{ ...rangeOf(model, problem, line), severity: toSeverity[problem.severity], message: messageOf(problem), source: problem.source }]
  })
  editor.setModelMarkers(model, BUILD_OWNER, markers)
}

function rangeOf(model: editor.ITextModel, problem: Problem, line: number) {
  const length = model.getLineMaxColumn(line)
  if (problem.column === undefined) {
    const first = model.getLineFirstNonWhitespaceColumn(line) || 1
    return { startLineNumber: line, startColumn: first, endLineNumber: line, endColumn: length }
  }
  const column = Math.min(problem.column, length)
  const endLineNumber = Math.min(problem.endLine ?? line, model.getLineCount())
  const word = model.getWordAtPosition({ lineNumber: line, column })
  const endColumn = problem.endColumn ?? word?.endColumn ?? column + 1
  return { startLineNumber: line, startColumn: column, endLineNumber, endColumn }
}

const messageOf = ({ message, next }: Problem): string => (next === undefined ? message : `${message}\n${next}`)

/** A tinted line and a sign in the margin for each marked line. */
export function lineDecorations(model: editor.ITextModel): editor.IModelDeltaDecoration[] {
  const worst = new Map<number, 'error' | 'warning'>()
  for (const { startLineNumber, severity } of editor.getModelMarkers({ resource: model.uri })) {
    if (severity === MarkerSeverity.Error) worst.set(startLineNumber, 'error')
    else if (severity === MarkerSeverity.Warning && !worst.has(startLineNumber)) worst.set(startLineNumber, 'warning')
  }
  return [...worst].map(([line, severity]) => ({
    range: { startLineNumber: line, startColumn: 1, endLineNumber: line, endColumn: 1 },
    options: { isWholeLine: true, className: `line-${severity}`, glyphMarginClassName: `glyph-${severity}` },
  }))
}

/** Keeps the list of problems found while typing up to date. */
export const followLiveProblems = (): IDisposable => editor.onDidChangeMarkers(collectLiveProblems)

function collectLiveProblems(): void {
  const problems = editor.getModels().flatMap((model) =>
    editor.getModelMarkers({ owner: JSON_OWNER, resource: model.uri }).map((marker): Problem => {
      const severity = marker.severity === MarkerSeverity.Error ? 'error' : 'warning'
      const file = pathOfModel(model)
      const source = file === 'bootlab.json' ? 'manifest' : 'target'
      const { message, startLineNumber: line, startColumn: column, endLineNumber: endLine, endColumn } = marker
      return { severity, source, message, file, line, column, endLine, endColumn }
    }),
  )
  useLiveProblemStore.setState({ problems })
}
