import type { Problem, ProblemSeverity, ProblemSource } from '../../../shared/problems'

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

/** Read what clang printed. Columns stay as clang counts them, in bytes; files stay as clang names them. */
export function parseClangOutput(output: string, source: ProblemSource): DiagnosedLine[] {
  return output
    .split(/\r?\n/)
    .filter((line, index, all) => line !== '' || index < all.length - 1)
    .map((text) => {
      const problem = located(text, source) ?? bare(text, source)
      return problem ? { text: text.replace(RANGES, '$1'), problem } : { text }
    })
}

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
