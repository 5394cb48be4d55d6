import { useEffect, useRef, type ReactElement } from 'react'
import { editor } from 'monaco-editor/editor'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { useThemeId } from '../../themes'
import { showBreakpoints } from '../debugger/editor-breakpoints'
import { useCursorStore } from './cursor'
import { releaseEditorTarget, setEditorTarget } from './editor-actions'
import { groupOf } from './groups'
import { findModel, pathOfModel } from './monaco/models'
import { lineDecorations, markProblems } from './monaco/markers'
import { shareMonaco } from './monaco/share'
import { applyJsonSchemas } from './monaco/setup'

/** The editor of a group. Loaded when the first project opens, because Monaco is by far the largest part of the window. */
export function MonacoEditor({ group }: { group: string }): ReactElement {
  const { editor: text } = useStrings()
  const lab = useLab()
  const { documents, build, projects, projectDoctor, settings, debug } = lab
  const host = useRef<HTMLDivElement>(null)
  const instance = useRef<editor.IStandaloneCodeEditor>(null)
  /** The place that was shown last: coming back to the group or the tab does not show it again. */
  const revealed = useRef(0)
  const viewStates = useRef(new Map<string, editor.ICodeEditorViewState>())
  const theme = useThemeId()
  const { editorFontSize, editorTabSize, editorWordWrap, editorMinimap, zoom } = useStore(settings.store)
  const active = useStore(documents.store, (state) => groupOf(state.groups, group).active)
  const focused = useStore(documents.store, (state) => state.groups.focused === group)
  const attention = useStore(documents.store, (state) => state.attention)
  const present = useStore(documents.store, (state) => active !== undefined && state.documents[active] !== undefined)
  const reveal = useStore(documents.store, (state) => state.reveal)
  const problems = useStore(build.store, (state) => state.problems)
  const diagnosis = useStore(projectDoctor.store, (state) => state.diagnosis)
  const schemas = useStore(projects.store, (state) => state.schemas)

  useEffect(() => {
    if (!host.current) return
    const created = editor.create(host.current, editorOptions)
    instance.current = created
    const release = shareMonaco(lab)
    const marks = created.createDecorationsCollection()
    const redraw = (): void => {
      const model = created.getModel()
      marks.set(model ? lineDecorations(model) : [])
    }
    const showCursor = (): void => {
      if (documents.store.getState().groups.focused !== group) return
      const position = created.getModel() && created.getPosition()
      useCursorStore.setState({ cursor: position ? { line: position.lineNumber, column: position.column } : undefined })
    }
    const disposables = [
      showBreakpoints(created, { debug, documents }),
      editor.onDidChangeMarkers(redraw),
      created.onDidChangeModel(redraw),
      created.onDidChangeModel(showCursor),
      created.onDidChangeCursorPosition(showCursor),
      created.onDidChangeModelContent(() => {
        // Monaco waits for the next frame; what is typed shortly before one would be seen only in the frame after it.
        if (created.hasTextFocus()) queueMicrotask(() => created.render())
      }),
    ]
    redraw()
    return () => {
      for (const disposable of disposables) disposable.dispose()
      created.dispose()
      release()
      instance.current = null
      releaseEditorTarget(created)
      if (documents.store.getState().groups.focused === group) useCursorStore.setState({ cursor: undefined })
    }
  }, [lab, documents, debug, group])

  useEffect(() => {
    const shown = instance.current
    if (!shown || !focused) return
    setEditorTarget(shown)
    const position = shown.getModel() && shown.getPosition()
    useCursorStore.setState({ cursor: position ? { line: position.lineNumber, column: position.column } : undefined })
  }, [focused])

  useEffect(() => applyJsonSchemas(schemas), [schemas])
  useEffect(() => editor.setTheme(`bootlab-${theme}`), [theme])
  useEffect(() => {
    const fontSize = (editorFontSize * zoom) / 100
    instance.current?.updateOptions({
      fontSize,
      lineHeight: Math.round(fontSize * 1.54),
      tabSize: editorTabSize,
      wordWrap: editorWordWrap ? 'on' : 'off',
      minimap: { enabled: editorMinimap },
    })
  }, [editorFontSize, editorTabSize, editorWordWrap, editorMinimap, zoom])

  useEffect(() => {
    const shown = instance.current
    if (!shown) return
    const model = present && active !== undefined ? findModel(active) : null
    const previous = shown.getModel()
    if (model === previous) return
    const left = shown.saveViewState()
    if (previous && left) viewStates.current.set(pathOfModel(previous), left)
    shown.setModel(model)
    const own = active === undefined ? undefined : viewStates.current.get(active)
    // A split begins where the text was seen last.
    const other = own ? undefined : editor.getEditors().find((one) => one !== shown && model !== null && one.getModel() === model)
    if (other) revealed.current = documents.store.getState().reveal?.nonce ?? 0
    const state = own ?? other?.saveViewState()
    if (state) shown.restoreViewState(state)
  }, [active, present, documents])

  useEffect(() => {
    instance.current?.updateOptions({ ariaLabel: active === undefined ? '' : text.editorLabel(active) })
  }, [active, text])

  useEffect(() => {
    const shown = instance.current
    if (!shown || !focused || !present || !reveal || reveal.path !== active || revealed.current === reveal.nonce) return
    revealed.current = reveal.nonce
    const position = { lineNumber: reveal.line, column: reveal.column }
    shown.setPosition(position)
    shown.revealPositionInCenterIfOutsideViewport(position)
    if (!reveal.quiet) shown.focus()
  }, [reveal, active, present, focused])

  useEffect(() => {
    if (attention?.group === group && present) instance.current?.focus()
  }, [attention, group, present])

  useEffect(() => {
    for (const model of editor.getModels()) markProblems(model, problems, diagnosis)
  }, [problems, diagnosis])

  return <div ref={host} className="monaco-host" />
}

const editorOptions: editor.IStandaloneEditorConstructionOptions = {
  model: null,
  automaticLayout: true,
  glyphMargin: true,
  folding: true,
  lineNumbersMinChars: 3,
  fontFamily: "ui-monospace, 'SF Mono', 'Cascadia Code', Menlo, Consolas, 'DejaVu Sans Mono', monospace",
  fontLigatures: false,
  scrollBeyondLastLine: false,
  padding: { top: 10, bottom: 10 },
  smoothScrolling: true,
  renderWhitespace: 'selection',
  fixedOverflowWidgets: true,
  scrollbar: { verticalScrollbarSize: 11, horizontalScrollbarSize: 11, useShadows: false },
  overviewRulerBorder: false,
  detectIndentation: true,
  accessibilitySupport: 'auto',
  wordBasedSuggestions: 'currentDocument',
}
