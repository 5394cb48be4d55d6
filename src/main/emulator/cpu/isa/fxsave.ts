/** FXSAVE, FXRSTOR: x87, MMX and SSE state in 512 bytes (SDM vol. 1, 10.5). */
import { loadControlAndStatus } from '../float/x87-image'
import { physical, requireX87 } from '../float/x87-stack'
import { Vector } from '../faults'
import type { Builder, Operand } from '../semantics/builder'
import { X87_REMEMBERS } from '../state/layout'
import type { Row, Semantics } from './row'
import { MXCSR_MASK } from './sse-float-convert'

/** Where things lie in the image. */
const Image = { fcw: 0, fsw: 2, tags: 4, fop: 6, fip: 8, fdp: 16, mxcsr: 24, mxcsrMask: 28, registers: 32, xmm: 160, bytes: 512 } as const
const ALIGNMENT = 16
const SLOT = 16
const FOP_BITS = 0x7ff

function at<V>(b: Builder<V>, image: Operand<V>, offset: number, size: 8 | 16 | 32 | 64, access: 'r' | 'w'): Operand<V> {
  return image.at(b.constant(offset), size, access)
}

/**
 * Touches both ends of an image, after which nothing in between can fault; unless it wraps around in its segment, where `each` touches every
 * element.
 */
export function probeEnds<V>(b: Builder<V>, image: Operand<V>, bytes: number, access: 'r' | 'rw', each: () => void): void {
  image.at(b.constant(0), 16, access).read()
  image.at(b.constant(bytes - 2), 16, access).read()
  const last = b.and(b.add(image.address(), b.constant(bytes - 1)), b.addressMask())
  b.if(b.ltU(last, image.address()), each)
}

/** #GP(0) unless aligned, and whatever the accesses would raise. */
function check<V>(b: Builder<V>, image: Operand<V>, access: 'r' | 'rw'): void {
  b.raiseIf(b.ne(b.and(image.linear(), b.constant(ALIGNMENT - 1)), b.constant(0)), Vector.GP, b.constant(0))
  probeEnds(b, image, Image.bytes, access, () => {
    repeat(b, Image.bytes / 8, (index) => {
      image.at(b.mul(index, b.constant(8)), 64, access).read()
    })
  })
}

/** Repeats for the numbers below `count`. */
export function repeat<V>(b: Builder<V>, count: number, body: (index: V) => void): void {
  const index = b.variable(b.constant(0))
  b.while(() => b.ltU(index.get(), b.constant(count)), () => {
    body(index.get())
    index.set(b.add(index.get(), b.constant(1)))
  })
}

/** FCS and FDS as they are saved: 0 where the processor no longer remembers them (CPUID.7.0:EBX[13]). */
export function savedSelectors<V>(b: Builder<V>): { fcs: V; fds: V } {
  const kept = b.ne(b.and(b.special('x87Rules'), b.constant(X87_REMEMBERS.selectors)), b.constant(0))
  const selectors = b.select(kept, b.special('fpuSelectors'), b.constant(0))
  return { fcs: b.zext(16, selectors), fds: b.shrU(selectors, b.constant(16)) }
}

/** x87 part: the registers in the order of the stack. */
export function saveX87<V>(b: Builder<V>, image: Operand<V>): void {
  at(b, image, Image.fcw, 16, 'w').write(b.special('fcw'))
  at(b, image, Image.fsw, 16, 'w').write(b.special('fsw'))
  at(b, image, Image.tags, 16, 'w').write(b.special('ftw'))
  at(b, image, Image.fop, 16, 'w').write(b.special('fop'))
  const { fcs, fds } = savedSelectors(b)
  // With REX.W whole offsets; otherwise 32 bits and the selectors.
  const pointer = (offset: V, selector: V): V => (b.operandSize === 64 ? offset : b.or(b.zext(32, offset), b.shl(selector, b.constant(32))))
  at(b, image, Image.fip, 64, 'w').write(pointer(b.special('fip'), fcs))
  at(b, image, Image.fdp, 64, 'w').write(pointer(b.special('fdp'), fds))
  repeat(b, 8, (i) => {
    const register = physical(b, i)
    const offset = b.add(b.mul(i, b.constant(SLOT)), b.constant(Image.registers))
    image.at(offset, 64, 'w').write(b.x87Significand(register))
    image.at(b.add(offset, b.constant(8)), 64, 'w').write(b.x87Exponent(register))
  })
}

export function restoreX87<V>(b: Builder<V>, image: Operand<V>): void {
  const pointer = (value: V): V => (b.operandSize === 64 ? value : b.zext(32, value))
  const selector = (value: V): V => (b.operandSize === 64 ? b.constant(0) : b.zext(16, b.shrU(value, b.constant(32))))
  b.routine(loadControlAndStatus, at(b, image, Image.fcw, 16, 'r').read(), at(b, image, Image.fsw, 16, 'r').read())
  b.setSpecial('ftw', at(b, image, Image.tags, 8, 'r').read())
  b.setSpecial('fop', b.and(at(b, image, Image.fop, 16, 'r').read(), b.constant(FOP_BITS)))
  const fip = at(b, image, Image.fip, 64, 'r').read()
  const fdp = at(b, image, Image.fdp, 64, 'r').read()
  b.setSpecial('fip', pointer(fip))
  b.setSpecial('fdp', pointer(fdp))
  b.setSpecial('fpuSelectors', b.or(selector(fip), b.shl(selector(fdp), b.constant(16))))
  repeat(b, 8, (i) => {
    const offset = b.add(b.mul(i, b.constant(SLOT)), b.constant(Image.registers))
    const significand = image.at(offset, 64, 'r').read()
    b.setX87(physical(b, i), image.at(b.add(offset, b.constant(8)), 16, 'r').read(), significand)
  })
}

export function saveMxcsr<V>(b: Builder<V>, image: Operand<V>): void {
  at(b, image, Image.mxcsr, 32, 'w').write(b.special('mxcsr'))
  at(b, image, Image.mxcsrMask, 32, 'w').write(b.constant(MXCSR_MASK))
}

export function saveXmm<V>(b: Builder<V>, image: Operand<V>, registers: number): void {
  repeat(b, registers * 2, (half) => {
    image.at(b.add(b.mul(half, b.constant(8)), b.constant(Image.xmm)), 64, 'w').write(b.ymmPart(ymmPartOf(b, half, 0)))
  })
}

export function restoreXmm<V>(b: Builder<V>, image: Operand<V>, registers: number): void {
  repeat(b, registers * 2, (half) => {
    b.setYmmPart(ymmPartOf(b, half, 0), image.at(b.add(b.mul(half, b.constant(8)), b.constant(Image.xmm)), 64, 'r').read())
  })
}

/** Of 128-bit registers cut into halves of 64 bits, the part that half number `half` is; `first`: 0 XMM, 2 the upper halves of YMM. */
export function ymmPartOf<V>(b: Builder<V>, half: V, first: 0 | 2): V {
  return b.add(b.add(half, b.and(half, b.constant(-2))), b.constant(first))
}

/** @param registers XMM registers of the mode */
const save = (registers: number): Semantics => (b, image) => {
  b.routine(requireX87)
  check(b, image, 'rw')
  saveX87(b, image)
  saveMxcsr(b, image)
  saveXmm(b, image, registers)
}

const restore = (registers: number): Semantics => (b, image) => {
  b.routine(requireX87)
  check(b, image, 'r')
  const mxcsr = at(b, image, Image.mxcsr, 32, 'r').read()
  b.raiseIf(b.ltU(b.constant(MXCSR_MASK), mxcsr), Vector.GP, b.constant(0))
  restoreX87(b, image)
  b.setSpecial('mxcsr', mxcsr)
  restoreXmm(b, image, registers)
}

const FAULTS = ['#NM', '#GP: operand not aligned, reserved bits of MXCSR'] as const

export const fxsaveRows: readonly Row[] = ([['not64', 8], ['only64', 16]] as const).flatMap(([modes, registers]): Row[] => [
  {
    name: 'fxsave', names: { 64: 'fxsave64' }, map: '0f', opcode: 0xae, reg: 0, form: 'memory', prefix: 'none', operands: ['M:a'], modes, sized: true, feature: 'fxsr', faults: FAULTS,
    semantics: save(registers),
  },
  {
    name: 'fxrstor', names: { 64: 'fxrstor64' }, map: '0f', opcode: 0xae, reg: 1, form: 'memory', prefix: 'none', operands: ['M:a'], modes, sized: true, feature: 'fxsr', faults: FAULTS,
    semantics: restore(registers),
  },
])
