/** XSAVE, XSAVEOPT, XSAVEC, XRSTOR (SDM vol. 1, chapter 13): x87, SSE, AVX and PKRU state, chosen by EDX:EAX and XCR0. */
import { initializeX87 } from '../float/x87-image'
import { Vector } from '../faults'
import { Reg, type Builder, type Operand } from '../semantics/builder'
import { defineRoutine } from '../semantics/routines'
import { repeat, restoreX87, restoreXmm, saveMxcsr, saveX87, saveXmm, ymmPartOf } from './fxsave'
import type { Row, Semantics } from './row'
import { MXCSR_MASK } from './sse-float-convert'

const X87 = 1
const SSE = 2
const AVX = 4
const PKRU_BIT = 9
const PKRU = 1 << PKRU_BIT
const CR0_TS = 1 << 3
const ALIGNMENT = 64
const MXCSR_INITIAL = 0x1f80
/** Bit of the form field: components lie without gaps (x87, SSE and AVX do in either form). */
const COMPACTED = 63
/** The legacy region (as FXSAVE has it), the header (components that the image holds, form, reserved), the upper halves of YMM up to `avxEnd`, PKRU in the standard form. */
const Image = { mxcsr: 24, components: 512, form: 520, reserved: 528, avx: 576, avxEnd: 832, pkru: 2688 } as const
const ALL_REGISTERS = 16

/** (first part) → (any): whether a register has ones in its two parts from this one on. */
const anyBits = defineRoutine('anyBits', 1, 1, (b, [first]) => {
  const found = b.variable(b.constant(0))
  const part = b.variable(first)
  b.while(() => b.ltU(part.get(), b.constant(ALL_REGISTERS * 4)), () => {
    const current = part.get()
    found.set(b.or(found.get(), b.or(b.ymmPart(current), b.ymmPart(b.add(current, b.constant(1))))))
    part.set(b.add(current, b.constant(4)))
  })
  return [b.ne(found.get(), b.constant(0))] as const
})

/** Components that differ from their initial state; x87 always counts as such (SDM vol. 1, 13.6: XINUSE). */
function inUse<V>(b: Builder<V>): V {
  const [sse] = b.routine(anyBits, b.constant(0))
  const [avx] = b.routine(anyBits, b.constant(2))
  const pkru = b.shl(b.ne(b.special('pkru'), b.constant(0)), b.constant(PKRU_BIT))
  return b.or(b.or(b.constant(X87), pkru), b.or(b.shl(sse, b.constant(1)), b.shl(avx, b.constant(2))))
}

/** What comes first, in its order; gives the components that the system has, and those of them asked for. */
function begin<V>(b: Builder<V>, image: Operand<V>, access: 'r' | 'rw'): { enabled: V; wanted: V } {
  // #UD without CR4.OSXSAVE.
  const enabled = b.call('xgetbv', b.constant(0))
  b.raiseIf(b.ne(b.and(b.special('cr0'), b.constant(CR0_TS)), b.constant(0)), Vector.NM)
  b.raiseIf(b.ne(b.and(image.linear(), b.constant(ALIGNMENT - 1)), b.constant(0)), Vector.GP, b.constant(0))
  // Both ends, so that nothing in between can fault.
  image.at(b.constant(0), 64, access).read()
  image.at(b.constant(Image.avx - 8), 64, access).read()
  const asked = b.or(b.shl(b.reg(Reg.rdx, 32), b.constant(32)), b.reg(Reg.rax, 32))
  return { enabled, wanted: b.and(enabled, asked) }
}

function has<V>(b: Builder<V>, components: V, component: number): V {
  return b.ne(b.and(components, b.constant(component)), b.constant(0))
}

function probeAvx<V>(b: Builder<V>, image: Operand<V>, components: V, access: 'r' | 'rw'): void {
  b.if(has(b, components, AVX), () => {
    image.at(b.constant(Image.avxEnd - 8), 64, access).read()
  })
}

/** Where PKRU lies: in the compacted form behind AVX state, where the image has a place for that. */
function pkruPlace<V>(b: Builder<V>, compacted: V, listed: V): V {
  return b.select(compacted, b.select(has(b, listed, AVX), b.constant(Image.avxEnd), b.constant(Image.avx)), b.constant(Image.pkru))
}

/** For each 64 bits of the upper halves: number of the part, and place in the image. */
function eachUpper<V>(b: Builder<V>, registers: number, visit: (part: V, offset: V) => void): void {
  repeat(b, registers * 2, (half) => visit(ymmPartOf(b, half, 2), b.add(b.mul(half, b.constant(8)), b.constant(Image.avx))))
}

function saveUpper<V>(b: Builder<V>, image: Operand<V>, registers: number): void {
  eachUpper(b, registers, (part, offset) => image.at(offset, 64, 'w').write(b.ymmPart(part)))
}

/** Where a component is in its initial state, only the header says so, but for XSAVE. */
const save = (registers: number, form: 'all' | 'optimized' | 'compacted'): Semantics => (b, image) => {
  const { wanted } = begin(b, image, 'rw')
  probeAvx(b, image, wanted, 'rw')
  const pkru = pkruPlace(b, b.constant(form === 'compacted' ? 1 : 0), wanted)
  b.if(has(b, wanted, PKRU), () => {
    image.at(pkru, 64, 'rw').read()
  })
  const before = image.at(b.constant(Image.components), 64, 'r').read()
  const used = b.and(wanted, inUse(b))
  const compacted = form === 'compacted'
  // XSAVEC counts MXCSR as a part of SSE state, the others write it by itself.
  const ownMxcsr = b.and(has(b, wanted, SSE), b.ne(b.special('mxcsr'), b.constant(MXCSR_INITIAL)))
  const held = compacted ? b.or(used, b.shl(ownMxcsr, b.constant(1))) : used
  const written = form === 'all' ? wanted : held
  b.if(has(b, written, X87), () => saveX87(b, image))
  b.if(has(b, compacted ? held : wanted, compacted ? SSE : SSE | AVX), () => saveMxcsr(b, image))
  b.if(has(b, written, SSE), () => saveXmm(b, image, registers))
  b.if(has(b, written, AVX), () => saveUpper(b, image, registers))
  b.if(has(b, written, PKRU), () => image.at(pkru, 64, 'w').write(b.special('pkru')))
  image.at(b.constant(Image.components), 64, 'w').write(compacted ? held : b.or(b.and(before, b.not(wanted)), held))
  if (compacted) image.at(b.constant(Image.form), 64, 'w').write(b.or(wanted, b.constant(1n << BigInt(COMPACTED))))
}

const restore = (registers: number): Semantics => (b, image) => {
  const { enabled, wanted } = begin(b, image, 'r')
  const read = (offset: number, size: 32 | 64) => image.at(b.constant(offset), size, 'r').read()
  const held = read(Image.components, 64)
  const form = read(Image.form, 64)
  const compacted = b.shrU(form, b.constant(COMPACTED))
  const listed = b.and(form, b.constant((1n << BigInt(COMPACTED)) - 1n))
  const tail = [0, 8, 16, 24, 32, 40].reduce((all, offset) => b.or(all, read(Image.reserved + offset, 64)), b.constant(0))
  // The standard form: no bits of the form, only 8 bytes behind it reserved.
  const reserved = b.select(compacted, b.or(b.and(listed, b.not(enabled)), b.or(b.and(held, b.not(listed)), tail)), b.or(b.or(b.and(held, b.not(enabled)), form), read(Image.reserved, 64)))
  b.raiseIf(b.ne(reserved, b.constant(0)), Vector.GP, b.constant(0))
  const present = b.and(wanted, held)
  probeAvx(b, image, present, 'r')
  const pkru = b.variable(b.constant(0))
  b.if(has(b, present, PKRU), () => pkru.set(image.at(pkruPlace(b, compacted, listed), 32, 'r').read()))
  const mxcsr = read(Image.mxcsr, 32)
  const loadsMxcsr = b.select(compacted, has(b, present, SSE), has(b, wanted, SSE | AVX))
  b.raiseIf(b.and(loadsMxcsr, b.ltU(b.constant(MXCSR_MASK), mxcsr)), Vector.GP, b.constant(0))
  b.if(has(b, wanted, X87), () => {
    b.if(has(b, held, X87), () => restoreX87(b, image), () => initializeX87Registers(b))
  })
  b.if(loadsMxcsr, () => b.setSpecial('mxcsr', mxcsr), () => {
    b.if(has(b, wanted, SSE), () => b.setSpecial('mxcsr', b.constant(MXCSR_INITIAL)))
  })
  b.if(has(b, wanted, SSE), () => {
    b.if(has(b, held, SSE), () => restoreXmm(b, image, registers), () => repeat(b, registers * 2, (half) => b.setYmmPart(ymmPartOf(b, half, 0), b.constant(0))))
  })
  b.if(has(b, wanted, AVX), () => {
    b.if(
      has(b, held, AVX),
      () => eachUpper(b, registers, (part, offset) => b.setYmmPart(part, image.at(offset, 64, 'r').read())),
      () => eachUpper(b, registers, (part) => b.setYmmPart(part, b.constant(0))),
    )
  })
  // After all accesses: it decides what may be accessed.
  b.if(has(b, wanted, PKRU), () => b.call('writePkru', pkru.get()))
}

const X87_REGISTERS = 8

function initializeX87Registers<V>(b: Builder<V>): void {
  initializeX87(b)
  for (let register = 0; register < X87_REGISTERS; register++) b.setX87(b.constant(register), b.constant(0), b.constant(0))
}

const FORMS = [
  { name: 'xsave', opcode: 0xae, reg: 4, feature: 'xsave', semantics: (registers: number) => save(registers, 'all') },
  { name: 'xrstor', opcode: 0xae, reg: 5, feature: 'xsave', semantics: restore },
  { name: 'xsaveopt', opcode: 0xae, reg: 6, feature: 'xsave', semantics: (registers: number) => save(registers, 'optimized') },
  { name: 'xsavec', opcode: 0xc7, reg: 4, feature: 'xsavec', semantics: (registers: number) => save(registers, 'compacted') },
] as const

const FAULTS = ['#UD: CR4.OSXSAVE', '#NM', '#GP: operand not aligned, reserved bits'] as const

export const xsaveRows: readonly Row[] = FORMS.flatMap(({ name, opcode, reg, feature, semantics }) =>
  ([['not64', 8], ['only64', 16]] as const).map(([modes, registers]): Row => ({
    name, names: { 64: `${name}64` }, map: '0f', opcode, reg, form: 'memory', prefix: 'none', operands: ['M:a'], modes, sized: true, feature, faults: FAULTS,
    semantics: semantics(registers),
  })),
)
