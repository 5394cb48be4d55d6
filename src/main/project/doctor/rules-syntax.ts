/** What makes a text no JSON: rustc's reader is strict (RFC 8259). */
import { createScanner, printParseErrorCode } from 'jsonc-parser'
import type { Draft } from './finding'
import type { SpecContext, SpecRule } from './rule'

/** jsonc-parser's SyntaxKind values; its own declaration is a `const enum`, which isolated modules cannot read. */
const TOKEN = { openBrace: 1, closeBrace: 2, openBracket: 3, closeBracket: 4, comma: 5, lineComment: 12, blockComment: 13, lineBreak: 14, blank: 15, end: 17 } as const
const COMMENTS: readonly number[] = [TOKEN.lineComment, TOKEN.blockComment]
const TRIVIA: readonly number[] = [...COMMENTS, TOKEN.lineBreak, TOKEN.blank]

interface Token {
  kind: number
  offset: number
  length: number
}

function tokens(text: string): Token[] {
  const scanner = createScanner(text, false)
  const found: Token[] = []
  for (let kind: number = scanner.scan(); kind !== TOKEN.end; kind = scanner.scan()) found.push({ kind, offset: scanner.getTokenOffset(), length: scanner.getTokenLength() })
  return found
}

function* byteOrderMark({ spec }: SpecContext): Iterable<Draft> {
  if (!spec.text.startsWith('\uFEFF')) return
  const at = { offset: 0, length: 1 }
  yield {
    id: 'json-bom',
    severity: 'error',
    what: 'The file starts with a byte-order mark.',
    why: 'JSON allows none, so rustc stops at the very first character.',
    at,
    fix: { title: 'Take out the byte-order mark', edits: [{ ...at, text: '' }] },
  }
}

function* comments({ spec: { text } }: SpecContext): Iterable<Draft> {
  for (const { kind, offset, length } of tokens(text)) {
    if (!COMMENTS.includes(kind)) continue
    yield {
      id: 'json-comment',
      severity: 'error',
      what: 'A comment stands in the specification.',
      why: 'JSON has no comments, and rustc refuses a file that has one.',
      at: { offset, length },
      fix: { title: 'Take out the comment', edits: [{ ...wholeLine(text, offset, length), text: '' }] },
    }
  }
}

/** The comment with its line when nothing else stands there, else with the blanks before it. */
function wholeLine(text: string, offset: number, length: number): { offset: number; length: number } {
  const start = offset - (/[ \t]*$/.exec(text.slice(0, offset))?.[0].length ?? 0)
  const rest = /^[ \t]*(\r?\n)?/.exec(text.slice(offset + length))
  const alone = (start === 0 || text[start - 1] === '\n') && rest?.[1] !== undefined
  return { offset: start, length: offset + length - start + (alone ? rest[0].length : 0) }
}

function* trailingCommas({ spec: { text } }: SpecContext): Iterable<Draft> {
  const solid = tokens(text).filter(({ kind }) => !TRIVIA.includes(kind))
  for (const [index, { kind, offset, length }] of solid.entries()) {
    const next = solid[index + 1]?.kind
    if (kind !== TOKEN.comma || (next !== TOKEN.closeBrace && next !== TOKEN.closeBracket)) continue
    yield {
      id: 'json-trailing-comma',
      severity: 'error',
      what: 'A comma stands after the last entry.',
      why: 'In JSON a comma separates two entries, so rustc expects another one and finds none.',
      at: { offset, length },
      fix: { title: 'Take out the comma', edits: [{ offset, length, text: '' }] },
    }
  }
}

function* brokenJson({ spec }: SpecContext): Iterable<Draft> {
  const [first] = spec.errors
  if (first !== undefined) {
    const name = printParseErrorCode(first.error)
    const at = { offset: first.offset, length: first.length }
    if (name === 'CommaExpected') {
      const end = spec.text.slice(0, first.offset).trimEnd().length
      yield {
        id: 'json-missing-comma',
        severity: 'error',
        what: 'The comma between two entries is missing.',
        why: 'Without it rustc cannot tell where one entry ends and the next begins.',
        at,
        fix: { title: 'Insert the comma', edits: [{ offset: end, length: 0, text: ',' }] },
      }
    } else if (unclosed(spec.text) !== '' && first.offset >= spec.text.trimEnd().length) {
      const end = spec.text.trimEnd().length
      yield {
        id: 'json-unclosed',
        severity: 'error',
        what: `The end of the file is missing: ${unclosed(spec.text)} to close what was opened.`,
        why: 'rustc reads on until the object ends, and finds the end of the file instead.',
        at: { offset: end, length: 0 },
        fix: { title: `Add ${unclosed(spec.text)}`, edits: [{ offset: end, length: 0, text: `${spec.eol}${unclosed(spec.text)}` }] },
      }
    } else {
      yield {
        id: 'json-syntax',
        severity: 'error',
        what: `This is not JSON: ${SYNTAX[name] ?? name}.`,
        why: 'A target specification is one JSON object; rustc reads nothing of a file that is not.',
        at,
        next: 'Correct this place; the rest is looked at afterwards.',
      }
    }
  } else if (!spec.isObject) {
    yield {
      id: 'json-syntax',
      severity: 'error',
      what: 'A target specification is an object in braces, and this is none.',
      why: 'rustc looks for keys such as "llvm-target", and there are none.',
      at: spec.start,
      next: 'Start from the specification of a template (bootlab new).',
    }
  }
}

/** What closes the braces and brackets that are open at the end of a text; empty when none is, or when they are crossed. */
function unclosed(text: string): string {
  const open: string[] = []
  for (const { kind } of tokens(text)) {
    if (kind === TOKEN.openBrace) open.unshift('}')
    else if (kind === TOKEN.openBracket) open.unshift(']')
    else if (kind === TOKEN.closeBrace || kind === TOKEN.closeBracket) {
      if (open.shift() !== (kind === TOKEN.closeBrace ? '}' : ']')) return ''
    }
  }
  return open.join('')
}

const SYNTAX: Readonly<Record<string, string>> = {
  InvalidSymbol: 'text needs double quotes',
  InvalidNumberFormat: 'a number is written wrongly',
  PropertyNameExpected: 'a key in double quotes must stand here',
  ValueExpected: 'a value must stand here',
  ColonExpected: 'a colon must stand between key and value',
  CloseBraceExpected: 'the closing } is missing',
  CloseBracketExpected: 'the closing ] is missing',
  EndOfFileExpected: 'something stands after the end of the object',
  UnexpectedEndOfComment: 'a comment never ends',
  UnexpectedEndOfString: 'a closing double quote is missing',
  UnexpectedEndOfNumber: 'a number breaks off',
  InvalidUnicode: '\\u needs four hexadecimal digits',
  InvalidEscapeCharacter: 'there is no such escape after the backslash',
  InvalidCharacter: 'a control character must be written as an escape',
}

function* duplicates({ spec }: SpecContext): Iterable<Draft> {
  for (const [index, property] of spec.properties.entries()) {
    if (!spec.properties.slice(index + 1).some(({ name }) => name === property.name)) continue
    yield {
      id: 'duplicate-key',
      severity: 'error',
      what: `"${property.name}" stands here, and once more below.`,
      why: 'Only one of the two can count: old compilers took the last, and today rustc refuses the file.',
      at: property.keyNode,
      fix: { title: 'Keep the last', edits: [spec.remove(property)] },
    }
  }
}

export const SYNTAX_RULES: readonly SpecRule[] = [byteOrderMark, comments, trailingCommas, brokenJson, duplicates]
