import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { projectRelative } from '../../project'
import type { Problem } from '../../../shared/problems'
import { systemErrorCode } from '../errors'

/** What a tool counts columns in. Editors count UTF-16 units. */
export type ColumnUnit = 'bytes' | 'code points'

/**
 * Make a tool's places the editor's: files relative to the project, columns in UTF-16 units.
 * Changes the problems in place, so that log lines that carry them stay in step.
 * @param cwd the folder that the tool's relative paths start from
 */
export async function settlePlaces(problems: readonly Problem[], projectDir: string, cwd: string, unit: ColumnUnit): Promise<void> {
  const files = new Map<string, Promise<string[] | undefined>>()
  for (const problem of problems) {
    if (problem.file === undefined) continue
    const full = resolve(cwd, problem.file)
    problem.file = projectRelative(projectDir, full)
    if (problem.column === undefined || problem.line === undefined) continue
    const lines = files.get(full) ?? readLines(full)
    files.set(full, lines)
    const text = await lines
    if (text === undefined) continue
    problem.column = toUtf16Column(text[problem.line - 1] ?? '', problem.column, unit)
    if (problem.endColumn !== undefined) problem.endColumn = toUtf16Column(text[(problem.endLine ?? problem.line) - 1] ?? '', problem.endColumn, unit)
  }
}

/** A column that counts from 1 in `unit`, as one that counts from 1 in UTF-16 units. */
export function toUtf16Column(line: string, column: number, unit: ColumnUnit): number {
  // eslint-disable-next-line no-control-regex -- ASCII is the common case, where all units agree
  if (/^[\x00-\x7f]*$/.test(line)) return column
  let counted = 1
  let units = 1
  for (const character of line) {
    if (counted >= column) break
    counted += unit === 'bytes' ? Buffer.byteLength(character) : 1
    units += character.length
  }
  return units
}

async function readLines(path: string): Promise<string[] | undefined> {
  try {
    return (await readFile(path, 'utf8')).split(/\r?\n/)
  } catch (error) {
    // A problem may be about the very file that is missing; its column then stays as the tool gave it.
    if (systemErrorCode(error) !== undefined) return undefined
    throw error
  }
}
