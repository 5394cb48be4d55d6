/** Monaco's background work for all other languages. */
import 'monaco-editor/editor/editor.worker'
