/** Where the steps of a debugger end: found before they begin, so that the guest runs at full speed in between. */
import type { Cpu } from '../../cpu/cpu'
import { DEFINED_FLAGS } from '../../cpu/state/bits'
import { GDTR } from '../../cpu/state/layout'
import type { MemoryReader } from '../look/memory'
import { StackReader } from '../look/stack'

const RSP = 4
/** Words of the stack that are searched for return addresses. */
const SEARCHED_WORDS = 512
const MOST_CANDIDATES = 64
/** Largest argument of RET that a candidate may have (arguments that the callee removes). */
const MOST_POPPED = 1024n
/** Bit 1 of RFLAGS. */
const ALWAYS_ONE = 2n
const MOST_SELECTOR = 0xffffn

/** A place at which a step ends when `done` says so. */
export interface StepEnd {
  readonly linear: bigint
  readonly done: () => boolean
}

/** Instructions that come back behind themselves. */
const COMES_BACK: ReadonlySet<string> = new Set(['call', 'int', 'int3', 'int1', 'into', 'syscall', 'sysenter', 'hlt'])

/** Where a step over the next instruction ends; undefined: it is one that a single step does. */
export function endOfStepOver(cpu: Cpu, reader: MemoryReader): StepEnd | undefined {
  const stack = new StackReader(cpu, reader)
  const decoded = stack.code.decode(cpu.codeAddress)
  if (!decoded) return undefined
  const repeats = decoded.row.repeat !== undefined && decoded.repeat !== 'none'
  if (!repeats && !COMES_BACK.has(decoded.row.name)) return undefined
  const start = cpu.state.gpr(RSP)
  return { linear: stack.codeAddress(cpu.state.rip + BigInt(decoded.length)), done: () => repeats || cpu.state.gpr(RSP) >= start }
}

/**
 * Where the present function or interrupt handler may return to. Each return address on the stack is one possibility; what tells the real one is
 * that it is reached with the stack pointer just above it.
 */
export function endsOfStepOut(cpu: Cpu, reader: MemoryReader): StepEnd[] {
  const stack = new StackReader(cpu, reader)
  const width = BigInt(stack.width)
  const ends: StepEnd[] = []
  for (let index = 0; index < SEARCHED_WORDS && ends.length < MOST_CANDIDATES; index++) {
    const slot = stack.pointer + BigInt(index) * width
    const value = stack.word(slot)
    if (value === undefined) break
    const above = slot + width
    const interrupted = interruptedAt(cpu, stack, slot, value)
    if (interrupted) ends.push({ linear: interrupted.linear, done: () => cpu.state.gpr(RSP) === interrupted.stackPointer })
    if (stack.standsBehindCall(value)) ends.push({ linear: stack.codeAddress(value), done: () => stack.pointer >= above && stack.pointer <= above + MOST_POPPED })
  }
  return ends
}

/** Where IRET would go, and with which stack pointer, if the frame of an interrupt began at a slot: RIP, CS, RFLAGS; in 64-bit mode RSP, SS. */
function interruptedAt(cpu: Cpu, stack: StackReader, slot: bigint, offset: bigint): { linear: bigint; stackPointer: bigint } | undefined {
  const { state } = cpu
  const width = BigInt(stack.width)
  const [selector, flags] = [stack.word(slot + width), stack.word(slot + 2n * width)]
  if (selector === undefined || flags === undefined || selector > MOST_SELECTOR) return undefined
  if ((flags & ALWAYS_ONE) === 0n || (flags & ~BigInt(DEFINED_FLAGS) & ~ALWAYS_ONE) !== 0n) return undefined
  const above = slot + 3n * width
  if (!state.protectedMode) return { linear: selector * 16n + offset, stackPointer: (state.gpr(RSP) & ~0xffffn) | (above & 0xffffn) }
  // A null selector, or one beyond the table, was never that of code.
  if ((selector & ~3n) === 0n || (selector & ~7n) > BigInt(state.table(GDTR).limit)) return undefined
  const linear = stack.codeAddress(offset)
  if (stack.width !== 8) return { linear, stackPointer: above }
  const stackPointer = stack.word(above)
  return stackPointer === undefined ? undefined : { linear, stackPointer }
}
