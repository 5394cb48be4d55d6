/** What stands between the interpreter's handlers and the helpers: functions of the module that try the quick way first. */
import type { FunctionBuilder } from '../../wasm/function-builder'
import type { ModuleBuilder } from '../../wasm/module-builder'
import type { Helpers } from '../semantics/builder'
import { CR0, IF, IOPL, TF, VM } from '../state/bits'
import * as at from '../state/layout'
import { addInterrupt } from './quick-delivery'
import { addFlagsImage, addPopFlags, addSetInterrupts } from './quick-flags'
import { addRealInterrupt } from './quick-real'
import { addReturn } from './quick-return'

/** Of `softwareInterrupt`: INT1 is none of the kinds that are quick. */
const KIND_INT1 = 2n
const IOPL_SHIFT = 12

type Helper = (helper: keyof Helpers) => number

/** Functions that take the place of helpers; each is added when a handler first wants it. */
const REPLACED: Partial<Readonly<Record<keyof Helpers, (module: ModuleBuilder, helper: number) => number>>> = {
  softwareInterrupt: (module, helper) => {
    const [quick, real] = [addInterrupt(module), addRealInterrupt(module)]
    return module.function({ parameters: ['i64', 'i64', 'i64'], results: [] }, (body) => {
      const [vector, kind, next] = [0, 1, 2]
      body.get(kind)
      body.i64(KIND_INT1)
      body.op('i64_ne')
      body.if()
      pushField(body, at.CONTROL)
      body.i32(Number(CR0.PE))
      body.op('i32_and')
      body.if('i32')
      for (const parameter of [vector, next]) body.get(parameter)
      body.call(quick)
      body.else()
      for (const parameter of [vector, next]) body.get(parameter)
      body.call(real)
      body.end()
      returnIfTrue(body)
      body.end()
      for (const parameter of [vector, kind, next]) body.get(parameter)
      body.call(helper)
    })
  },
  iret: (module, helper) => {
    const quick = addReturn(module)
    return module.function({ parameters: ['i64'], results: [] }, (body) => {
      body.get(0)
      body.call(quick)
      returnIfTrue(body)
      body.get(0)
      body.call(helper)
    })
  },
  cli: (module, helper) => trying(module, addSetInterrupts(module, false), helper),
  sti: (module, helper) => trying(module, addSetInterrupts(module, true), helper),
  popf: (module, helper) => {
    const quick = addPopFlags(module)
    return module.function({ parameters: ['i64', 'i64'], results: [] }, (body) => {
      for (const call of [quick, helper]) {
        body.get(0)
        body.get(1)
        body.call(call)
        if (call === quick) returnIfTrue(body)
      }
    })
  },
  pushfImage: (module, helper) => {
    const quick = addFlagsImage(module)
    return module.function({ parameters: ['i64'], results: ['i64'] }, (body) => {
      pushIsCalm(body)
      pushField(body, at.EFLAGS)
      body.i32(VM)
      body.op('i32_and')
      body.op('i32_eqz')
      body.op('i32_and')
      body.if('i64')
      body.call(quick)
      body.else()
      body.get(0)
      body.call(helper)
      body.end()
    })
  },
  requireCpl0: (module, helper) =>
    module.function({ parameters: [], results: [] }, (body) => {
      pushIsCalm(body)
      pushField(body, at.CPL)
      body.op('i32_eqz')
      body.op('i32_and')
      returnIfTrue(body)
      body.call(helper)
    }),
  checkIo: (module, helper) =>
    module.function({ parameters: ['i32', 'i32'], results: [] }, (body) => {
      // Real mode, or a level that IOPL allows; virtual-8086 mode looks at the map in any case.
      pushIsCalm(body)
      body.if()
      pushField(body, at.CONTROL)
      body.i32(Number(CR0.PE))
      body.op('i32_and')
      body.op('i32_eqz')
      returnIfTrue(body)
      pushField(body, at.EFLAGS)
      body.i32(VM)
      body.op('i32_and')
      body.op('i32_eqz')
      pushField(body, at.CPL)
      pushField(body, at.EFLAGS)
      body.i32(IOPL)
      body.op('i32_and')
      body.i32(IOPL_SHIFT)
      body.op('i32_shr_u')
      body.op('i32_le_u')
      body.op('i32_and')
      returnIfTrue(body)
      body.end()
      body.get(0)
      body.get(1)
      body.call(helper)
    }),
}

/** A helper without arguments, behind its quick way. */
function trying(module: ModuleBuilder, quick: number, helper: number): number {
  return module.function({ parameters: [], results: [] }, (body) => {
    body.call(quick)
    returnIfTrue(body)
    body.call(helper)
  })
}

/** Helpers, some of which are only called where the quick way does not go. */
export function quickHelpers(module: ModuleBuilder, helper: Helper): Helper {
  const added = new Map<keyof Helpers, number>()
  return (name) => {
    const add = REPLACED[name]
    if (add === undefined) return helper(name)
    let index = added.get(name)
    if (index === undefined) {
      index = add(module, helper(name))
      added.set(name, index)
    }
    return index
  }
}

/** () → nothing: asks the processor to look around, unless nothing can come: interrupts are off, and all that they do not hold back ends the slice by itself. */
export function addAttention(module: ModuleBuilder, attention: number): number {
  return module.function({ parameters: [], results: [] }, (body) => {
    pushIsCalm(body)
    body.if()
    pushField(body, at.EFLAGS)
    body.i32(IF | TF)
    body.op('i32_and')
    body.op('i32_eqz')
    returnIfTrue(body)
    body.end()
    body.call(attention)
  })
}

/** Pushes 1 where nothing is out of the common. */
function pushIsCalm(body: FunctionBuilder): void {
  pushField(body, at.QUICK)
  body.i32(at.QUICK_RULES.return)
  body.op('i32_and')
  body.i32(0)
  body.op('i32_ne')
}

function pushField(body: FunctionBuilder, field: number): void {
  body.i32(0)
  body.memory('i32_load', field)
}

function returnIfTrue(body: FunctionBuilder): void {
  body.if()
  body.op('return')
  body.end()
}
