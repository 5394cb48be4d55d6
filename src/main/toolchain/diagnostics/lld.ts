import type { Problem } from '../../../shared/problems'
import type { DiagnosedLine } from './clang'

const HEADER = /^(?:zig )?(?:ld\.lld|lld|rust-lld): (error|warning): (.*)$/
/** `>>> referenced by kernel.c:12 (./kernel.c:12)`; the path in parentheses is the fuller one. */
const PLACE = /^>>> (?:referenced by|defined at|defined in) (?:.*\()?((?:[A-Za-z]:[\\/])?[^:()]+):(\d+)\)?$/
/** `linker.ld:3: unexpected EOF` */
const SCRIPT = /^((?:[A-Za-z]:[\\/])?[^:\s]+):(\d+): (.*)$/
const CARET = /^>>>( *)\^$/

interface Hint {
  pattern: RegExp
  next: string
  severity?: Problem['severity']
}

/** What to do about the linker's commoner sentences. */
const HINTS: readonly Hint[] = [
  {
    pattern: /^undefined symbol: (memcpy|memset|memmove|memcmp)$/,
    next: 'Compilers call this function by themselves, to copy or fill structures. Write it: a kernel has no C library.',
  },
  {
    pattern: /^undefined symbol: __(u?div|u?mod|udivmod)[a-z]*[dt]i[34]$/,
    next: 'The compiler calls this for a division wider than a register. Write it, or divide narrower numbers.',
  },
  { pattern: /^undefined symbol: __stack_chk_fail$/, next: 'Stack protection needs this function. Write it, or leave the protection off.' },
  { pattern: /^undefined symbol: _start$/, next: 'Define _start, or name another entry point with --entry in the link arguments.' },
  { pattern: /^undefined symbol: /, next: 'Define it; when a file of C or assembly does, name that file under "sources" in bootlab.json.' },
  { pattern: /^duplicate symbol: /, next: 'Keep one of the definitions, or make one static.' },
  {
    pattern: /^cannot find entry symbol /,
    next: 'Define that function (not static), or name another with --entry in the link arguments of the target specification.',
    // lld goes on with entry 0; such a kernel cannot start.
    severity: 'error',
  },
  { pattern: /is smaller than image base/, next: 'Set --image-base lower than the first section, or use a linker script.' },
]

/** Read what ld.lld printed. */
export function parseLldOutput(output: string): DiagnosedLine[] {
  const lines: DiagnosedLine[] = []
  let current: Problem | undefined
  for (const text of output.split(/\r?\n/)) {
    if (text === '') continue
    const header = HEADER.exec(text)
    if (header !== null) {
      current = problemOf(header[1] === 'warning' ? 'warning' : 'error', header[2] ?? '')
      lines.push({ text, problem: current })
      continue
    }
    lines.push({ text })
    if (current === undefined) continue
    const place = PLACE.exec(text)
    if (place !== null && current.file === undefined) {
      current.file = place[1] ?? ''
      current.line = Number(place[2])
    }
    const caret = CARET.exec(text)
    // ">>> " precedes the quoted line, and the caret stands under its column.
    if (caret !== null && current.line !== undefined) current.column = Math.max(1, (caret[1] ?? '').length)
  }
  return lines
}

function problemOf(severity: Problem['severity'], text: string): Problem {
  const script = SCRIPT.exec(text)
  const message = script?.[3] ?? text
  const hint = HINTS.find(({ pattern }) => pattern.test(message))
  return {
    severity: hint?.severity ?? severity,
    source: 'linker',
    message,
    ...(script ? { file: script[1] ?? '', line: Number(script[2]) } : {}),
    ...(hint ? { next: hint.next } : {}),
  }
}
