/** Places in source files that any tool's line names: `a.c:3:5`, `a.c(3,5)`, `--> src/main.rs:3:5`, `[Makefile:12: all]`, `File "x.py", line 3`. */

export interface Location {
  /** Where in the text it stands: from `start` up to, not including, `end`. */
  readonly start: number
  readonly end: number
  /** As the text has it. */
  readonly file: string
  readonly line: number
  readonly column: number | undefined
}

/** A path without blanks: what may be in the middle of it, and what it may begin with. */
const PATH = String.raw`(?:\b[A-Za-z]:[\\/])?[^\s:"'\x60<>|()[\]{},;*?=]+`
const FORMS = new RegExp(
  [
    // gcc, clang, rustc, nasm, lld, make
    String.raw`(?<colonFile>${PATH}):(?<colonLine>[1-9]\d{0,6})(?::(?<colonColumn>[1-9]\d{0,5}))?(?![\w.])`,
    // Microsoft, TypeScript
    String.raw`(?<parenFile>${PATH})\((?<parenLine>[1-9]\d{0,6})(?:,(?<parenColumn>[1-9]\d{0,5}))?\)`,
    // Python
    String.raw`File "(?<quotedFile>[^"]+)", line (?<quotedLine>[1-9]\d{0,6})`,
  ].join('|'),
  'g',
)
/** An extension with a letter, or a name that build tools know: times, versions and addresses have neither. */
const NAMES_A_FILE = /(?:\.\w*[A-Za-z]\w*|(?:^|[\\/])(?:GNU)?[Mm]akefile)$/
/** No line of a tool needs more; a line of minified text would take long. */
const LONGEST = 4_000

export function findLocations(text: string): Location[] {
  if (text.length > LONGEST || !/\d/.test(text)) return []
  const found: Location[] = []
  for (const match of text.matchAll(FORMS)) {
    const { colonFile, colonLine, colonColumn, parenFile, parenLine, parenColumn, quotedFile, quotedLine } = match.groups ?? {}
    const file = colonFile ?? parenFile ?? quotedFile ?? ''
    if (!NAMES_A_FILE.test(file) || file.startsWith('//')) continue
    const column = colonColumn ?? parenColumn
    const start = match.index
    found.push({ start, end: start + match[0].length, file, line: Number(colonLine ?? parenLine ?? quotedLine), column: column === undefined ? undefined : Number(column) })
  }
  return found
}

/**
 * The project's file that a tool means: by its path from the project's folder, its absolute path, or the end of its path, where only one file ends
 * so (make runs tools in folders below). Undefined for files of others.
 */
export function projectFile(named: string, files: ReadonlySet<string>, directory: string): string | undefined {
  const slashes = named.replaceAll('\\', '/')
  const root = `${directory.replaceAll('\\', '/').replace(/\/$/, '')}/`
  const path = normalize(slashes.startsWith(root) ? slashes.slice(root.length) : slashes)
  if (files.has(path)) return path
  if (/^(?:\/|[A-Za-z]:)/.test(path)) return undefined
  const end = `/${path.replace(/^(?:\.\.\/)+/, '')}`
  const ending = [...files].filter((file) => `/${file}`.endsWith(end))
  return ending.length === 1 ? ending[0] : undefined
}

/** Without `.` and, where it can be told, `..`. */
function normalize(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '.') continue
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else parts.push(part)
  }
  return parts.join('/')
}
