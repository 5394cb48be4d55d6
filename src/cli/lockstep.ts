/** `bootlab boot --lockstep`. */
import { runInLockstep, type LockstepRun } from '../main/services/lockstep'
import { LabError } from '../shared/failure'
import { screenLines, screenText } from '../shared/screen-text'
import type { ScreenOutput, Trace } from './arguments'
import { EXIT } from './exit-codes'
import { exitCodeOf } from './run-exit-code'

export interface LockstepOutput {
  readonly screen?: ScreenOutput
  readonly serial?: readonly string[]
  readonly parallel?: string
  readonly trace?: readonly Trace[]
  readonly json?: true
  readonly saveVariables?: string
}

/** Two machines have no one serial line, and their screen is shown as text only. */
export function checkLockstepOptions({ screen, serial, parallel, trace, saveVariables }: LockstepOutput): void {
  const refused = serial !== undefined ? '--serial' : parallel !== undefined ? '--parallel' : screen?.type === 'png' ? '--screen png' : trace ? '--trace' : saveVariables !== undefined ? '--save-variables' : undefined
  if (refused !== undefined) throw new LabError({ code: 'usage', what: `${refused} does not go with --lockstep.`, next: 'Leave one of them out.' })
}

/** Boots on two backends and prints the first difference, or how the run ended. @returns the exit code */
export async function bootInLockstep(run: LockstepRun & LockstepOutput, signal: AbortSignal): Promise<number> {
  const result = await runInLockstep(run, signal)
  const { screen, instructions } = result
  const exitCode = result.agree ? exitCodeOf(result.report, run.untilText !== undefined) : EXIT.differs
  if (run.json) {
    const { agree } = result
    const detail = agree ? { reason: result.report.reason, report: result.report } : { reason: 'differs', lines: result.lines }
    console.log(JSON.stringify({ ...detail, exitCode, agree, instructions, backends: run.backends, screen: screenLines(screen) }))
    return exitCode
  }
  if (run.screen) console.log(screenText(screen))
  const lines = result.agree ? [result.report.summary, `${run.backends.join(' and ')} agree on ${instructions.toLocaleString('en-US')} instructions.`] : result.lines
  process.stderr.write(`${lines.join('\n')}\n`)
  return exitCode
}
