/** All system helpers, bound to one CPU. */
import { transcendental } from '../float/transcendental'
import { CpuFault, Vector } from '../faults'
import type { Helpers } from '../semantics/builder'
import { CR4 } from '../state/bits'
import { controlRegisterHelpers, requireLevel0, requireNoUmip } from './control-registers'
import type { SystemContext } from './context'
import { cpuidHelpers } from './cpuid'
import { descriptorTableHelpers, requireProtected } from './descriptor-tables'
import { divisionHelpers } from './division'
import { extensionHelpers } from './extensions'
import { farTransferHelpers } from './far-transfers'
import { flagHelpers } from './flags'
import { interruptReturnHelpers } from './interrupt-return'
import { softwareInterrupt } from './interrupts'
import { ioHelpers } from './io'
import { msrHelpers } from './msr'
import { loadSegment } from './segments'
import { syscallHelpers } from './syscall'

export function createHelpers(cx: SystemContext): Helpers {
  return {
    ...farTransferHelpers(cx),
    ...interruptReturnHelpers(cx),
    ...flagHelpers(cx),
    ...controlRegisterHelpers(cx),
    ...descriptorTableHelpers(cx),
    ...msrHelpers(cx),
    ...cpuidHelpers(cx),
    ...ioHelpers(cx),
    ...syscallHelpers(cx),
    ...divisionHelpers(cx),
    ...extensionHelpers(cx),
    loadSegment: (segment, selector) => loadSegment(cx, Number(segment), Number(selector & 0xffffn)),
    softwareInterrupt: (vector, kind, next) => softwareInterrupt(cx, Number(vector), Number(kind), next),
    transcendental: (which) => transcendental(cx.state, Number(which)),
    rdtsc() {
      if ((cx.state.control(4) & CR4.TSD) !== 0n && cx.state.cpl !== 0) throw new CpuFault(Vector.GP, 0)
      return cx.timestamp()
    },
    requireTarget(target) {
      if (!cx.state.isCodeTarget(target)) throw new CpuFault(Vector.GP, 0)
    },
    requireCpl0: () => requireLevel0(cx),
    requireNoUmip: () => requireNoUmip(cx),
    requireProtectedMode: () => requireProtected(cx),
  }
}
