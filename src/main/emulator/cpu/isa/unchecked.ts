/** Accesses whose alignment is never checked, whatever EFLAGS.AC says (SDM vol. 2A, 2.4: exception classes 11 and 12): what is not aligned goes byte by byte. */
import type { Builder, Operand } from '../semantics/builder'

type Width = 32 | 64

/** Calls `aligned` or, for each byte, `byte` with its number. What wraps around in its segment faults as a whole access. */
function byAlignment<V, X>(b: Builder<V, X>, whole: Operand<V, X>, bytes: number, aligned: () => unknown, byte: (number: V) => unknown): void {
  const last = b.and(b.add(whole.address(), b.constant(bytes - 1)), b.addressMask())
  const isAligned = b.isZero(b.and(whole.linear(), b.constant(bytes - 1)))
  b.if(b.or(isAligned, b.ltU(last, whole.address())), () => void aligned(), () => {
    const count = b.variable(b.constant(0))
    b.while(() => b.ltU(count.get(), b.constant(bytes)), () => {
      const current = count.get()
      byte(current)
      count.set(b.add(current, b.constant(1)))
    })
  })
}

/** What lies at a displacement from a memory operand. */
export function readUnchecked<V, X>(b: Builder<V, X>, memory: Operand<V, X>, displacement: V, width: Width): V {
  const value = b.variable(b.constant(0))
  const whole = memory.at(displacement, width, 'r')
  byAlignment(b, whole, width / 8, () => value.set(whole.read()), (number) => {
    const byte = memory.at(b.add(displacement, number), 8, 'r').read()
    value.set(b.or(value.get(), b.shl(byte, b.shl(number, b.constant(3)))))
  })
  return value.get()
}

/** Writes a memory operand; nothing is written when a byte of it cannot be. */
export function writeUnchecked<V, X>(b: Builder<V, X>, memory: Operand<V, X>, width: Width, value: V): void {
  const whole = memory.at(b.constant(0), width, 'w')
  byAlignment(b, whole, width / 8, () => undefined, (number) => void memory.at(number, 8, 'rw').read())
  byAlignment(b, whole, width / 8, () => whole.write(value), (number) => memory.at(number, 8, 'w').write(b.shrU(value, b.shl(number, b.constant(3)))))
}
