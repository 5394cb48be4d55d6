/**
 * Monaco with the parts that the lab uses, its workers, and its themes. Import it before creating an editor.
 * The comparison of two texts needs services of parts that nobody asks for by themselves: code lenses, symbols, drops, inlay hints,
 * inline completions, semantic tokens.
 */
import { editor, languages } from 'monaco-editor/editor'
import { jsonDefaults } from 'monaco-editor/languages/features/json/register'
import 'monaco-editor/languages/definitions/cpp/register'
import 'monaco-editor/languages/definitions/ini/register'
import 'monaco-editor/languages/definitions/markdown/register'
import 'monaco-editor/languages/definitions/rust/register'
import 'monaco-editor/languages/definitions/shell/register'
import 'monaco-editor/features/bracketMatching/register'
import 'monaco-editor/features/caretOperations/register'
import 'monaco-editor/features/clipboard/register'
import 'monaco-editor/features/codeAction/register'
import 'monaco-editor/features/codicon/register'
import 'monaco-editor/features/codelens/register'
import 'monaco-editor/features/comment/register'
import 'monaco-editor/features/contextmenu/register'
import 'monaco-editor/features/cursorUndo/register'
import 'monaco-editor/features/diffEditor/register'
import 'monaco-editor/features/dnd/register'
import 'monaco-editor/features/documentSymbols/register'
import 'monaco-editor/features/dropOrPasteInto/register'
import 'monaco-editor/features/find/register'
import 'monaco-editor/features/folding/register'
import 'monaco-editor/features/format/register'
import 'monaco-editor/features/gotoError/register'
import 'monaco-editor/features/gotoLine/register'
import 'monaco-editor/features/gotoSymbol/register'
import 'monaco-editor/features/hover/register'
import 'monaco-editor/features/indentation/register'
import 'monaco-editor/features/inlayHints/register'
import 'monaco-editor/features/inlineCompletions/register'
import 'monaco-editor/features/lineSelection/register'
import 'monaco-editor/features/linesOperations/register'
import 'monaco-editor/features/links/register'
import 'monaco-editor/features/multicursor/register'
import 'monaco-editor/features/quickCommand/register'
import 'monaco-editor/features/semanticTokens/register'
import 'monaco-editor/features/smartSelect/register'
import 'monaco-editor/features/snippet/register'
import 'monaco-editor/features/suggest/register'
import 'monaco-editor/features/toggleTabFocusMode/register'
import 'monaco-editor/features/wordHighlighter/register'
import 'monaco-editor/features/wordOperations/register'
import type { JsonSchemaEntry } from '../../../../shared/contract'
import { gasConfiguration, gasLanguage } from './gas'
import { GAS_LANGUAGE } from './gas-id'
import type { FileLanguage } from './languages'
import { linkerScriptConfiguration, linkerScriptLanguage } from './linker-script'
import { makefileConfiguration, makefileLanguage } from './makefile'
import { nasmConfiguration, nasmLanguage } from './nasm'
import { tomlConfiguration, tomlLanguage } from './toml'
import { themes } from '../../../themes'
import { editorTheme } from '../../../themes/editor-theme'

globalThis.MonacoEnvironment = {
  getWorker: (_moduleId, label) =>
    label === 'json'
      ? new Worker(new URL('./json-worker.ts', import.meta.url), { type: 'module' })
      : new Worker(new URL('./editor-worker.ts', import.meta.url), { type: 'module' }),
}

/** Languages that Monaco does not know. */
const own: Readonly<Partial<Record<FileLanguage, [languages.IMonarchLanguage, languages.LanguageConfiguration]>>> = {
  [GAS_LANGUAGE]: [gasLanguage, gasConfiguration],
  nasm: [nasmLanguage, nasmConfiguration],
  'linker-script': [linkerScriptLanguage, linkerScriptConfiguration],
  makefile: [makefileLanguage, makefileConfiguration],
  toml: [tomlLanguage, tomlConfiguration],
}
for (const [id, [grammar, configuration]] of Object.entries(own)) {
  languages.register({ id })
  languages.setMonarchTokensProvider(id, grammar)
  languages.setLanguageConfiguration(id, configuration)
}
for (const [id, theme] of Object.entries(themes)) editor.defineTheme(`bootlab-${id}`, editorTheme(theme))

// The icons' font, before the first icon needs it: an editor that lost its connection could not fetch it any more.
void document.fonts.load('16px codicon')

/** Checks JSON files against their schemas while they are typed. A build refuses what is wrong here, so it is an error. */
export function applyJsonSchemas(schemas: readonly JsonSchemaEntry[]): void {
  jsonDefaults.setDiagnosticsOptions({
    validate: true,
    allowComments: false,
    enableSchemaRequest: false,
    schemaValidation: 'error',
    schemas: schemas.map(({ uri, fileMatch, schema }) => ({ uri, fileMatch: [...fileMatch], schema })),
  })
}
