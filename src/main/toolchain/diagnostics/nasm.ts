import type { Problem } from '../../../shared/problems'
import type { DiagnosedLine } from './clang'

/** `file:line: severity: message [-w+class]` (NASM manual, "The -X Option: Specify the error reporting format"). */
const LINE = /^((?:[A-Za-z]:[\\/])?[^:]+):(\d+): (fatal|error|panic|warning|note|info|debug): (.*)$/
const BARE = /^nasm: (fatal|error|panic|warning): (.*)$/
const CLASS = / \[(-w\+[\w-]+)\]$/
/** Lines below an error that lead through macros: `file:12: ... from macro `x' defined here`. */
const MACRO = /^\.\.\. from macro /

const SEVERITY: Readonly<Record<string, Problem['severity']>> = { fatal: 'error', error: 'error', panic: 'error', warning: 'warning' }

const HINTS: readonly { pattern: RegExp; next: string }[] = [
  { pattern: /^(parser: )?instruction expected/, next: 'The word at the start of the line is no instruction, directive or macro that nasm knows: check its spelling.' },
  { pattern: /^symbol `[^']+' (not defined|undefined)/, next: 'Define the label, or declare it with `extern` when another source defines it.' },
  { pattern: /^invalid combination of opcode and operands/, next: 'The instruction exists, but not with these operands: check their sizes, and that not both are memory.' },
  { pattern: /^operation size not specified/, next: 'Write byte, word, dword or qword before the memory operand.' },
  { pattern: /^TIMES value -?\d+ is negative/, next: 'The code before it is longer than the space that it should fill: shorten it.' },
  { pattern: /unable to open include file/, next: 'Check the name; folders to search stand under "includeDirs" in bootlab.json.' },
  { pattern: /not supported in \d+-bit mode/, next: 'Say `bits 16`, `bits 32` or `bits 64` before code for that mode.' },
]

/** Read what nasm printed. nasm names lines but no columns. */
export function parseNasmOutput(output: string): DiagnosedLine[] {
  return output
    .split(/\r?\n/)
    .filter((text) => text !== '')
    .map((text) => {
      const located = LINE.exec(text)
      if (located !== null) {
        const [, file = '', line, severity = '', message = ''] = located
        const kind = SEVERITY[severity]
        return kind === undefined || MACRO.test(message) ? { text } : { text, problem: { ...problemOf(kind, message), file, line: Number(line) } }
      }
      const bare = BARE.exec(text)
      return bare === null ? { text } : { text, problem: problemOf(SEVERITY[bare[1] ?? ''] ?? 'error', bare[2] ?? '') }
    })
}

function problemOf(severity: Problem['severity'], text: string): Problem {
  const message = text.replace(CLASS, '')
  const code = CLASS.exec(text)?.[1]
  const next = HINTS.find(({ pattern }) => pattern.test(message))?.next
  return { severity, source: 'assembler', message, ...(code === undefined ? {} : { code }), ...(next === undefined ? {} : { next }) }
}
