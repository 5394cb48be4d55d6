/** Rust source as text: which parts are code. Source: The Rust Reference, chapters Comments and Tokens. */

const LEXEMES = [
  // Line comments.
  String.raw`\/\/[^\n]*`,
  // Raw strings, with any number of hashes.
  String.raw`b?r(?<hashes>#*)"[\s\S]*?"\k<hashes>`,
  // Strings and characters; a lifetime has no closing quote.
  String.raw`b?"(?:\\[\s\S]|[^"\\])*"`,
  String.raw`b?'(?:\\(?:x[0-9a-fA-F]{2}|u\{[^}]*\}|[\s\S])|[^'\\\n])'`,
]
const LEXEME = new RegExp(LEXEMES.join('|'), 'g')

/** The source with comments as blanks of the same length: places stay what they were. With `strings`, their content too. */
export function codeOf(source: string, strings: 'keep' | 'blank' = 'keep'): string {
  return withoutBlockComments(source).replace(LEXEME, (lexeme) => (lexeme.startsWith('//') || strings === 'blank' ? blank(lexeme) : lexeme))
}

const blank = (text: string): string => text.replace(/[^\n]/g, ' ')

/** Block comments nest, which a regular expression cannot follow. */
function withoutBlockComments(source: string): string {
  if (!source.includes('/*')) return source
  const out: string[] = []
  let at = 0
  let depth = 0
  const token = new RegExp(String.raw`\/\*|\*\/|${LEXEMES.join('|')}`, 'g')
  while (at < source.length) {
    token.lastIndex = at
    const match = depth === 0 ? token.exec(source) : nextMark(source, at)
    if (match === null) break
    const end = match.index + match[0].length
    const before = source.slice(at, match.index)
    const opens = match[0] === '/*'
    const closes = match[0] === '*/' && depth > 0
    out.push(depth > 0 ? blank(before) : before, opens || closes ? blank(match[0]) : match[0])
    depth += opens ? 1 : closes ? -1 : 0
    at = end
  }
  const rest = source.slice(at)
  return out.join('') + (depth > 0 ? blank(rest) : rest)
}

function nextMark(source: string, at: number): RegExpExecArray | null {
  const mark = /\/\*|\*\//g
  mark.lastIndex = at
  return mark.exec(source)
}

/** The place after the brace that closes the one at `open`; the end of the text when none does. */
export function closingBrace(code: string, open: number): number {
  let depth = 0
  for (let at = open; at < code.length; at++) {
    if (code[at] === '{') depth++
    else if (code[at] === '}' && --depth === 0) return at + 1
  }
  return code.length
}
