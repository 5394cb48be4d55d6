/** Who called whom: by call frame information where the kernel's file has it, else by frame pointers. */
import type { DebugRegisters, StackView } from '../../shared/debug'
import { MAX_FRAMES } from '../../shared/debug'
import type { FrameRow } from '../image'

type Frame = StackView['frames'][number]

/** DWARF's numbers of registers (System V ABI for AMD64, figure 3.36; for i386, table 2.14). */
const NUMBERS = {
  64: ['rax', 'rdx', 'rcx', 'rbx', 'rsi', 'rdi', 'rbp', 'rsp', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'],
  32: ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'],
} as const

export interface CallStackInput {
  readonly registers: DebugRegisters
  /** Memory from the stack's top on. */
  readonly top: bigint
  readonly memory: Uint8Array
  readonly rowAt: (address: bigint) => FrameRow | undefined
  /** Whether an address lies in the kernel's code. */
  readonly isCode: (address: bigint) => boolean
}

/** Undefined for code of 16 bits, or with segments that are not flat: call frame information knows nothing of them. */
export function callStack({ registers, top, memory, rowAt, isCode }: CallStackInput): { frames: Frame[]; end: string } | undefined {
  const { codeSize, general } = registers
  const stackPointer = BigInt(general.find(({ name }) => name === 'rsp')?.value ?? '0x0')
  if (codeSize === 16 || stackPointer !== top || registers.address !== registers.rip) return undefined
  const numbers: readonly string[] = NUMBERS[codeSize]
  const width = codeSize / 8
  const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength)
  const word = (address: bigint): bigint | undefined => {
    const at = address - top
    if (at < 0n || at + BigInt(width) > BigInt(memory.length)) return undefined
    return width === 8 ? view.getBigUint64(Number(at), true) : BigInt(view.getUint32(Number(at), true))
  }

  let values = new Map(general.map(({ name, value }) => [name, BigInt(value)]))
  let address = BigInt(registers.address)
  const frames: Frame[] = [{ address: registers.address, by: 'current' }]
  const end = (why: string): { frames: Frame[]; end: string } => ({ frames, end: why })

  while (frames.length < MAX_FRAMES) {
    // A return address may lie behind its function, when that ends with a call.
    const row = rowAt(frames.length === 1 ? address : address - 1n)
    const caller = row ? byInformation(row, numbers, values, word) : byFramePointer(values, width, word)
    const how = row ? 'call-frame-information' : 'frame-pointer'
    if (!caller) return end(row ? `The stack above ${hex(address)} cannot be read.` : `Nothing is known about the frame of ${hex(address)}: no call frame information, and no frame pointer.`)
    if (caller.address === 0n) return end('The return address is 0: this is the outermost function.')
    if (!isCode(caller.address - 1n)) return end(`The return address ${hex(caller.address)} is outside the kernel's code: this is the outermost function, or what called it has no symbols.`)
    const before = values.get('rsp') ?? 0n
    if ((caller.values.get('rsp') ?? 0n) <= before) return end('The next frame does not lie above this one: the chain is broken.')
    values = caller.values
    address = caller.address
    frames.push({ address: hex(address), frame: hex(values.get('rsp') ?? 0n), by: how })
  }
  return end(`${MAX_FRAMES} frames are shown at most.`)
}

interface Caller {
  address: bigint
  values: Map<string, bigint>
}

function byInformation({ cfa, saved, returnColumn }: FrameRow, numbers: readonly string[], values: ReadonlyMap<string, bigint>, word: (address: bigint) => bigint | undefined): Caller | undefined {
  const base = values.get(numbers[cfa.register] ?? '')
  if (base === undefined) return undefined
  const frame = base + BigInt(cfa.offset)
  const next = new Map(values)
  for (const [register, offset] of saved) {
    const name = numbers[register]
    const value = word(frame + BigInt(offset))
    if (name !== undefined && value !== undefined) next.set(name, value)
  }
  const place = saved.get(returnColumn)
  const address = place === undefined ? undefined : word(frame + BigInt(place))
  next.set('rsp', frame)
  return address === undefined ? undefined : { address, values: next }
}

function byFramePointer(values: ReadonlyMap<string, bigint>, width: number, word: (address: bigint) => bigint | undefined): Caller | undefined {
  const frame = values.get('rbp') ?? 0n
  const [outer, address] = [word(frame), word(frame + BigInt(width))]
  if (outer === undefined || address === undefined) return undefined
  return { address, values: new Map(values).set('rbp', outer).set('rsp', frame + BigInt(2 * width)) }
}

const hex = (value: bigint): string => `0x${value.toString(16)}`
