/** DIV and IDIV of RDX:RAX by 64 bits: the only division that 64-bit arithmetic cannot do (Intel SDM vol. 2, DIV, IDIV). */
import { CpuFault, Vector } from '../faults'
import type { Helpers } from '../semantics/builder'
import type { SystemContext } from './context'

const RAX = 0
const RDX = 2

export function divisionHelpers(cx: SystemContext): Pick<Helpers, 'div128' | 'idiv128'> {
  const { state } = cx
  const dividend = (): bigint => (state.gpr(RDX) << 64n) | state.gpr(RAX)
  const commit = (quotient: bigint, remainder: bigint): void => {
    state.setGpr(RAX, BigInt.asUintN(64, quotient))
    state.setGpr(RDX, BigInt.asUintN(64, remainder))
  }
  return {
    div128(divisor) {
      const value = dividend()
      if (divisor === 0n || value / divisor >> 64n !== 0n) throw new CpuFault(Vector.DE)
      commit(value / divisor, value % divisor)
    },
    idiv128(divisor) {
      const value = BigInt.asIntN(128, dividend())
      const by = BigInt.asIntN(64, divisor)
      if (by === 0n || BigInt.asIntN(64, value / by) !== value / by) throw new CpuFault(Vector.DE)
      commit(value / by, value % by)
    },
  }
}
