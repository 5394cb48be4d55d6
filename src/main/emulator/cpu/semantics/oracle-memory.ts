import { CpuFault, Vector } from '../faults'
import { AC, ATTRIBUTE, CODE_64, CR0, FS, SS } from '../state/bits'
import type { BackendContext } from './backend'

const PAGE = 4096n
/** Bytes of the largest access that alignment is checked of; beyond, processors differ (SDM vol. 2A, 2.4, table 2-21). */
const LARGEST_CHECKED = 8
const PAGE_BYTES = 4096

/**
 * Memory accesses of the oracle: segment rules straight from the descriptor caches (SDM vol. 3A, 5.3, 5.4.1), translation by the
 * MMU for every access, no TLB, no scratch line.
 */
export class OracleMemory {
  readonly #context: BackendContext

  constructor(context: BackendContext) {
    this.#context = context
  }

  /** Linear address of `offset` in a segment, without checks. */
  linear(segment: number, offset: bigint): bigint {
    const { state } = this.#context
    if (state.codeMode === CODE_64) return BigInt.asUintN(64, (segment < FS ? 0n : state.base(segment)) + offset)
    return BigInt.asUintN(32, state.base(segment) + offset)
  }

  /** Raises what an access of `bytes` bytes would raise, and gives the physical address of each byte. */
  resolve(segment: number, offset: bigint, bytes: number, access: 'r' | 'w'): number[] {
    const { state, mmu } = this.#context
    const linear = this.linear(segment, offset)
    this.#checkSegment(segment, offset, linear, bytes, access)
    const user = state.cpl === 3
    const checked = user && bytes <= LARGEST_CHECKED && (state.systemFlags & AC) !== 0 && (state.control(0) & CR0.AM) !== 0n
    if (checked && linear % BigInt(bytes) !== 0n) throw new CpuFault(Vector.AC, 0)
    const width = state.codeMode === CODE_64 ? 64 : 32
    if (mmu.watchpoints.watchesData) mmu.watchpoints.noteAccess(linear, bytes, access === 'w')
    const first = mmu.translate(linear, access, user)
    const inPage = Number(PAGE - (linear % PAGE))
    const second = bytes > inPage ? mmu.translate(BigInt.asUintN(width, linear + BigInt(inPage)), access, user) : 0
    if (mmu.probes.armed) mmu.probes.note(linear, bytes, access === 'w', first, second)
    return Array.from({ length: bytes }, (_, index) => (index < inPage ? first + index : second + index - inPage))
  }

  read(addresses: readonly number[]): bigint {
    const { physical, state } = this.#context
    return this.#pieces(addresses, (address, bytes) => {
      const frame = physical.readableFrame(address - (address % PAGE_BYTES))
      if (frame !== 0) {
        const host = frame + (address % PAGE_BYTES)
        return bytes === 4 ? state.view.getUint32(host, true) : bytes === 2 ? state.view.getUint16(host, true) : state.view.getUint8(host)
      }
      return bytes === 4 ? physical.read32(address) : bytes === 2 ? physical.read16(address) : physical.read8(address)
    })
  }

  write(addresses: readonly number[], value: bigint): void {
    const { physical, state } = this.#context
    let shift = 0n
    this.#pieces(addresses, (address, bytes) => {
      const part = Number(BigInt.asUintN(bytes * 8, value >> shift))
      shift += BigInt(bytes * 8)
      const frame = physical.writableFrame(address - (address % PAGE_BYTES))
      if (frame !== 0) {
        const host = frame + (address % PAGE_BYTES)
        if (bytes === 4) state.view.setUint32(host, part, true)
        else if (bytes === 2) state.view.setUint16(host, part, true)
        else state.view.setUint8(host, part)
      } else if (bytes === 4) physical.write32(address, part)
      else if (bytes === 2) physical.write16(address, part)
      else physical.write8(address, part)
      return 0
    })
  }

  #checkSegment(segment: number, offset: bigint, linear: bigint, bytes: number, access: 'r' | 'w'): void {
    const { state } = this.#context
    const last = offset + BigInt(bytes) - 1n
    let allowed: boolean
    if (state.codeMode === CODE_64) {
      const lastLinear = BigInt.asUintN(64, linear + BigInt(bytes) - 1n)
      allowed = state.isCanonical(linear) && state.isCanonical(lastLinear)
    } else {
      const limit = BigInt(state.limit(segment))
      const attributes = state.attributes(segment)
      if (!state.usesDescriptors) {
        allowed = last <= limit
      } else if ((attributes & ATTRIBUTE.present) === 0) {
        allowed = false
      } else if (attributes & ATTRIBUTE.code) {
        allowed = access === 'r' && (attributes & ATTRIBUTE.readable) !== 0 && last <= limit
      } else {
        const within = attributes & ATTRIBUTE.expandDown ? offset > limit && last <= (attributes & ATTRIBUTE.big ? 0xffff_ffffn : 0xffffn) : last <= limit
        allowed = within && (access === 'r' || (attributes & ATTRIBUTE.writable) !== 0)
      }
    }
    if (!allowed) throw new CpuFault(segment === SS ? Vector.SS : Vector.GP, 0)
  }

  /** Cuts consecutive addresses into the largest aligned pieces of 4, 2 or 1 bytes, as a bus does; collects what `step` gives. */
  #pieces(addresses: readonly number[], step: (address: number, bytes: 1 | 2 | 4) => number): bigint {
    let value = 0n
    for (let index = 0; index < addresses.length; ) {
      const address = addresses[index] ?? 0
      const run = (bytes: number): boolean => address % bytes === 0 && addresses[index + bytes - 1] === address + bytes - 1
      const bytes = run(4) ? 4 : run(2) ? 2 : 1
      value |= BigInt(step(address, bytes) >>> 0) << BigInt(index * 8)
      index += bytes
    }
    return value
  }
}
