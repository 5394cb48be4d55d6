/** x87: control, state images (SDM vol. 1, 8.1.9, 8.1.10; vol. 2A). */
import { ERROR_SUMMARY, EXCEPTIONS, SF, C1 } from '../float/bits'
import { fullTagWord, initializeX87, loadControlAndStatus, loadFullTagWord } from '../float/x87-image'
import { beginX87, moveTop, physical, popStack, requireX87 } from '../float/x87-stack'
import { Vector } from '../faults'
import type { Builder, Operand, Size } from '../semantics/builder'
import { probeEnds, savedSelectors } from './fxsave'
import type { Row, Semantics } from './row'

const CR0_PE = 1
const MP_AND_TS = 0b1010
const EFLAGS_VM = 1 << 17
const REGISTER_BYTES = 10
const REGISTERS = 8
/** What the unused halves of a 32-bit image hold. */
const UNUSED = 0xffff_0000
const FOP_BITS = 0x7ff

/** Semantics that do not look for pending exceptions. */
function immediate(semantics: Semantics): Semantics {
  return (b, ...operands) => {
    b.routine(requireX87)
    semantics(b, ...operands)
  }
}

function waitingControl(semantics: Semantics): Semantics {
  return (b, ...operands) => {
    b.routine(beginX87)
    semantics(b, ...operands)
  }
}

/** 64-bit code has the 32-bit image. */
function elementSize(operandSize: Size): 16 | 32 {
  return operandSize === 16 ? 16 : 32
}

function environmentBytes(size: 16 | 32): number {
  return 7 * (size / 8)
}

/** Raises what loading or storing an image would raise, before anything changes. */
function probe<V>(b: Builder<V>, image: Operand<V>, registers: number, access: 'r' | 'rw'): void {
  const size = elementSize(b.operandSize)
  const environment = environmentBytes(size)
  probeEnds(b, image, environment + registers * REGISTER_BYTES, access, () => {
    for (let index = 0; index < 7; index++) image.at(b.constant(index * (size / 8)), size, access).read()
    for (let i = 0; i < registers; i++) {
      image.at(b.constant(environment + i * REGISTER_BYTES), 64, access).read()
      image.at(b.constant(environment + i * REGISTER_BYTES + 8), 16, access).read()
    }
  })
}

/** Real and virtual-8086 mode: linear addresses instead of selectors and offsets. */
function realFormat<V>(b: Builder<V>): V {
  return b.or(b.isZero(b.and(b.special('cr0'), b.constant(CR0_PE))), b.eflag(EFLAGS_VM))
}

function storeEnvironment<V>(b: Builder<V>, image: Operand<V>, size: 16 | 32): void {
  const unused = b.constant(size === 32 ? UNUSED : 0)
  const [tags] = b.routine(fullTagWord)
  const real = realFormat(b)
  const fop = b.and(b.special('fop'), b.constant(FOP_BITS))
  const upper = (address: V): V => b.shl(b.and(b.shrU(address, b.constant(16)), b.constant(size === 32 ? 0xffff : 15)), b.constant(12))
  const { fcs, fds } = savedSelectors(b)
  const address = (offset: V, selector: V): V => b.select(real, b.add(offset, b.shl(selector, b.constant(4))), offset)
  const fip = address(b.special('fip'), fcs)
  const fdp = address(b.special('fdp'), fds)
  const low = (whole: V): V => (size === 32 ? b.select(real, b.or(b.zext(16, whole), unused), whole) : whole)
  const opcode = size === 32 ? b.shl(fop, b.constant(16)) : b.constant(0)
  const elements = [
    b.or(b.special('fcw'), unused), b.or(b.special('fsw'), unused), b.or(tags, unused),
    low(fip), b.select(real, b.or(upper(fip), fop), b.or(opcode, fcs)), low(fdp), b.select(real, upper(fdp), b.or(unused, fds)),
  ]
  elements.forEach((value, index) => image.at(b.constant(index * (size / 8)), size, 'w').write(value))
}

function loadEnvironment<V>(b: Builder<V>, image: Operand<V>, size: 16 | 32): void {
  const elements = Array.from({ length: 7 }, (_, index) => image.at(b.constant(index * (size / 8)), size, 'r').read())
  const [fcw, fsw, tags, fipLow, fipHigh, fdpLow, fdpHigh] = elements
  if (fcw === undefined || fsw === undefined || tags === undefined || fipLow === undefined || fipHigh === undefined || fdpLow === undefined || fdpHigh === undefined) return
  const real = realFormat(b)
  const joined = (low: V, high: V): V => b.or(b.zext(16, low), b.shl(b.shrU(b.zext(32, high), b.constant(12)), b.constant(16)))
  b.routine(loadControlAndStatus, b.zext(16, fcw), b.zext(16, fsw))
  b.routine(loadFullTagWord, b.zext(16, tags))
  b.setSpecial('fip', b.select(real, joined(fipLow, fipHigh), fipLow))
  b.setSpecial('fdp', b.select(real, joined(fdpLow, fdpHigh), fdpLow))
  b.setSpecial('fpuSelectors', b.select(real, b.constant(0), b.or(b.zext(16, fipHigh), b.shl(b.zext(16, fdpHigh), b.constant(16)))))
  const opcode = size === 32 ? b.shrU(fipHigh, b.constant(16)) : b.constant(0)
  b.setSpecial('fop', b.and(b.select(real, fipHigh, opcode), b.constant(FOP_BITS)))
}

const saveEnvironment: Semantics = (b, image) => {
  const size = elementSize(b.operandSize)
  probe(b, image, 0, 'rw')
  storeEnvironment(b, image, size)
  b.setSpecial('fcw', b.or(b.special('fcw'), b.constant(EXCEPTIONS)))
  b.setSpecial('fsw', b.and(b.special('fsw'), b.constant(0xffff & ~ERROR_SUMMARY)))
}

const saveAll: Semantics = (b, image) => {
  const size = elementSize(b.operandSize)
  const registers = environmentBytes(size)
  probe(b, image, REGISTERS, 'rw')
  storeEnvironment(b, image, size)
  for (let i = 0; i < REGISTERS; i++) {
    const register = physical(b, b.constant(i))
    image.at(b.constant(registers + i * REGISTER_BYTES), 64, 'w').write(b.x87Significand(register))
    image.at(b.constant(registers + i * REGISTER_BYTES + 8), 16, 'w').write(b.x87Exponent(register))
  }
  initializeX87(b)
}

const restoreAll: Semantics = (b, image) => {
  const size = elementSize(b.operandSize)
  const registers = environmentBytes(size)
  probe(b, image, REGISTERS, 'r')
  loadEnvironment(b, image, size)
  for (let i = 0; i < REGISTERS; i++) {
    const significand = image.at(b.constant(registers + i * REGISTER_BYTES), 64, 'r').read()
    const exponent = image.at(b.constant(registers + i * REGISTER_BYTES + 8), 16, 'r').read()
    b.setX87(physical(b, b.constant(i)), exponent, significand)
  }
}

const clearExceptions: Semantics = (b) => {
  b.setSpecial('fsw', b.and(b.special('fsw'), b.constant(0xffff & ~(ERROR_SUMMARY | EXCEPTIONS | SF))))
}

function turnStack(delta: number): Semantics {
  return (b) => {
    moveTop(b, b.constant(delta))
    b.setSpecial('fsw', b.and(b.special('fsw'), b.constant(0xffff & ~C1)))
  }
}

function freeRegister(pops: number): Semantics {
  return (b, target) => {
    const bit = b.shl(b.constant(1), physical(b, target.read()))
    b.setSpecial('ftw', b.and(b.special('ftw'), b.not(bit)))
    if (pops > 0) b.routine(popStack, b.constant(pops))
  }
}

const nothing: Semantics = () => {}

/** #NM when CR0.MP and CR0.TS are both set; then what waits (SDM vol. 2B, WAIT/FWAIT). */
const wait: Semantics = (b) => {
  b.raiseIf(b.eq(b.and(b.special('cr0'), b.constant(MP_AND_TS)), b.constant(MP_AND_TS)), Vector.NM)
  b.raiseIf(b.ne(b.and(b.special('fsw'), b.constant(ERROR_SUMMARY & 0xff)), b.constant(0)), Vector.MF)
}

export const x87ControlRows: readonly Row[] = [
  { name: 'fwait', map: '', opcode: 0x9b, operands: [], faults: ['#NM', '#MF'], semantics: wait },
  { name: 'fldcw', map: '', opcode: 0xd9, reg: 5, operands: ['Mw:r'], feature: 'fpu', semantics: waitingControl((b, source) => { b.routine(loadControlAndStatus, source.read(), b.special('fsw')) }) },
  { name: 'fnstcw', map: '', opcode: 0xd9, reg: 7, operands: ['Mw:w'], feature: 'fpu', semantics: immediate((b, target) => target.write(b.special('fcw'))) },
  { name: 'fnstsw', map: '', opcode: 0xdd, reg: 7, operands: ['Mw:w'], feature: 'fpu', semantics: immediate((b, target) => target.write(b.special('fsw'))) },
  { name: 'fnstsw', map: '', opcode: 0xdf, reg: 4, rm: 0, operands: ['ax:w'], feature: 'fpu', semantics: immediate((b, target) => target.write(b.special('fsw'))) },
  { name: 'fldenv', map: '', opcode: 0xd9, reg: 4, operands: ['M:a'], sized: true, feature: 'fpu', semantics: waitingControl((b, image) => {
    probe(b, image, 0, 'r')
    loadEnvironment(b, image, elementSize(b.operandSize))
  }) },
  { name: 'fnstenv', map: '', opcode: 0xd9, reg: 6, operands: ['M:a'], sized: true, feature: 'fpu', semantics: immediate(saveEnvironment) },
  { name: 'frstor', map: '', opcode: 0xdd, reg: 4, operands: ['M:a'], sized: true, feature: 'fpu', semantics: waitingControl(restoreAll) },
  { name: 'fnsave', map: '', opcode: 0xdd, reg: 6, operands: ['M:a'], sized: true, feature: 'fpu', semantics: immediate(saveAll) },
  { name: 'fnop', map: '', opcode: 0xd9, reg: 2, rm: 0, operands: [], feature: 'fpu', semantics: waitingControl(nothing) },
  { name: 'fneni', map: '', opcode: 0xdb, reg: 4, rm: 0, operands: [], feature: 'fpu', semantics: immediate(nothing) },
  { name: 'fndisi', map: '', opcode: 0xdb, reg: 4, rm: 1, operands: [], feature: 'fpu', semantics: immediate(nothing) },
  { name: 'fnclex', map: '', opcode: 0xdb, reg: 4, rm: 2, operands: [], feature: 'fpu', semantics: immediate(clearExceptions) },
  { name: 'fninit', map: '', opcode: 0xdb, reg: 4, rm: 3, operands: [], feature: 'fpu', semantics: immediate((b) => initializeX87(b)) },
  { name: 'fnsetpm', map: '', opcode: 0xdb, reg: 4, rm: 4, operands: [], feature: 'fpu', semantics: immediate(nothing) },
  { name: 'fdecstp', map: '', opcode: 0xd9, reg: 6, rm: 6, operands: [], feature: 'fpu', semantics: waitingControl(turnStack(7)) },
  { name: 'fincstp', map: '', opcode: 0xd9, reg: 6, rm: 7, operands: [], feature: 'fpu', semantics: waitingControl(turnStack(1)) },
  { name: 'ffree', map: '', opcode: 0xdd, reg: 0, form: 'register', operands: ['STi:w'], feature: 'fpu', semantics: waitingControl(freeRegister(0)) },
  { name: 'ffreep', map: '', opcode: 0xdf, reg: 0, form: 'register', operands: ['STi:w'], feature: 'fpu', semantics: waitingControl(freeRegister(1)) },
]
