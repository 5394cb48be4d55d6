/** Rows of the disassembly: instructions, with the functions and source lines that they belong to between them. */
import type { Instruction } from '../../../shared/debug'

export type CodeRow =
  | { kind: 'function'; key: string; name: string }
  | { kind: 'source'; key: string; path: string; line: number }
  | { kind: 'instruction'; key: string; instruction: Instruction }

/** Source lines that are skipped over by the code between are shown, too, up to so many. */
const MOST_LINES = 4

export function codeRows(instructions: readonly Instruction[]): CodeRow[] {
  const rows: CodeRow[] = []
  let path: string | undefined
  let line = 0
  for (const instruction of instructions) {
    const { address, symbol, source } = instruction
    if (symbol?.offset === 0) {
      rows.push({ kind: 'function', key: `function ${address}`, name: symbol.name })
      path = undefined
    }
    if (source?.path !== undefined && (source.path !== path || source.line !== line)) {
      const from = source.path === path && source.line > line && source.line - line <= MOST_LINES ? line + 1 : source.line
      for (let shown = from; shown <= source.line; shown++) rows.push({ kind: 'source', key: `source ${address} ${shown}`, path: source.path, line: shown })
    }
    path = source?.path
    line = source?.line ?? 0
    rows.push({ kind: 'instruction', key: address, instruction })
  }
  return rows
}
