import { useEffect, useRef, type ReactElement } from 'react'
import { editor } from 'monaco-editor/editor'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { useThemeId } from '../../themes'
import { provideLanguages } from '../languages/providers'
import { useCursorStore } from './cursor'
import { setEditorTarget } from './editor-actions'
import { findModel, pathOfModel, syncModels } from './monaco/models'
import { provideFixes } from './monaco/code-actions'
import { followLiveProblems, lineDecorations, markProblems } from './monaco/markers'
import { applyJsonSchemas } from './monaco/setup'

/** The editor itself. Loaded when the first project opens, because Monaco is by far the largest part of the window. */
export function MonacoEditor(): ReactElement {
  const { editor: text } = useStrings()
  const { documents, build, projects, projectDoctor, languages, settings } = useLab()
  const host = useRef<HTMLDivElement>(null)
  const instance = useRef<editor.IStandaloneCodeEditor>(null)
  const viewStates = useRef(new Map<string, editor.ICodeEditorViewState>())
  const theme = useThemeId()
  const { editorFontSize, editorTabSize, editorWordWrap, editorMinimap, zoom } = useStore(settings.store)
  const active = useStore(documents.store, (state) => state.active)
  const present = useStore(documents.store, (state) => active !== undefined && state.documents[active] !== undefined)
  const reveal = useStore(documents.store, (state) => state.reveal)
  const problems = useStore(build.store, (state) => state.problems)
  const diagnosis = useStore(projectDoctor.store, (state) => state.diagnosis)
  const schemas = useStore(projects.store, (state) => state.schemas)

  useEffect(() => {
    if (!host.current) return
    const created = editor.create(host.current, editorOptions)
    instance.current = created
    setEditorTarget(created)
    const stopModels = syncModels(documents)
    const marks = created.createDecorationsCollection()
    const redraw = (): void => {
      const model = created.getModel()
      marks.set(model ? lineDecorations(model) : [])
    }
    const showCursor = (): void => {
      const position = created.getModel() && created.getPosition()
      useCursorStore.setState({ cursor: position ? { line: position.lineNumber, column: position.column } : undefined })
    }
    const disposables = [
      followLiveProblems((path) => projectDoctor.store.getState().diagnosis?.files.includes(path) ?? false),
      provideFixes({ problems: () => build.store.getState().problems, diagnosis: () => projectDoctor.store.getState().diagnosis, isCurrent: projectDoctor.isCurrent }),
      provideLanguages(languages),
      editor.onDidChangeMarkers(redraw),
      created.onDidChangeModel(redraw),
      created.onDidChangeModel(showCursor),
      created.onDidChangeCursorPosition(showCursor),
      editor.onDidCreateModel((model) => markProblems(model, build.store.getState().problems, projectDoctor.store.getState().diagnosis)),
    ]
    return () => {
      for (const disposable of disposables) disposable.dispose()
      created.dispose()
      stopModels()
      instance.current = null
      setEditorTarget(undefined)
      useCursorStore.setState({ cursor: undefined })
    }
  }, [documents, build, projectDoctor, languages])

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
    const state = active === undefined ? undefined : viewStates.current.get(active)
    if (state) shown.restoreViewState(state)
  }, [active, present])

  useEffect(() => {
    instance.current?.updateOptions({ ariaLabel: active === undefined ? '' : text.editorLabel(active) })
  }, [active, text])

  useEffect(() => {
    const shown = instance.current
    if (!shown || !present || !reveal || reveal.path !== active) return
    const position = { lineNumber: reveal.line, column: reveal.column }
    shown.setPosition(position)
    shown.revealPositionInCenterIfOutsideViewport(position)
    shown.focus()
  }, [reveal, active, present])

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
