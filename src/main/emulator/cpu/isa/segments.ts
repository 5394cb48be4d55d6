/** Segment registers: MOV, PUSH, POP, LDS LES LFS LGS LSS, ARPL (SDM vol. 2A–2B). */
import type { Builder, Operand } from '../semantics/builder'
import { Seg } from '../semantics/builder'
import type { Row, Semantics } from './row'
import { push, release, top } from './stack'

const LOAD_FAULTS = ['#GP', '#NP', '#SS'] as const

/** Loading SS holds interrupts back for one instruction, so that rSP can follow (SDM vol. 3A, 6.8.3). */
function loadSegment<V>(b: Builder<V>, segment: number, selector: V): void {
  b.call('loadSegment', b.constant(segment), b.zext(16, selector))
}

function moveToSegment(segment: number): Semantics {
  return (b, _register, source) => {
    loadSegment(b, segment, source.read())
    if (segment === Seg.ss) b.inhibitInterrupts()
  }
}

/** CS cannot be loaded. */
const LOADABLE = [Seg.es, Seg.ss, Seg.ds, Seg.fs, Seg.gs] as const

const storeSegment: Semantics = (b, target, segment) => {
  target.write(b.call('readSegment', segment.read()))
}

const moveRows: readonly Row[] = [
  { name: 'mov', map: '', opcode: 0x8c, form: 'memory', operands: ['Mw:w', 'Sw:r'], semantics: storeSegment },
  { name: 'mov', map: '', opcode: 0x8c, form: 'register', operands: ['Rv:w', 'Sw:r'], semantics: storeSegment },
  ...LOADABLE.map((segment): Row => ({
    name: 'mov', map: '', opcode: 0x8e, reg: segment, operands: ['Sw:w', 'Ew:r'], faults: LOAD_FAULTS, endsBlock: true, semantics: moveToSegment(segment),
  })),
]

const STACK_FORMS = [
  { segment: Seg.es, name: 'es', map: '', push: 0x06, pop: 0x07 },
  { segment: Seg.cs, name: 'cs', map: '', push: 0x0e, pop: undefined },
  { segment: Seg.ss, name: 'ss', map: '', push: 0x16, pop: 0x17 },
  { segment: Seg.ds, name: 'ds', map: '', push: 0x1e, pop: 0x1f },
  { segment: Seg.fs, name: 'fs', map: '0f', push: 0xa0, pop: 0xa1, feature: '386' },
  { segment: Seg.gs, name: 'gs', map: '0f', push: 0xa8, pop: 0xa9, feature: '386' },
] as const

function pushSegment(segment: number): Semantics {
  return (b) => {
    push(b, b.call('readSegment', b.constant(segment)))
  }
}

function popSegment(segment: number): Semantics {
  return (b) => {
    loadSegment(b, segment, top(b))
    release(b)
    if (segment === Seg.ss) b.inhibitInterrupts()
  }
}

const stackRows: readonly Row[] = STACK_FORMS.flatMap(({ segment, name, push: pushOpcode, pop: popOpcode, ...form }): Row[] => {
  const common = { ...form, operands: [], sized: true, size64: 'default64', fixedOperand: name, ...(form.map === '' ? { modes: 'not64' as const } : {}) } as const
  return [
    { ...common, name: 'push', opcode: pushOpcode, semantics: pushSegment(segment) },
    ...(popOpcode === undefined
      ? []
      : [{ ...common, name: 'pop', opcode: popOpcode, faults: LOAD_FAULTS, endsBlock: true, semantics: popSegment(segment) }]),
  ]
})

const FAR_POINTERS = [
  { segment: Seg.es, name: 'les', map: '', opcode: 0xc4, modes: 'not64' },
  { segment: Seg.ds, name: 'lds', map: '', opcode: 0xc5, modes: 'not64' },
  { segment: Seg.ss, name: 'lss', map: '0f', opcode: 0xb2, feature: '386' },
  { segment: Seg.fs, name: 'lfs', map: '0f', opcode: 0xb4, feature: '386' },
  { segment: Seg.gs, name: 'lgs', map: '0f', opcode: 0xb5, feature: '386' },
] as const

function loadPointer(segment: number): Semantics {
  return <V>(b: Builder<V>, target: Operand<V>, pointer: Operand<V>) => {
    const offset = pointer.at(b.constant(0), target.size, 'r').read()
    const selector = pointer.at(b.constant(target.size / 8), 16, 'r').read()
    loadSegment(b, segment, selector)
    target.write(offset)
  }
}

const pointerRows: readonly Row[] = FAR_POINTERS.map(({ segment, ...form }) => ({
  ...form, operands: ['Gv:w', 'Mp:r'], faults: LOAD_FAULTS, endsBlock: true, semantics: loadPointer(segment),
}))

const RPL = 3

/** The target is written, and must be writable, only if its RPL changes. */
const adjustRpl: Semantics = (b, target, source) => {
  const selector = target.read()
  const rpl = b.and(source.read(), b.constant(RPL))
  const lower = b.ltU(b.and(selector, b.constant(RPL)), rpl)
  b.if(lower, () => {
    target.write(b.or(b.and(selector, b.constant(0xfffc)), rpl))
  })
  b.setFlag('ZF', lower)
}

export const segmentRows: readonly Row[] = [
  ...moveRows,
  ...stackRows,
  ...pointerRows,
  {
    name: 'arpl', map: '', opcode: 0x63, operands: ['Ew:r', 'Gw:r'], modes: 'not64', protectedOnly: true, flags: { writes: ['ZF'] }, feature: '286',
    semantics: adjustRpl,
  },
]
