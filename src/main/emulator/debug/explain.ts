/** Faults in words for people who are writing their first kernel. Sources: Intel SDM vol. 3A, 6.13 (error codes), 6.15, 4.7 (page faults). */
import type { Fault } from '../../../shared/machine-schemas'
import { vectorMeaning, vectorName } from '../../../shared/vectors'
import { ATTRIBUTE, CR0 } from '../cpu/state/bits'
import type { CpuRegisters, NamedSegment, TripleFaultReport } from '../cpu/shutdown'
import type { FaultRecord } from '../cpu/system/exceptions'
import { hex } from './registers'

/** `#PF`, `INT 13h`, `interrupt 0x20`: as a person speaks of an interrupt from that source. */
export function interruptName(vector: number, source: 'software' | 'exception' | 'hardware'): string {
  if (source === 'exception') return vectorName(vector)
  return source === 'software' ? `INT ${vector.toString(16).toUpperCase().padStart(2, '0')}h` : `interrupt ${hex(vector)}`
}

/** Vectors whose error code names a selector. */
const SELECTOR_ERRORS: ReadonlySet<number> = new Set([10, 11, 12, 13])

export function describeFault(fault: FaultRecord, registers: CpuRegisters): Fault {
  return {
    vector: fault.vector,
    name: vectorName(fault.vector),
    ...(fault.errorCode === undefined ? {} : { errorCode: fault.errorCode }),
    ...(fault.address === undefined ? {} : { address: hex(fault.address) }),
    explanation: explain(fault, registers),
  }
}

function explain(fault: FaultRecord, registers: CpuRegisters): string {
  const text = vectorMeaning(fault.vector) ?? 'hardware or software interrupt'
  if (fault.vector === 14) return pageFault(fault, registers)
  if (fault.errorCode !== undefined && fault.errorCode !== 0 && SELECTOR_ERRORS.has(fault.vector)) return `${text}; ${selectorError(fault.errorCode, registers)}`
  return text
}

/** Bit 4 of the error code says "instruction fetch" only when NX or SMEP is on; the address tells it otherwise. */
const isFetch = ({ errorCode = 0, address }: FaultRecord, { rip }: CpuRegisters): boolean => (errorCode & 16) !== 0 || address === rip

function pageFault(fault: FaultRecord, registers: CpuRegisters): string {
  const { errorCode = 0, address = 0n } = fault
  const access = isFetch(fault, registers) ? 'fetching an instruction from' : errorCode & 2 ? 'writing to' : 'reading from'
  const who = errorCode & 4 ? 'user code' : 'kernel code'
  const why =
    errorCode & 8
      ? 'a page-table entry on the way has a reserved bit set'
      : errorCode & 32
        ? 'the page is mapped, but the rights of its protection key forbid it'
        : errorCode & 1
          ? 'the page is mapped, but its permissions forbid it'
          : 'the page is not mapped'
  return `page fault: ${who} was ${access} ${hex(address)}, and ${why}`
}

/** Error code of selector faults: bit 0 external event, bit 1 IDT, bit 2 LDT, index above. */
function selectorError(code: number, { idtr }: CpuRegisters): string {
  const index = code >> 3
  if (code & 2) return `it concerns the IDT's gate for vector ${index} (IDT at ${hex(idtr.base)}, limit ${hex(idtr.limit)})`
  return `it concerns entry ${index} of the ${code & 4 ? 'LDT' : 'GDT'} (selector ${hex(code & 0xfffc)})`
}

/** What most probably went wrong, in a sentence or two, for the end of a triple-fault report. */
export function likelyCause(report: TripleFaultReport): string {
  const [first] = report.chain
  const wild = first?.vector === 14 && isFetch(first, report.registers)
  const jump = wild ? `Execution went to ${hex(first.address ?? 0n)}, where no code can run: a wild jump, call or return. ` : ''
  return `${jump}${emptyStack(report)}${whyNoHandler(report)}`
}

/**
 * A stack segment that expands down holds the offsets above its limit (SDM vol. 3, 3.4.5.1): with the largest limit, none. An
 * emulator that ignores limits runs such a kernel, a processor does not.
 */
function emptyStack({ chain, registers: { cpuMode, segments } }: TripleFaultReport): string {
  const stack = segments.find(({ name }) => name === 'ss')
  if (chain[0]?.vector !== 12 || cpuMode !== 'protected' || !stack || !expandsDown(stack)) return ''
  return `The stack segment (selector ${hex(stack.selector)}) expands down: only offsets above its limit ${hex(stack.limit)} are in it${stack.limit >= 0xffff_ffff ? ', which are none' : ''}. A flat stack is a data segment that expands up (clear bit 2 of its type). `
}

/** Whether a segment register holds a data segment whose offsets lie above its limit. */
export function expandsDown({ attributes }: NamedSegment): boolean {
  const { present, code, expandDown } = ATTRIBUTE
  return (attributes & (present | code | expandDown)) === (present | expandDown)
}

function whyNoHandler({ chain, registers }: TripleFaultReport): string {
  const [first] = chain
  const { idtr, cpuMode } = registers
  const name = first ? vectorName(first.vector) : 'an exception'
  const gateBytes = cpuMode === 'long' ? 16 : cpuMode === 'protected' ? 8 : 4
  if (idtr.limit === 0) {
    return `No IDT was loaded (the IDTR's limit is 0), so the processor had no handler for ${name}. Load an IDT with LIDT before anything can fault, or mend what faulted.`
  }
  if (first && (first.vector + 1) * gateBytes - 1 > idtr.limit) {
    const entries = Math.floor((idtr.limit + 1) / gateBytes)
    return `The IDT holds ${entries} entries (limit ${hex(idtr.limit)}), too few for vector ${first.vector}, ${name}. Make it larger: 256 entries are usual.`
  }
  const idtFault = chain.find((fault) => fault.vector === 14 && fault.address !== undefined && fault.address >= idtr.base && fault.address <= idtr.base + BigInt(idtr.limit))
  if (idtFault) return `The IDT itself, at ${hex(idtr.base)}, is not mapped by the page tables, so no handler could be found. Map its pages.`
  const gateFault = chain.find((fault) => fault.errorCode !== undefined && SELECTOR_ERRORS.has(fault.vector) && (fault.errorCode & 2) !== 0)
  if (gateFault?.errorCode !== undefined) {
    return `The IDT's gate for vector ${gateFault.errorCode >> 3} cannot be used: look at its present bit, its type, and the code selector in it.`
  }
  const second = chain[1]
  if (second?.vector === 14 && (registers.cr0 & CR0.PG) !== 0n) {
    return `The handler of ${name} could not be entered: its stack or code at ${hex(second.address ?? 0n)} is not mapped. A double-fault handler on its own stack (TSS, IST) would survive this.`
  }
  return `The processor could not enter the handler of ${name}, nor that of the double fault that followed. Check the gates, the code selector in them, and the stack that they switch to.`
}
