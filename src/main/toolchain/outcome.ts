import type { LogEvent, Problem, ProblemSource } from '../../shared/problems'
import type { DiagnosedLine } from './diagnostics/clang'

/** What a tool's run came to. Log events and problems share their problem objects. */
export interface ToolOutcome {
  ok: boolean
  log: LogEvent[]
  problems: Problem[]
}

export function toLog(lines: readonly DiagnosedLine[]): LogEvent[] {
  return lines.map(({ text, problem }) => ({ level: 'output', text, ...(problem ? { problem } : {}) }))
}

/** The problem of a tool that failed without saying why in a form that is known. */
export function unexplained(source: ProblemSource, file: string | undefined, code: number | null, endedBy: string | null, stderr: string): Problem {
  const last = stderr.trimEnd().split(/\r?\n/).at(-1) ?? ''
  const how = endedBy === null ? `ended with code ${code}` : `was ended by ${endedBy}`
  return { severity: 'error', source, message: `The tool ${how}${last === '' ? ' without a message' : `: ${last}`}.`, ...(file === undefined ? {} : { file }) }
}
