import type { Problem } from '../../../shared/problems'
import type { DiagnosedLine } from './clang'

const HEADER = /^(?:zig )?(?:ld\.lld|lld|rust-lld): (error|warning): (.*)$/
/** `>>> referenced by kernel.c:12 (./kernel.c:12)`; the path in parentheses is the fuller one. */
const PLACE = /^>>> (referenced by|defined at|defined in) (?:.*\()?((?:[A-Za-z]:[\\/])?[^:()]+):(\d+)\)?$/
const SUGGESTION = /^>>> did you mean: (.*)$/
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
    next: 'Compilers call this function by themselves, to copy or fill structures. Write it, or let Bootlab\'s runtime bring it: "runtime": true in bootlab.json.',
  },
  {
    pattern: /^undefined symbol: __(u?div|u?mod|u?divmod|mulo|ashl|ashr|lshr)[dt]i[34]$/,
    next: 'The compiler calls this for a number wider than a register. Let Bootlab\'s runtime bring it ("runtime": true in bootlab.json), write it, or use narrower numbers.',
  },
  {
    pattern: /^undefined symbol: __\w*[sdtx]f(2|[sdt]i2?|3)?$/,
    next: 'The compiler calls this for floating-point numbers, which the target specification takes the instructions away from. Use whole numbers, or a target with its floating-point unit on.',
  },
  { pattern: /^undefined symbol: __stack_chk_fail/, next: 'Stack protection needs this function. Write it, or leave the protection off.' },
  { pattern: /^undefined symbol: _start$/, next: 'Define _start, or name another entry point with --entry in the link arguments.' },
  { pattern: /^undefined symbol: _?GLOBAL_OFFSET_TABLE_$/, next: 'Position-independent code needs this table. Compile without -fPIC: "relocation-model": "static" in the target specification.' },
  { pattern: /^undefined symbol: /, next: 'Define it; when a file of C or assembly does, name that file under "sources" in bootlab.json.' },
  { pattern: /^duplicate symbol: /, next: 'Keep one of the definitions, or make one static. A variable in a header needs extern there, and its definition in one file.' },
  {
    pattern: /^cannot find entry symbol /,
    next: 'Define that function (not static), or name another with --entry in the link arguments of the target specification.',
    // lld goes on with entry 0; such a kernel cannot start.
    severity: 'error',
  },
  { pattern: /is smaller than image base/, next: 'Set --image-base lower than the first section, or use a linker script.' },
  { pattern: /^section \S+ (file|virtual address|load address) range overlaps with/, next: 'Two sections cannot have the same addresses: give one of them another place in the linker script, or let it follow (no address before the colon).' },
  { pattern: /^unable to move location counter .*backward/, next: 'The code is longer than the room that the linker script leaves before this place: move the place up, or shorten the code.' },
  { pattern: /will not fit in region/, next: 'Make the region of MEMORY larger, or shorten the code.' },
  { pattern: /is incompatible with elf_x86_64$/, next: '16- and 32-bit code (-m16, -m32) cannot be linked with 64-bit code. Use a target specification for i386, a part of its own on a disk, or assembly with .code16 and .code32.' },
  { pattern: /is incompatible with elf_i386$/, next: '64-bit code cannot be linked with 32-bit code: compile all files for the same target.' },
  { pattern: /relocation R_\S+ out of range/, next: 'The code reaches further than its instructions can say. Code linked at the top of the address space needs "code-model": "kernel" in the target specification, 16-bit code must lie below 64 KiB.' },
  { pattern: /^unable to find library -l/, next: 'A kernel links no libraries of the system: leave it out. What -lgcc is for, Bootlab\'s runtime does.' },
  { pattern: /No space left on device/, next: 'Make room on the disk, and build again: what was built before is still there.' },
  { pattern: /Read-only file system|Permission denied/, next: 'Make the project folder and its build folder writable, or copy the project to a place of your own.' },
]

/**
 * Read what ld.lld printed. The first place that it names is the problem's, further ones are notes.
 */
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
    if (current !== undefined) addLine(current, text)
  }
  return lines
}

/** A line of `>>>` below a message. */
function addLine(problem: Problem, text: string): void {
  const place = PLACE.exec(text)
  if (place !== null) {
    const [, message = '', file = '', line] = place
    if (problem.file === undefined) Object.assign(problem, { file, line: Number(line) })
    else problem.notes = [...(problem.notes ?? []), { message, file, line: Number(line) }]
  }
  const suggestion = SUGGESTION.exec(text)?.[1]
  if (suggestion !== undefined) problem.next = `Did you mean ${suggestion}? ${problem.next ?? ''}`.trim()
  const caret = CARET.exec(text)
  // ">>> " precedes the quoted line, and the caret stands under its column.
  if (caret !== null && problem.line !== undefined) problem.column = Math.max(1, (caret[1] ?? '').length)
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
