/** Problems as marks in the editor, and the editor's own marks as problems. */
import { editor, MarkerSeverity, type IDisposable, type IRange } from 'monaco-editor/editor'
import type { Diagnosis } from '../../../../shared/diagnosis'
import type { Problem } from '../../../../shared/problems'
import { currentStrings } from '../../../strings'
import { isFinding } from '../../doctor/diagnosis'
import { useLiveProblemStore } from '../live-problems'
import { pathOfModel, uriOf } from './models'

const BUILD_OWNER = 'build'
const DOCTOR_OWNER = 'doctor'
const JSON_OWNER = 'json'

const toSeverity = { error: MarkerSeverity.Error, warning: MarkerSeverity.Warning, info: MarkerSeverity.Info } as const

/** Marks the build's problems that name this model's file, but not where the doctor speaks about the same line. */
export function markProblems(model: editor.ITextModel, problems: readonly Problem[], diagnosis: Diagnosis | undefined): void {
  const path = pathOfModel(model)
  const found = diagnosis?.findings.filter(({ file }) => file === path) ?? []
  const doctors = new Set(found.map(({ line }) => line))
  editor.setModelMarkers(model, BUILD_OWNER, markersOf(model, problems.filter(({ file, line }) => file === path && !doctors.has(line ?? 0))))
  editor.setModelMarkers(model, DOCTOR_OWNER, markersOf(model, found))
}

/** The range that a problem is marked at; one without a column covers its line's text. */
export function markerRange(model: editor.ITextModel, problem: Problem): IRange | undefined {
  return problem.line === undefined ? undefined : rangeOf(model, problem, Math.min(problem.line, model.getLineCount()))
}

function markersOf(model: editor.ITextModel, problems: readonly Problem[]): editor.IMarkerData[] {
  return problems.flatMap((problem) => {
    const range = markerRange(model, problem)
    if (range === undefined) return []
    const source = isFinding(problem) ? currentStrings().fixes.doctor : problem.source
    return [{ ...range, severity: toSeverity[problem.severity], message: messageOf(problem), source, code: problem.code ?? '', relatedInformation: relatedOf(problem) }]
  })
}

/** Notes that name a place; the others are in the list of problems. */
function relatedOf({ notes = [] }: Problem): editor.IRelatedInformation[] {
  return notes.flatMap(({ file, line, column = 1, endLine = line, endColumn = column, message }) =>
    file === undefined || line === undefined || endLine === undefined
      ? []
      : [{ resource: uriOf(file), message, startLineNumber: line, startColumn: column, endLineNumber: endLine, endColumn }],
  )
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

const messageOf = (problem: Problem): string => [problem.message, isFinding(problem) ? problem.why : undefined, problem.next].filter((part) => part !== undefined).join('\n')

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

/**
 * Keeps the list of problems found while typing up to date.
 * @param isExamined whether the doctor examines a file: then JSON's own marks, which say less about the same places, are taken away
 */
export function followLiveProblems(isExamined: (path: string) => boolean): IDisposable {
  return editor.onDidChangeMarkers(() => {
    for (const model of editor.getModels()) {
      if (isExamined(pathOfModel(model)) && editor.getModelMarkers({ owner: JSON_OWNER, resource: model.uri }).length > 0) editor.setModelMarkers(model, JSON_OWNER, [])
    }
    collectLiveProblems()
  })
}

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
