/** From a fault to its handler: error codes, double and triple faults (Intel SDM vol. 3A, 6.13, 6.15). */
import { CpuFault, PUSHES_ERROR_CODE, Vector } from '../faults'
import { deliver, type Event } from './interrupts'
import type { SystemContext } from './context'

/** One link of the chain that ends in a triple fault. */
export interface FaultRecord {
  readonly vector: number
  readonly errorCode: number | undefined
  /** Linear address of a page fault. */
  readonly address: bigint | undefined
}

const CONTRIBUTORY: ReadonlySet<number> = new Set([Vector.DE, Vector.TS, Vector.NP, Vector.SS, Vector.GP])
/** Traps and aborts among the exceptions: they do not set RF in the pushed flags. */
const NOT_FAULTS: ReadonlySet<number> = new Set([Vector.DB, Vector.NMI, Vector.BP, Vector.OF, Vector.DF, Vector.MC])

type Severity = 'benign' | 'contributory' | 'page-fault' | 'double-fault'

function severity(vector: number): Severity {
  if (vector === Vector.DF) return 'double-fault'
  if (vector === Vector.PF) return 'page-fault'
  return CONTRIBUTORY.has(vector) ? 'contributory' : 'benign'
}

/** What a second exception makes while the first is delivered (SDM vol. 3A, table 6-5). */
function combine(first: Severity, second: Severity): 'serial' | 'double-fault' | 'shutdown' {
  const grave = second === 'contributory' || second === 'page-fault' || second === 'double-fault'
  if (first === 'double-fault' && grave) return 'shutdown'
  if (first === 'page-fault' && grave) return 'double-fault'
  if (first === 'contributory' && second === 'contributory') return 'double-fault'
  return 'serial'
}

/**
 * Delivers an interrupt, and the exceptions that arise on the way.
 * @returns undefined, or the chain of faults that shut the CPU down
 */
export function deliverInterrupt(cx: SystemContext, event: Event): readonly FaultRecord[] | undefined {
  return deliverChain(cx, event, 'benign', [])
}

/** The same for an exception that an instruction raised; the chain begins with it. */
export function raiseException(cx: SystemContext, fault: CpuFault): readonly FaultRecord[] | undefined {
  return deliverChain(cx, exceptionEvent(cx, fault), severity(fault.vector), [record(fault)])
}

function deliverChain(cx: SystemContext, event: Event, severityOfEvent: Severity, chain: FaultRecord[]): readonly FaultRecord[] | undefined {
  let pending = event
  let first = severityOfEvent
  for (;;) {
    try {
      deliver(cx, pending)
      return undefined
    } catch (error) {
      if (!(error instanceof CpuFault)) throw error
      chain.push(record(error))
      const second = severity(error.vector)
      const outcome = combine(first, second)
      if (outcome === 'shutdown') return chain
      if (outcome === 'serial') {
        first = second
        pending = exceptionEvent(cx, error)
      } else {
        first = 'double-fault'
        chain.push({ vector: Vector.DF, errorCode: 0, address: undefined })
        pending = exceptionEvent(cx, new CpuFault(Vector.DF, 0))
      }
    }
  }
}

function record(fault: CpuFault): FaultRecord {
  return { vector: fault.vector, errorCode: fault.errorCode, address: fault.address }
}

/** The event of an exception at the present RIP. A page fault puts its address into CR2. */
function exceptionEvent(cx: SystemContext, fault: CpuFault): Event {
  const { state } = cx
  if (fault.vector === Vector.PF && fault.address !== undefined) state.setControl(2, fault.address)
  const pushesCode = state.protectedMode && PUSHES_ERROR_CODE.has(fault.vector)
  return {
    vector: fault.vector,
    source: 'external',
    errorCode: pushesCode ? (fault.errorCode ?? 0) : undefined,
    returnTo: state.rip,
    resume: !NOT_FAULTS.has(fault.vector),
  }
}
