/** CLI, STI, PUSHF and POPF (Intel SDM vol. 2) as `system/flags.ts` does them, outside virtual-8086 mode and where IOPL allows what is asked. */
import type { ModuleBuilder } from '../../wasm/module-builder'
import { constantValue, type WasmValue } from '../semantics/wasm-values'
import { AC, CR0, DF, ID, IF, IOPL, NT, RF, TF, VM } from '../state/bits'
import * as at from '../state/layout'
import { QuickSegments } from './quick-segments'

const IOPL_SHIFT = 12
const LOW_16 = 0xffff

/** () → 1 when IF is cleared, or set with an interrupt shadow; 0: it is left to the helper. */
export function addSetInterrupts(module: ModuleBuilder, on: boolean): number {
  return module.function({ parameters: [], results: ['i32'] }, (body) => {
    const q = new QuickSegments(body, 'return')
    const flags = q.field(at.EFLAGS)
    q.leaveUnless(mayChangeInterrupts(q, flags))
    if (on) {
      q.if(q.isZero(q.and(flags, constantValue(IF))), () => {
        q.setField(at.EFLAGS, q.or(flags, constantValue(IF)))
        q.setField(at.SHADOW_AT, q.field(at.REMAINING))
        q.setField(at.SHADOW_BY_STI, constantValue(1))
      })
    } else q.setField(at.EFLAGS, q.and(flags, constantValue(~BigInt(IF))))
    body.i32(1)
  })
}

/** (image, operand size) → 1 when the flags are set; 0: it is left to the helper, as is a change of TF, of AC and ID, and of what processors without protected mode lack. */
export function addPopFlags(module: ModuleBuilder): number {
  return module.function({ parameters: ['i64', 'i64'], results: ['i32'] }, (body) => {
    const q = new QuickSegments(body, 'return')
    const flags = q.field(at.EFLAGS)
    q.leaveIf(q.and(flags, constantValue(VM | RF)))
    const popped = q.parameter(0)
    const low = q.or(q.and(flags, constantValue(~BigInt(LOW_16))), q.and(popped, constantValue(LOW_16)))
    const image = q.select(q.eq(q.parameter(1), constantValue(16)), low, popped)
    const changed = q.xor(image, flags)
    const real = q.isZero(q.and(q.field(at.CONTROL), constantValue(CR0.PE)))
    q.leaveIf(q.and(changed, constantValue(TF | AC | ID)))
    q.leaveIf(q.and(real, q.ne(q.and(changed, constantValue(NT | IOPL)), constantValue(0))))
    const interrupts = q.select(mayChangeInterrupts(q, flags), constantValue(IF), constantValue(0))
    const privileged = q.select(q.isZero(q.field(at.CPL)), constantValue(IOPL), constantValue(0))
    const mask = q.or(constantValue(DF | NT), q.or(interrupts, privileged))
    q.setField(at.EFLAGS, q.or(q.and(flags, q.not(mask)), q.and(image, mask)))
    q.setArithmeticFlags(image)
    body.i32(1)
  })
}

/** () → all flags but RF and VM, as PUSHF stores them (i64). */
export function addFlagsImage(module: ModuleBuilder): number {
  return module.function({ parameters: [], results: ['i64'] }, (body) => {
    const q = new QuickSegments(body)
    q.push(q.and(q.flagsImage(), constantValue(~BigInt(VM | RF))))
  })
}

/** Real mode, or a privilege level within IOPL. */
function mayChangeInterrupts(q: QuickSegments, flags: WasmValue): WasmValue {
  const real = q.isZero(q.and(q.field(at.CONTROL), constantValue(CR0.PE)))
  const within = q.leU(q.field(at.CPL), q.bits(flags, IOPL_SHIFT, 3))
  return q.or(real, q.and(within, q.isZero(q.and(flags, constantValue(VM)))))
}
