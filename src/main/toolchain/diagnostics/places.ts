import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { projectRelative } from '../../project'
import type { Problem } from '../../../shared/problems'
import { systemErrorCode } from '../errors'

/** What a tool counts columns in. Editors count UTF-16 units. */
export type ColumnUnit = 'bytes' | 'code points'

/** Anything with a place: a problem, a note, an edit's range. */
interface Place {
  line?: number | undefined
  column?: number | undefined
  endLine?: number | undefined
  endColumn?: number | undefined
}

/**
 * Make a tool's places the editor's: files relative to the project, columns in UTF-16 units; those of notes and fixes too.
 * Changes the problems in place, so that log lines that carry them stay in step.
 * @param cwd the folder that the tool's relative paths start from
 */
export async function settlePlaces(problems: readonly Problem[], projectDir: string, cwd: string, unit: ColumnUnit): Promise<void> {
  const files = new Map<string, Promise<string[] | undefined>>()
  const settle = async (holder: { file?: string | undefined }, place: Place): Promise<void> => {
    if (holder.file === undefined) return
    const full = resolve(cwd, holder.file)
    holder.file = projectRelative(projectDir, full)
    if (place.column === undefined || place.line === undefined) return
    const lines = files.get(full) ?? readLines(full)
    files.set(full, lines)
    const text = await lines
    if (text === undefined) return
    place.column = toUtf16Column(text[place.line - 1] ?? '', place.column, unit)
    if (place.endColumn !== undefined) place.endColumn = toUtf16Column(text[(place.endLine ?? place.line) - 1] ?? '', place.endColumn, unit)
  }
  for (const problem of problems) {
    await settle(problem, problem)
    for (const note of problem.notes ?? []) await settle(note, note)
    for (const edit of problem.fix?.edits ?? []) await settle(edit, edit.range)
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
