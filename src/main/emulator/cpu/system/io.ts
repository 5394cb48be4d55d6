/** Ports, HLT (Intel SDM vol. 1, 18.5; vol. 2, IN, OUT, HLT). */
import { CpuFault, Vector } from '../faults'
import type { Helpers } from '../semantics/builder'
import { ATTRIBUTE, IOPL, TR } from '../state/bits'
import { requireLevel0 } from './control-registers'
import type { SystemContext } from './context'
import { SystemType } from './descriptors'

/** Where a 32- or 64-bit TSS keeps the offset of its I/O permission bitmap. */
const IO_MAP_BASE = 0x66
const LAST_BYTE_WITH_MAP = 0x67
const LAST_PORT = 0xffff

export function ioHelpers(cx: SystemContext): Pick<Helpers, 'checkIo' | 'portIn' | 'portOut' | 'hlt' | 'pause'> {
  return {
    checkIo: (port, size) => checkPermission(cx, port & LAST_PORT, bytesOf(size)),
    portIn(port, size) {
      const number = port & LAST_PORT
      const bytes = bytesOf(size)
      cx.mmu.watchpoints.notePort(number, bytes)
      const value = cx.ports.read(number, bytes) >>> 0
      cx.observer.port?.({ direction: 'in', port: number, bytes, value })
      return value
    },
    portOut(port, size, value) {
      const number = port & LAST_PORT
      const bytes = bytesOf(size)
      cx.mmu.watchpoints.notePort(number, bytes)
      const written = bytes === 4 ? value : bytes === 2 ? value & 0xffff : value & 0xff
      cx.observer.port?.({ direction: 'out', port: number, bytes, value: written })
      cx.ports.write(number, bytes, written)
    },
    hlt() {
      requireLevel0(cx)
      cx.state.halted = true
      cx.endSlice()
    },
    pause: () => cx.pause(),
  }
}

function bytesOf(size: number): 1 | 2 | 4 {
  return size === 8 ? 1 : size === 16 ? 2 : 4
}

function checkPermission(cx: SystemContext, port: number, bytes: number): void {
  const { state, mmu } = cx
  if (!state.protectedMode) return
  if (!state.virtual8086 && state.cpl <= (state.systemFlags & IOPL) >> 12) return
  const type = state.attributes(TR) & 0xf
  const limit = state.limit(TR)
  const usable = (state.attributes(TR) & ATTRIBUTE.present) !== 0 && (type === SystemType.tss32Busy || type === SystemType.tss32Available)
  if (!usable || limit < LAST_BYTE_WITH_MAP) throw new CpuFault(Vector.GP, 0)
  const map = mmu.read16(state.base(TR) + BigInt(IO_MAP_BASE))
  const first = map + (port >>> 3)
  // Two bytes are read, so that a port range that crosses a byte of the map is covered.
  if (first + 1 > limit) throw new CpuFault(Vector.GP, 0)
  const bits = mmu.read16(state.base(TR) + BigInt(first)) >>> (port & 7)
  if (bits & ((1 << bytes) - 1)) throw new CpuFault(Vector.GP, 0)
}
