/** Breakpoints in the editor: signs in the margin that are clicked, that move with their text, and the line where the machine is paused. */
import { editor, type IDisposable } from 'monaco-editor/editor'
import { currentStrings, onLanguageChanged } from '../../strings'
import type { Documents } from '../editor/documents'
import { findModel, pathOfModel } from '../editor/monaco/models'
import { lineOf, type Debugger, type OwnBreakpoint } from './debugger'
import { lookOf, stateText } from './words'

interface Parts {
  debug: Debugger
  documents: Documents
}

/** Those at lines of one file. */
const ofFile = (debug: Debugger, path: string): OwnBreakpoint[] => debug.store.getState().breakpoints.filter((one) => lineOf(one)?.file === path)

export function showBreakpoints(shown: editor.IStandaloneCodeEditor, { debug, documents }: Parts): IDisposable {
  const marks = shown.createDecorationsCollection()
  const hint = shown.createDecorationsCollection()
  /** The breakpoints that the decorations stand for, in their order, and where the person put them. */
  let marked: { id: number; line: number }[] = []
  let markedPath: string | undefined

  function draw(): void {
    const model = shown.getModel()
    markedPath = model ? pathOfModel(model) : undefined
    marked = []
    if (!model || markedPath === undefined) return marks.clear()
    const { placed, here } = debug.store.getState()
    const strings = currentStrings()
    const points = ofFile(debug, markedPath).flatMap((one): editor.IModelDeltaDecoration[] => {
      const line = Math.min(lineOf(one)?.line ?? 1, model.getLineCount())
      const look = lookOf(one, placed[one.id])
      const about = [strings.breakpoints.glyph[look], look === 'off' ? '' : stateText(one, placed[one.id], strings)].filter((part) => part !== '')
      marked.push({ id: one.id, line })
      return [decoration(line, { glyphMarginClassName: `breakpoint-glyph breakpoint-${look}`, glyphMarginHoverMessage: { value: about.join(': ') }, stickiness: editor.TrackedRangeStickiness.NeverGrowsWhenTypingAtEdges })]
    })
    const stands = here?.source?.path === markedPath && here.source.line <= model.getLineCount() ? [here.source.line] : []
    const pauses = stands.map((line) =>
      decoration(line, { isWholeLine: true, className: 'paused-line', glyphMarginClassName: 'paused-glyph', glyphMarginHoverMessage: { value: strings.breakpoints.glyph.here } }),
    )
    marks.set([...points, ...pauses])
  }

  /** The text changed: breakpoints go where their lines went. */
  function follow(): void {
    const model = shown.getModel()
    if (!model || markedPath === undefined || pathOfModel(model) !== markedPath) return
    const moved = new Map<number, number>()
    for (const [index, { id }] of marked.entries()) {
      const range = marks.getRange(index)
      if (range) moved.set(id, range.startLineNumber)
    }
    debug.moveLines(markedPath, moved)
  }

  function toggle(line: number): void {
    const model = shown.getModel()
    if (model) debug.toggleLine(pathOfModel(model), line)
  }

  const inMargin = ({ target }: editor.IEditorMouseEvent): number | undefined =>
    target.type === editor.MouseTargetType.GUTTER_GLYPH_MARGIN || target.type === editor.MouseTargetType.GUTTER_LINE_NUMBERS ? target.position.lineNumber : undefined

  const stopListening = debug.store.subscribe((state, before) => {
    if (state.breakpoints !== before.breakpoints || state.placed !== before.placed || state.here !== before.here) draw()
  })
  const stopDocuments = documents.store.subscribe((state, before) => {
    // A model that comes or goes is drawn anew.
    if (state.documents !== before.documents && markedPath !== undefined && findModel(markedPath) !== shown.getModel()) draw()
  })
  const stopLanguage = onLanguageChanged(draw)
  const listeners = [
    shown.onDidChangeModel(draw),
    shown.onDidChangeModelContent(follow),
    shown.onMouseDown((event) => {
      const line = inMargin(event)
      if (line === undefined || !event.event.leftButton || event.target.type !== editor.MouseTargetType.GUTTER_GLYPH_MARGIN) return
      event.event.preventDefault()
      toggle(line)
    }),
    shown.onMouseMove((event) => {
      const line = inMargin(event)
      hint.set(line === undefined ? [] : [decoration(line, { glyphMarginClassName: 'breakpoint-glyph breakpoint-hint' })])
    }),
    shown.onMouseLeave(() => hint.clear()),
  ]
  draw()
  return {
    dispose() {
      stopListening()
      stopDocuments()
      stopLanguage()
      for (const listener of listeners) listener.dispose()
    },
  }
}

function decoration(line: number, options: editor.IModelDecorationOptions): editor.IModelDeltaDecoration {
  return { range: { startLineNumber: line, startColumn: 1, endLineNumber: line, endColumn: 1 }, options }
}
