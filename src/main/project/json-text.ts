import { createScanner, parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser'
import type { z } from 'zod'
import type { Problem, ProblemSource, TextRange } from '../../shared/problems'
import { LineIndex } from './line-index'

/** jsonc-parser's SyntaxKind values; its own declaration is a `const enum`, which isolated modules cannot read. */
const TOKEN = { openBrace: 1, closeBrace: 2, openBracket: 3, closeBracket: 4, lineComment: 12, blockComment: 13, end: 17 } as const

/** Deeper nesting than any manifest or target specification has; parsers recurse, so this bounds the stack. */
const MAX_DEPTH = 32
const MAX_PROBLEMS = 50

const SYNTAX_SENTENCES: Readonly<Record<string, string>> = {
  InvalidSymbol: 'This is not a JSON value. Text needs double quotes.',
  InvalidNumberFormat: 'This number is not written as JSON numbers are.',
  PropertyNameExpected: 'A key in double quotes must stand here; JSON allows no comma after the last entry.',
  ValueExpected: 'A value must stand here; JSON allows no comma after the last entry.',
  ColonExpected: 'A colon must stand between key and value.',
  CommaExpected: 'A comma must stand between two entries.',
  CloseBraceExpected: 'The object that was opened is never closed: `}` is missing.',
  CloseBracketExpected: 'The list that was opened is never closed: `]` is missing.',
  EndOfFileExpected: 'The file must end after its one JSON value.',
  UnexpectedEndOfComment: 'This comment never ends.',
  UnexpectedEndOfString: 'The closing double quote is missing.',
  UnexpectedEndOfNumber: 'The number breaks off.',
  InvalidUnicode: 'A \\u must be followed by four hexadecimal digits.',
  InvalidEscapeCharacter: 'JSON knows no such escape after the backslash.',
  InvalidCharacter: 'This character must be written as an escape (\\u0000).',
}

/** A JSON text that parsed, with the way back from values to places. */
export class JsonDocument {
  readonly value: unknown
  private readonly root: Node
  private readonly places: LineIndex

  constructor(root: Node, places: LineIndex) {
    this.root = root
    this.places = places
    this.value = toValue(root)
  }

  /** Where the value at `path` stands; for a key that is missing, the nearest enclosing value's key or start. */
  locate(path: readonly PropertyKey[]): TextRange {
    let node = this.root
    for (const segment of path) {
      const next = child(node, segment)
      if (next === undefined) break
      node = next
    }
    return this.range(node)
  }

  /** Whether there is a value at `path`. */
  has(path: readonly PropertyKey[]): boolean {
    return path.reduce<Node | undefined>((node, segment) => (node ? child(node, segment) : undefined), this.root) !== undefined
  }

  /** Where the key itself (not its value) at `path` stands. */
  locateKey(path: readonly PropertyKey[]): TextRange {
    const last = path.at(-1)
    const owner = path.slice(0, -1).reduce<Node | undefined>((node, segment) => (node ? child(node, segment) : undefined), this.root)
    const property = owner?.children?.find((entry) => entry.type === 'property' && entry.children?.[0]?.value === last)
    const key = property?.children?.[0]
    return key ? this.places.range(key.offset, key.length) : this.locate(path)
  }

  private range(node: Node): TextRange {
    // A whole object would mark the entire file: show its opening brace only.
    return this.places.range(node.offset, node.type === 'object' || node.type === 'array' ? 1 : node.length)
  }
}

/** The outcome of parsing: a document, or the problems that prevented one (never both, never none). */
export type JsonResult = { ok: true; document: JsonDocument } | { ok: false; problems: Problem[] }

/** Parse strict JSON, reporting each deviation (comments and trailing commas too) at its place. */
export function parseJsonText(text: string, file: string, source: ProblemSource): JsonResult {
  const places = new LineIndex(text)
  const problem = (offset: number, length: number, message: string): Problem => ({
    severity: 'error',
    source,
    file,
    message,
    ...places.range(offset, length),
  })
  if (text.startsWith('\uFEFF')) {
    return { ok: false, problems: [problem(0, 1, 'The file starts with a byte-order mark, which JSON does not allow: save it as UTF-8 without BOM.')] }
  }
  const problems: Problem[] = []
  const tooDeep = scan(text, (offset, length) => {
    if (problems.length < MAX_PROBLEMS) problems.push(problem(offset, length, 'JSON has no comments, and rustc refuses a file that has one: remove it.'))
  })
  if (tooDeep !== undefined) return { ok: false, problems: [problem(tooDeep, 1, `Nesting deeper than ${MAX_DEPTH} levels: this is not such a file.`)] }

  const errors: ParseError[] = []
  const root = parseTree(text, errors, { allowTrailingComma: false, disallowComments: false })
  // The parser may complain twice about one place; its first complaint is the one that helps.
  const firsts = errors.filter((error, index) => errors.findIndex(({ offset }) => offset === error.offset) === index)
  for (const error of firsts.slice(0, MAX_PROBLEMS)) {
    const name = printParseErrorCode(error.error)
    problems.push(problem(error.offset, error.length, SYNTAX_SENTENCES[name] ?? `JSON syntax error: ${name}.`))
  }
  if (root !== undefined) collectDuplicates(root, (node, key) => problems.push(problem(node.offset, node.length, `The key ${JSON.stringify(key)} stands here a second time.`)))
  if (problems.length > 0) return { ok: false, problems: problems.toSorted(byPlace) }
  if (root === undefined) return { ok: false, problems: [problem(0, 1, 'The file holds no JSON value.')] }
  return { ok: true, document: new JsonDocument(root, places) }
}

/** Turn zod's issues into problems at the places they are about. */
export function problemsOfIssues(issues: readonly z.core.$ZodIssue[], document: JsonDocument, file: string, source: ProblemSource): Problem[] {
  return issues.flatMap((issue) => {
    const path = issue.path
    const name = path.map(String).join('.')
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        severity: 'error' as const,
        source,
        file,
        message: `${JSON.stringify([...path, key].map(String).join('.'))} is not a key that is known here.`,
        ...document.locateKey([...path, key]),
      }))
    }
    if (name !== '' && !document.has(path)) {
      return [{ severity: 'error' as const, source, file, message: `The key ${JSON.stringify(name)} is missing, and it is needed.`, ...document.locate(path) }]
    }
    const message = name === '' ? issue.message : `${JSON.stringify(name)}: ${issue.message}`
    return [{ severity: 'error' as const, source, file, message, ...document.locate(path) }]
  })
}

function byPlace(a: Problem, b: Problem): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)
}

/** Report comments; return the offset at which nesting becomes too deep, if it does. */
function scan(text: string, onComment: (offset: number, length: number) => void): number | undefined {
  const scanner = createScanner(text, false)
  let depth = 0
  for (let token: number = scanner.scan(); token !== TOKEN.end; token = scanner.scan()) {
    if (token === TOKEN.openBrace || token === TOKEN.openBracket) {
      if (++depth > MAX_DEPTH) return scanner.getTokenOffset()
    } else if (token === TOKEN.closeBrace || token === TOKEN.closeBracket) depth -= 1
    else if (token === TOKEN.lineComment || token === TOKEN.blockComment) onComment(scanner.getTokenOffset(), scanner.getTokenLength())
  }
  return undefined
}

function collectDuplicates(node: Node, report: (node: Node, key: string) => void): void {
  const seen = new Set<string>()
  for (const entry of node.children ?? []) {
    if (entry.type === 'property') {
      const key = entry.children?.[0]
      const value = entry.children?.[1]
      if (typeof key?.value === 'string') {
        if (seen.has(key.value)) report(key, key.value)
        seen.add(key.value)
      }
      if (value) collectDuplicates(value, report)
    } else collectDuplicates(entry, report)
  }
}

function child(node: Node, segment: PropertyKey): Node | undefined {
  if (node.type === 'array' && typeof segment === 'number') return node.children?.[segment]
  return node.children?.find((entry) => entry.type === 'property' && entry.children?.[0]?.value === segment)?.children?.[1]
}

function toValue(node: Node): unknown {
  if (node.type === 'array') return (node.children ?? []).map(toValue)
  if (node.type === 'object') {
    // fromEntries defines properties, so that a "__proto__" key stays data.
    return Object.fromEntries(
      (node.children ?? []).flatMap((entry) => {
        const [key, value] = entry.children ?? []
        return typeof key?.value === 'string' && value ? [[key.value, toValue(value)] as const] : []
      }),
    )
  }
  return node.value
}
