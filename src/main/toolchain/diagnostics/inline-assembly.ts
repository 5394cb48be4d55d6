import { readFile } from 'node:fs/promises'
import type { DiagnosedLine } from './clang'

/** `    1 |  .bad x`: clang quotes the line at fault below the message. */
const QUOTED = /^\s*\d+ \| ?(.*)$/

/**
 * Assembly that stands outside functions in a C file has lost its place by the time it is assembled: clang says
 * `<inline asm>:1:1`. Find the quoted line in the source; where it stands once only, that is the place.
 */
export async function locateInlineAssembly(lines: readonly DiagnosedLine[], sourcePath: string, file: string): Promise<void> {
  if (!lines.some(({ problem }) => isInline(problem?.file))) return
  const source = (await readFile(sourcePath, 'utf8')).split(/\r?\n/)
  lines.forEach(({ problem }, index) => {
    if (problem === undefined || !isInline(problem.file)) return
    delete problem.line
    delete problem.column
    delete problem.endLine
    delete problem.endColumn
    problem.file = file
    const quoted = QUOTED.exec(lines[index + 1]?.text ?? '')?.[1]?.trim()
    if (!quoted) return
    const places = source.flatMap((text, at) => (text.includes(quoted) ? [at] : []))
    const [only] = places
    if (only === undefined || places.length > 1) return
    problem.line = only + 1
    problem.column = (source[only] ?? '').indexOf(quoted) + 1
    problem.endLine = only + 1
    problem.endColumn = problem.column + quoted.length
  })
}

function isInline(file: string | undefined): boolean {
  return file !== undefined && file.startsWith('<')
}
