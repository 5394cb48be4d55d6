/** Monaco's JSON language, in a worker of its own. */
import 'monaco-editor/languages/features/json/json.worker'
