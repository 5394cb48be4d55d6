import { resolve } from 'node:path'
import type { Problem } from '../../../shared/problems'
import { parseClangOutput, type DiagnosedLine } from './clang'
import { parseNasmOutput } from './nasm'

/** GNU as: `boot.s:12: Error: no such instruction: …`; gcc, ld and others without a column: `k.ld:3: syntax error`. */
const AS = /^((?:[A-Za-z]:[\\/])?[^:\s][^:]*):(\d+): (Error|Fatal error|Warning|error|fatal error|warning): (.*)$/
/** GNU ld: `ld: kernel.o: in function `f':` then `kernel.c:3: undefined reference to `g'`; or `kernel.c:(.text+0x5): undefined …`. */
const UNDEFINED = /^(?:.*[/\\]?ld(?:\.bfd)?(?:\.exe)?: )?((?:[A-Za-z]:[\\/])?[^:]+):(?:(\d+)|\([^)]*\)): (undefined reference to .*|multiple definition of .*)$/
const LD = /^(?:\S*[/\\-])?ld(?:\.bfd|\.lld)?(?:\.exe)?: (?:(error|warning): )?(.*)$/
const RUST = /^(error|warning)(?:\[(E\d+)\])?: (.*)$/
const RUST_PLACE = /^\s*--> (.+?):(\d+):(\d+)$/
const MAKE = /^(?:\S*[/\\])?(?:g|mingw32-)?make(?:\.exe)?(?:\[\d+\])?: \*\*\* (.*)$/
const MAKE_PLACE = /^((?:[A-Za-z]:[\\/])?[^:\s]+):(\d+): \*\*\* (.*)$/
const MAKE_FOLDER = /^(?:\S*[/\\])?(?:g|mingw32-)?make(?:\.exe)?(?:\[\d+\])?: (Entering|Leaving) directory [`']([^']*)'$/
const NOT_FOUND = /^(?:\/bin\/|\/usr\/bin\/)?(?:ba|da|z)?sh: (?:line )?(?:\d+: )?([^:]+): (?:command )?not found$/

/** make's own sentence about a command that failed says nothing that the command did not. */
const MAKE_SUMMARY = /\bError \d+( \(ignored\))?$|^Waiting for unfinished jobs/

/**
 * Reads what a build of the person's own prints, line by line, whatever compilers it runs: clang and gcc, GNU as and ld, lld,
 * nasm, rustc, make. Places are made absolute, since make changes folders.
 */
export class ForeignOutput {
  private readonly folders: string[]
  private rust: Problem | undefined

  /** @param folder absolute: where the command runs */
  constructor(folder: string) {
    this.folders = [folder]
  }

  read(text: string): DiagnosedLine {
    const folder = MAKE_FOLDER.exec(text)
    if (folder !== null) {
      if (folder[1] === 'Entering') this.folders.push(folder[2] ?? '')
      else if (this.folders.length > 1) this.folders.pop()
      return { text }
    }
    const place = RUST_PLACE.exec(text)
    if (place !== null && this.rust !== undefined && this.rust.file === undefined) {
      Object.assign(this.rust, { file: this.absolute(place[1] ?? ''), line: Number(place[2]), column: Number(place[3]) })
      return { text }
    }
    const problem = this.problemOf(text)
    if (problem === undefined) return { text }
    if (problem.file !== undefined) problem.file = this.absolute(problem.file)
    return { text, problem }
  }

  private absolute(file: string): string {
    return resolve(this.folders.at(-1) ?? '.', file)
  }

  private problemOf(text: string): Problem | undefined {
    const undefinedName = UNDEFINED.exec(text)
    if (undefinedName !== null) {
      const [, file = '', line, message = ''] = undefinedName
      return { severity: 'error', source: 'linker', message, file, ...(line === undefined ? {} : { line: Number(line) }) }
    }
    const [clang] = parseClangOutput(text, 'compiler')
    if (clang?.problem?.file !== undefined && clang.problem.severity !== 'info') return clang.problem
    const assembler = AS.exec(text)
    if (assembler !== null) {
      const [nasm] = parseNasmOutput(text)
      if (nasm?.problem !== undefined) return nasm.problem
      const [, file = '', line, severity = '', message = ''] = assembler
      return { severity: /warning/i.test(severity) ? 'warning' : 'error', source: 'assembler', message, file, line: Number(line) }
    }
    const missing = NOT_FOUND.exec(text)
    if (missing !== null) {
      return { severity: 'error', source: 'build', message: `The build runs the program ${missing[1]}, which is not installed.`, next: "Install it, or let the build use Bootlab's own tools: CC, LD, AR, AS and OBJCOPY are in its environment." }
    }
    return makeProblem(text) ?? linkerProblem(text) ?? this.rustProblem(text)
  }

  private rustProblem(text: string): Problem | undefined {
    const match = RUST.exec(text)
    if (match === null || /^(could not compile|aborting due to|\d+ warnings? emitted|`.*` \(bin)/.test(match[3] ?? '')) return undefined
    this.rust = { severity: match[1] === 'warning' ? 'warning' : 'error', source: 'rustc', message: match[3] ?? '', ...(match[2] === undefined ? {} : { code: match[2] }) }
    return this.rust
  }
}

function makeProblem(text: string): Problem | undefined {
  const placed = MAKE_PLACE.exec(text)
  if (placed !== null) return { severity: 'error', source: 'build', message: placed[3] ?? '', file: placed[1] ?? '', line: Number(placed[2]) }
  const message = MAKE.exec(text)?.[1]
  if (message === undefined || MAKE_SUMMARY.test(message)) return undefined
  const next = message.startsWith('No rule to make target') ? 'Create the file, or correct its name in the Makefile.' : undefined
  return { severity: 'error', source: 'build', message: message.replace(/ {2}Stop\.$/, ''), ...(next === undefined ? {} : { next }) }
}

function linkerProblem(text: string): Problem | undefined {
  const match = LD.exec(text)
  if (match === null || /: in function /.test(text)) return undefined
  return { severity: match[1] === 'warning' || match[2]?.startsWith('warning: ') === true ? 'warning' : 'error', source: 'linker', message: (match[2] ?? '').replace(/^warning: /, '') }
}
