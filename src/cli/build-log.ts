/** A build's log and problems on a stream. */
import type { BuildResult } from '../shared/contract'
import { TOOL_MISSING, type LogEvent } from '../shared/problems'
import { EXIT } from './exit-codes'

/** @returns a listener that prints each line of the log */
export function printLog(stream: NodeJS.WritableStream): (event: LogEvent) => void {
  return ({ level, text }) => {
    stream.write(`${level === 'command' ? '$ ' : ''}${text}\n`)
  }
}

/** One line: how it ended and how long each step took. */
export function summarize({ ok, problems, steps, milliseconds }: BuildResult): string {
  const count = (severity: string, word: string): string[] => {
    const number = problems.filter((problem) => problem.severity === severity).length
    return number === 0 ? [] : [`${number} ${word}${number === 1 ? '' : 's'}`]
  }
  const counts = [...count('error', 'error'), ...count('warning', 'warning')].join(', ')
  const times = steps.map((step) => `${step.name} ${step.cached ? 'cached' : `${Math.round(step.milliseconds)} ms`}`).join(', ')
  return `${ok ? 'Built' : 'The build failed'}${counts ? ` with ${counts}` : ''} in ${Math.round(milliseconds)} ms${times ? ` (${times})` : ''}.`
}

/** A manifest or target specification that cannot be used is bad input; a missing tool is none of the person's code; the rest is a failed build. */
export function buildExitCode({ ok, problems }: BuildResult): number {
  if (ok) return EXIT.ok
  const unusable = problems.some(({ severity, source }) => severity === 'error' && (source === 'manifest' || source === 'target'))
  if (unusable) return EXIT.badInput
  return problems.some(({ code }) => code === TOOL_MISSING) ? EXIT.unavailable : EXIT.buildFailed
}
