/** The documentation of target specifications, from the table in the code, by language. */
import { describeKey, type KeyLanguage } from '../src/main/project/target/describe'
import { RETIRED_KEYS } from '../src/main/project/target/history'
import { isTargetKey, TARGET_KEYS, type TargetKeyName } from '../src/main/project/target/keys'
import { CHINESE } from './target-words-zh-CN'

/** What a page says besides what the table says. */
export interface PageWords {
  readonly introduction: string
  readonly columns: readonly string[]
  readonly required: string
  readonly goneWith: (release: string) => string
  readonly between: string
  readonly retired: string
  readonly retiredColumns: readonly string[]
  /** Of the rows that describe a key; English when absent. */
  readonly language?: KeyLanguage
  readonly doc: (name: TargetKeyName, english: string) => string
  /** Why a key is no more. */
  readonly why: (english: string) => string
}

const MADE_BY = 'node scripts/run.mjs scripts/target-keys.ts'

const ENGLISH: PageWords = {
  introduction: `# Target specifications

Made by \`${MADE_BY}\` from the table in \`src/main/project/target\`; not edited by hand.

A target specification is Rust's target JSON. In Bootlab it decides how Rust, C and assembly are compiled and linked. The editor
shows the same words on each key, and \`bootlab doctor\` says what is wrong with a specification, for the rustc that will read it, and mends it.

"Since" is the oldest rustc known to take a key (of 1.56, 1.63, 1.72, 1.85, 1.86, 1.90, 1.91, 1.95, 1.97); without one, 1.56 took it. "Default" is what
rustc takes for a key that is missing. "For C" is what the key comes to for clang and ld.lld.

## Keys
`,
  columns: ['key', 'value', 'meaning', 'default', 'since', 'for C'],
  required: ', required',
  goneWith: (release) => `gone with ${release}`,
  between: ', ',
  retired: 'Keys that were',
  retiredColumns: ['key', 'unknown to rustc since 1.', 'now', 'why'],
  doc: (_name, english) => english,
  why: (english) => english,
}

const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
const table = (columns: readonly string[], rows: readonly string[]): string => [row(columns), `|${'---|'.repeat(columns.length)}`, ...rows].join('\n')
const code = (text: string | undefined): string => (text === undefined ? '' : `\`${text}\``)

function page(words: PageWords): string {
  const keys = Object.keys(TARGET_KEYS)
    .filter(isTargetKey)
    .toSorted()
    .map((name) => {
      const { type, doc, byDefault, since, until, forC, required } = describeKey(name, words.language)
      const age = [since ?? [], until === undefined ? [] : words.goneWith(until)].flat().join(words.between)
      return row([code(name), `${type}${required ? words.required : ''}`, words.doc(name, doc), code(byDefault), age, forC])
    })
  const retired = Object.entries(RETIRED_KEYS)
    .filter(([name]) => !isTargetKey(name))
    .map(([name, { until, becomes, why }]) => row([code(name), String(until), code(becomes?.key), words.why(why)]))
  return `${words.introduction}\n${table(words.columns, keys)}\n\n## ${words.retired}\n\n${table(words.retiredColumns, retired)}\n`
}

/** Each page's path in the repository, and its text. */
export function targetPages(): Readonly<Record<string, string>> {
  return { 'docs/target-specification.md': page(ENGLISH), 'docs/zh-CN/target-specification.md': page(CHINESE) }
}
