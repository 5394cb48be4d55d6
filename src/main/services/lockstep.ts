/** Boots an image on two backends at once and compares them, for the command line. */
import { setImmediate } from 'node:timers/promises'
import { LabError } from '../../shared/failure'
import type { Screen } from '../../shared/machine-schemas'
import { screenText } from '../../shared/screen-text'
import { describeDifference, Lockstep, type LockstepOptions } from '../emulator/debug/lockstep'
import { reportAsked, reportOutcome } from '../emulator/debug/report'
import { OpenImages } from '../emulator/host/open-images'
import type { RunReport, StartOptions } from '../emulator/host/options'
import { TICKS_PER_SECOND } from '../emulator/machine/clock'

/** Images may be files, which are only read. */
export interface LockstepRun extends Omit<LockstepOptions, 'image' | 'drives'>, Pick<StartOptions, 'image' | 'drives'> {
  readonly untilText?: string | undefined
  /** Host's time after which the run ends. */
  readonly timeoutMilliseconds?: number | undefined
}

export type LockstepResult =
  | { readonly agree: true; readonly instructions: number; readonly report: RunReport; readonly screen: Screen }
  | { readonly agree: false; readonly instructions: number; readonly lines: readonly string[]; readonly screen: Screen }

/** Ends as `boot` does, or at the first difference. */
export async function runInLockstep(run: LockstepRun, signal: AbortSignal): Promise<LockstepResult> {
  const writes = [run.image, ...(run.drives ?? []).map(({ image }) => image)].some((image) => !(image instanceof Uint8Array) && image.write)
  if (writes) throw new LabError({ code: 'usage', what: 'Two machines cannot both write to one file.', next: 'Leave out --lockstep, or what has the guest write to the file itself.' })
  const images = new OpenImages(run)
  try {
    return await compare(new Lockstep({ ...run, ...images.inserted }), run, signal)
  } finally {
    images.close()
  }
}

async function compare(lockstep: Lockstep, run: LockstepRun, signal: AbortSignal): Promise<LockstepResult> {
  const deadline = run.timeoutMilliseconds === undefined ? Infinity : performance.now() + run.timeoutMilliseconds
  for (;;) {
    const end = lockstep.step()
    const { machine, instructions } = lockstep
    const agree = (report: RunReport): LockstepResult => ({ agree: true, instructions, report, screen: machine.screen })
    if (end?.reason === 'difference') return { agree: false, instructions: end.difference.instructions, lines: describeDifference(end.difference), screen: machine.screen }
    if (run.untilText !== undefined && !machine.showsGraphics && screenText(machine.textScreen).includes(run.untilText)) return agree(reportAsked('until-text', `The screen shows ${JSON.stringify(run.untilText)}.`, instructions))
    if (end) return agree(reportOutcome(machine, end.outcome))
    if (signal.aborted) return agree(reportAsked('stopped', 'The machines were stopped.', instructions))
    if (performance.now() > deadline) {
      return agree(reportAsked('timeout', `The time limit is over after ${(machine.now / TICKS_PER_SECOND).toFixed(2)} s of the guest's time.`, instructions))
    }
    await setImmediate()
  }
}
