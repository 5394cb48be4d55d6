import { readFile } from 'node:fs/promises'
import type { Problem } from '../../../shared/problems'

/** The sentences in which lld names an output section but no place. */
const SECTION = /^section '?(\.[\w.]+)'?[ :]/

/**
 * Point a problem about an output section to the line of the linker script that makes the section.
 * @param script where its text is, and how it is called in problems
 */
export async function tieToSection(problems: readonly Problem[], script: { path: string; label: string }): Promise<void> {
  const about = problems.filter(({ file, message }) => file === undefined && SECTION.test(message))
  if (about.length === 0) return
  const lines = (await readFile(script.path, 'utf8')).split(/\r?\n/)
  for (const problem of about) {
    const name = SECTION.exec(problem.message)?.[1] ?? ''
    // An output section stands before its colon or address, an input section in parentheses behind a star.
    const statement = new RegExp(`(^|[\\s{};])${name.replaceAll('.', '\\.')}(?![\\w.])`)
    const at = lines.findIndex((line) => statement.test(line))
    if (at === -1) continue
    const column = (lines[at] ?? '').indexOf(name) + 1
    Object.assign(problem, { file: script.label, line: at + 1, column, endLine: at + 1, endColumn: column + name.length })
  }
}
