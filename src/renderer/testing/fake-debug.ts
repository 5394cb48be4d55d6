/** The debugger's calls for tests: breakpoints of one machine in memory, and a log of what was asked. */
import type { Handlers } from '../../shared/channel'
import type { Breakpoint } from '../../shared/debug'
import { LabError } from '../../shared/failure'

/** A line that the fake's kernel has no code of, as it has no symbol of this name. */
export const NO_CODE = 999
export const NO_SYMBOL = 'nowhere'

type DebugCalls = Pick<
  Handlers['calls'],
  | 'debug.pause' | 'debug.resume' | 'debug.step' | 'debug.runTo' | 'debug.setSpeed' | 'debug.breakpoints' | 'debug.setBreakpoint' | 'debug.changeBreakpoint' | 'debug.removeBreakpoint' | 'debug.whatIs'
>

export function createFakeDebug(log: string[]) {
  const breakpoints = new Map<number, Breakpoint>()
  /** Holds back the answers to `setBreakpoint` while it is there. */
  const gate: { closed: Promise<void> | undefined } = { closed: undefined }
  let lastId = 100
  const done = (what: string): null => {
    log.push(what)
    return null
  }
  const calls: DebugCalls = {
    'debug.pause': async () => done('pause'),
    'debug.resume': async ({ pauseAt }) => done(pauseAt === undefined ? 'resume' : `resume to ${pauseAt}`),
    'debug.step': async ({ step, unit }) => done(`step ${step} ${unit}`),
    'debug.runTo': async ({ at }) => done(`run to ${JSON.stringify(at)}`),
    'debug.setSpeed': async ({ speed }) => done(`speed ${speed.pace}`),
    'debug.breakpoints': async () => [...breakpoints.values()],
    'debug.setBreakpoint': async ({ spec, enabled = true, condition }) => {
      await gate.closed
      if (spec.kind === 'code' && (('line' in spec.at && spec.at.line === NO_CODE) || ('symbol' in spec.at && spec.at.symbol === NO_SYMBOL))) {
        throw new LabError({ code: 'not-found', what: 'There is no such place.' })
      }
      const address = spec.kind !== 'code' ? '0x0' : 'address' in spec.at ? spec.at.address : 'line' in spec.at ? `0x${(0x1000 + spec.at.line).toString(16)}` : '0x100000'
      const breakpoint: Breakpoint = { id: ++lastId, enabled, hits: 0, spec: spec.kind === 'code' ? { kind: 'code', addresses: [address] } : spec, ...(condition ? { condition } : {}) }
      breakpoints.set(breakpoint.id, breakpoint)
      log.push(`set ${spec.kind}`)
      return breakpoint
    },
    'debug.changeBreakpoint': async ({ id, enabled, condition }) => {
      const known = breakpoints.get(id)
      if (!known) throw new LabError({ code: 'not-found', what: 'No such breakpoint.' })
      const { condition: before, ...rest } = known
      const kept = condition === undefined ? before : (condition ?? undefined)
      const changed: Breakpoint = { ...rest, enabled: enabled ?? known.enabled, ...(kept ? { condition: kept } : {}) }
      breakpoints.set(id, changed)
      return changed
    },
    'debug.removeBreakpoint': async ({ id }) => {
      breakpoints.delete(id)
      return null
    },
    'debug.whatIs': async ({ addresses }) => addresses.map((address) => ({ address, source: { file: '/projects/demo/kernel.c', path: 'kernel.c', line: Number(address) - 0x1000 } })),
  }
  return { calls, breakpoints, gate }
}
