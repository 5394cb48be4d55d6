import type { Problem, ProblemNote, ProblemSeverity, ProblemSource, TextEdit } from '../../../shared/problems'

/** A line of a tool's output, with the problem that it reports. */
export interface DiagnosedLine {
  text: string
  problem?: Problem
}

/**
 * `file:line:column:{ranges}: severity: message [-Wflag]`, as clang writes with -fdiagnostics-print-source-range-info
 * (clang's User's Manual, "Formatting of Diagnostics"). The file may begin with a drive letter.
 */
const LOCATED = /^((?:[A-Za-z]:[\\/])?[^:]+):(\d+):(\d+):(?:\{(\d+):(\d+)-(\d+):(\d+)\}(?:\{[^}]*\})*:)? (fatal error|error|warning|note|remark): (.*)$/
/** The ranges, which are for programs: the log does without. */
const RANGES = /^((?:[A-Za-z]:[\\/])?[^:]+:\d+:\d+:)(?:\{[^}]*\})+:/
const BARE = /^(?:(?:zig|clang)(?:\.exe)?: )?(fatal error|error|warning|note): (.*)$/
const FEATURE = /^'[+-][^']+' is not a recognized feature for this target/
const CRASH = /^(LLVM ERROR: .*|Stack dump:.*|PLEASE submit a bug report.*)$/
const WARNING_FLAG = / \[(-W[^\]]+)\]$/

const SEVERITY: Readonly<Record<string, ProblemSeverity>> = { 'fatal error': 'error', error: 'error', warning: 'warning', note: 'info', remark: 'info' }

/** `fix-it:"file":{line:column-line:column}:"text"`, as clang writes with -fdiagnostics-parseable-fixits; for programs, too. */
const FIX = /^fix-it:"((?:[^"\\]|\\.)*)":\{(\d+):(\d+)-(\d+):(\d+)\}:"((?:[^"\\]|\\.)*)"$/

/** What to do about clang's commoner sentences, where it does not say so itself. */
const HINTS: readonly { pattern: RegExp; next: string }[] = [
  { pattern: /No space left on device/, next: 'Make room on the disk, and build again: what was built before is still there.' },
  { pattern: /Read-only file system|Permission denied/, next: 'Make the project folder and its build folder writable, or copy the project to a place of your own.' },
  { pattern: /^'(stdio|stdlib|string|unistd|math|time|assert|errno|ctype)\.h' file not found/, next: 'A kernel has no C library. The headers that need none are there: stddef.h, stdint.h, stdarg.h, stdbool.h, limits.h, float.h.' },
  { pattern: /file not found$/, next: 'Check the name; folders to search stand under "includeDirs" in bootlab.json.' },
  { pattern: /^call to undeclared function|^use of undeclared identifier '[^']*'$/, next: 'Declare it before its use, or include the header that does.' },
  { pattern: /^invalid instruction mnemonic|^unknown directive|^unknown use of instruction mnemonic/, next: 'Check the spelling. Files in nasm\'s syntax are called .asm, or have "assembler": "nasm" in bootlab.json.' },
  { pattern: /^incompatible integer to pointer conversion/, next: 'Say that the number is an address with a cast, such as (volatile char *)0xb8000.' },
  { pattern: /^ambiguous instructions require an explicit suffix/, next: 'Say the size with a suffix: b for 8 bits, w for 16, l for 32, q for 64.' },
  { pattern: /^instruction requires: (Not )?64-bit mode|^register %[a-z0-9]+ is only available in 64-bit mode/, next: 'Choose an x86_64 target specification, or write the instruction for 32 bits.' },
  { pattern: /^expected absolute expression|^invalid operand for instruction/, next: 'In AT&T syntax the source stands first, numbers have a $ and registers a %; `.intel_syntax noprefix` changes that.' },
]

/**
 * Read what clang printed. Columns stay as clang counts them, in bytes; files stay as clang names them. Notes hang on the problem
 * that they follow, fix-its become its fix.
 */
export function parseClangOutput(output: string, source: ProblemSource): DiagnosedLine[] {
  const lines: DiagnosedLine[] = []
  let current: Problem | undefined
  /** Where edits that follow belong: clang offers those of a note as another way, which counts when the error has none. */
  let edits: TextEdit[] = []
  for (const text of output.split(/\r?\n/)) {
    const fix = FIX.exec(text)
    if (fix !== null) {
      edits.push(editOf(fix))
      if (current !== undefined && (current.fix === undefined || current.fix.edits === edits)) current.fix = { title: titleOf(edits), edits }
      continue
    }
    const found = located(text, source) ?? bare(text, source)
    if (found !== undefined) edits = []
    if (found?.severity === 'info' && current !== undefined) {
      current.notes = [...(current.notes ?? []), noteOf(found)]
      lines.push({ text: text.replace(RANGES, '$1') })
      continue
    }
    if (found === undefined) lines.push({ text })
    else {
      const next = HINTS.find(({ pattern }) => pattern.test(found.message))?.next
      current = next === undefined ? found : { ...found, next }
      lines.push({ text: text.replace(RANGES, '$1'), problem: current })
    }
  }
  // The output ends with a line's end.
  if (lines.at(-1)?.text === '') lines.pop()
  return lines
}

function editOf([, file = '', line, column, endLine, endColumn, text = '']: RegExpExecArray): TextEdit {
  return { file: unescapeText(file), range: { line: Number(line), column: Number(column), endLine: Number(endLine), endColumn: Number(endColumn) }, text: unescapeText(text) }
}

function titleOf(edits: readonly TextEdit[]): string {
  const [edit] = edits
  if (edit === undefined || edits.length > 1) return `Change ${edits.length} places`
  const { range, text } = edit
  if (text === '') return 'Remove this'
  const inserted = range.line === range.endLine && range.column === range.endColumn
  return `${inserted ? 'Insert' : 'Change to'} ${text.trim()}`
}

function noteOf({ message, file, line, column, endLine, endColumn }: Problem): ProblemNote {
  // Text that the compiler made up itself (`<inline asm>`) is nowhere to go to.
  if (file?.startsWith('<')) return { message }
  const place = { file, line, column, endLine, endColumn }
  return { message, ...Object.fromEntries(Object.entries(place).filter(([, value]) => value !== undefined)) }
}

/** C's escapes, with bytes beyond ASCII in octal. */
function unescapeText(text: string): string {
  const bytes: number[] = []
  for (const [part, octal, letter] of text.matchAll(/\\([0-7]{3})|\\(.)|[^\\]+/gu)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8))
    else bytes.push(...Buffer.from(letter === undefined ? part : (LETTERS[letter] ?? letter)))
  }
  return Buffer.from(bytes).toString('utf8')
}

const LETTERS: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' }

function located(text: string, source: ProblemSource): Problem | undefined {
  const match = LOCATED.exec(text)
  if (match === null) return undefined
  const [, file = '', line, column, startLine, , endLine, endColumn, severity = '', rest = ''] = match
  const flag = WARNING_FLAG.exec(rest)?.[1]
  const problem: Problem = {
    severity: SEVERITY[severity] ?? 'error',
    source,
    message: rest.replace(WARNING_FLAG, ''),
    file,
    line: Number(line),
    column: Number(column),
  }
  if (flag !== undefined) problem.code = flag
  // The range may begin before the place that clang names; the mark shall begin at that place.
  if (startLine !== undefined && Number(endLine) >= Number(line)) {
    problem.endLine = Number(endLine)
    problem.endColumn = Number(endColumn)
  }
  return problem
}

function bare(text: string, source: ProblemSource): Problem | undefined {
  if (FEATURE.test(text)) return { severity: 'warning', source, message: text }
  if (CRASH.test(text)) return { severity: 'error', source, message: `The compiler stopped: ${text}` }
  const match = BARE.exec(text)
  if (match === null) return undefined
  const message = match[2] ?? ''
  return { severity: SEVERITY[match[1] ?? ''] ?? 'error', source, message: message.replace(WARNING_FLAG, '') }
}
