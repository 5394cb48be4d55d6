/** XSAVE, XSAVEOPT, XRSTOR in their standard form (SDM vol. 1, chapter 13): x87 and SSE state, chosen by EDX:EAX and XCR0. */
import { initializeX87 } from '../float/x87-image'
import { Vector } from '../faults'
import { Reg, type Builder, type Operand } from '../semantics/builder'
import { restoreX87, restoreXmm, saveMxcsr, saveX87, saveXmm, ymmPartOf } from './fxsave'
import type { Row, Semantics } from './row'
import { MXCSR_MASK } from './sse-float-convert'

const X87 = 1
const SSE = 2
const CR0_TS = 1 << 3
const ALIGNMENT = 64
/** The legacy region (as FXSAVE has it), then the header: components that the image holds, form, reserved. */
const Image = { mxcsr: 24, components: 512, form: 520, reserved: 528, bytes: 576 } as const
const X87_REGISTERS = 8

/** What comes first, in its order; gives the components asked for. */
function begin<V>(b: Builder<V>, image: Operand<V>, access: 'r' | 'rw'): { enabled: V; wanted: V } {
  // #UD without CR4.OSXSAVE.
  const enabled = b.call('xgetbv', b.constant(0))
  b.raiseIf(b.ne(b.and(b.special('cr0'), b.constant(CR0_TS)), b.constant(0)), Vector.NM)
  b.raiseIf(b.ne(b.and(image.linear(), b.constant(ALIGNMENT - 1)), b.constant(0)), Vector.GP, b.constant(0))
  // Both ends, so that nothing in between can fault.
  image.at(b.constant(0), 64, access).read()
  image.at(b.constant(Image.bytes - 8), 64, access).read()
  const asked = b.or(b.shl(b.reg(Reg.rdx, 32), b.constant(32)), b.reg(Reg.rax, 32))
  return { enabled, wanted: b.and(enabled, asked) }
}

function has<V>(b: Builder<V>, components: V, component: number): V {
  return b.ne(b.and(components, b.constant(component)), b.constant(0))
}

/** Every component counts as in use: XSAVEOPT saves what XSAVE does. */
const save = (registers: number): Semantics => (b, image) => {
  const { wanted } = begin(b, image, 'rw')
  const before = image.at(b.constant(Image.components), 64, 'r').read()
  b.if(has(b, wanted, X87), () => saveX87(b, image))
  b.if(has(b, wanted, SSE), () => {
    saveMxcsr(b, image)
    saveXmm(b, image, registers)
  })
  image.at(b.constant(Image.components), 64, 'w').write(b.or(b.and(before, b.not(wanted)), wanted))
}

const restore = (registers: number): Semantics => (b, image) => {
  const { enabled, wanted } = begin(b, image, 'r')
  const read = (offset: number, size: 32 | 64) => image.at(b.constant(offset), size, 'r').read()
  const held = read(Image.components, 64)
  const header = b.or(b.or(b.and(held, b.not(enabled)), read(Image.form, 64)), read(Image.reserved, 64))
  b.raiseIf(b.ne(header, b.constant(0)), Vector.GP, b.constant(0))
  const mxcsr = read(Image.mxcsr, 32)
  b.raiseIf(b.and(has(b, wanted, SSE), b.ltU(b.constant(MXCSR_MASK), mxcsr)), Vector.GP, b.constant(0))
  b.if(has(b, wanted, X87), () => {
    b.if(has(b, held, X87), () => restoreX87(b, image), () => {
      initializeX87(b)
      for (let register = 0; register < X87_REGISTERS; register++) b.setX87(b.constant(register), b.constant(0), b.constant(0))
    })
  })
  b.if(has(b, wanted, SSE), () => {
    b.setSpecial('mxcsr', mxcsr)
    b.if(has(b, held, SSE), () => restoreXmm(b, image, registers), () => {
      for (let half = 0; half < registers * 2; half++) b.setYmmPart(ymmPartOf(b, b.constant(half), 0), b.constant(0))
    })
  })
}

const FORMS = [
  { name: 'xsave', reg: 4, semantics: save },
  { name: 'xrstor', reg: 5, semantics: restore },
  { name: 'xsaveopt', reg: 6, semantics: save },
] as const

const FAULTS = ['#UD: CR4.OSXSAVE', '#NM', '#GP: operand not aligned, reserved bits'] as const

export const xsaveRows: readonly Row[] = FORMS.flatMap(({ name, reg, semantics }) =>
  ([['not64', 8], ['only64', 16]] as const).map(([modes, registers]): Row => ({
    name, names: { 64: `${name}64` }, map: '0f', opcode: 0xae, reg, form: 'memory', prefix: 'none', operands: ['M:a'], modes, sized: true, feature: 'xsave', faults: FAULTS,
    semantics: semantics(registers),
  })),
)
