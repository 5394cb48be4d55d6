import type { Constant, Size, Variable } from './builder'

function u64(value: bigint): bigint {
  return BigInt.asUintN(64, value)
}

function s64(value: bigint): bigint {
  return BigInt.asIntN(64, value)
}

function truth(value: boolean): bigint {
  return value ? 1n : 0n
}

/** The arithmetic part of the oracle: unsigned 64-bit patterns as bigint, evaluated at once. */
export class OracleValues {
  constant(value: Constant): bigint {
    return u64(BigInt(value))
  }

  add(a: bigint, b: bigint): bigint {
    return u64(a + b)
  }

  sub(a: bigint, b: bigint): bigint {
    return u64(a - b)
  }

  mul(a: bigint, b: bigint): bigint {
    return u64(a * b)
  }

  mulHighU(a: bigint, b: bigint): bigint {
    return (a * b) >> 64n
  }

  mulHighS(a: bigint, b: bigint): bigint {
    return u64((s64(a) * s64(b)) >> 64n)
  }

  divU(a: bigint, b: bigint): bigint {
    return a / b
  }

  remU(a: bigint, b: bigint): bigint {
    return a % b
  }

  divS(a: bigint, b: bigint): bigint {
    return u64(s64(a) / s64(b))
  }

  remS(a: bigint, b: bigint): bigint {
    return u64(s64(a) % s64(b))
  }

  and(a: bigint, b: bigint): bigint {
    return a & b
  }

  or(a: bigint, b: bigint): bigint {
    return a | b
  }

  xor(a: bigint, b: bigint): bigint {
    return a ^ b
  }

  not(a: bigint): bigint {
    return u64(~a)
  }

  neg(a: bigint): bigint {
    return u64(-a)
  }

  shl(a: bigint, count: bigint): bigint {
    return u64(a << (count & 63n))
  }

  shrU(a: bigint, count: bigint): bigint {
    return a >> (count & 63n)
  }

  shrS(a: bigint, count: bigint): bigint {
    return u64(s64(a) >> (count & 63n))
  }

  rotl(size: Size, a: bigint, count: bigint): bigint {
    return BigInt.asUintN(size, (a << count) | (a >> (BigInt(size) - count)))
  }

  clz(a: bigint): bigint {
    return a === 0n ? 64n : BigInt(64 - a.toString(2).length)
  }

  ctz(a: bigint): bigint {
    return a === 0n ? 64n : BigInt((a & -a).toString(2).length - 1)
  }

  popcnt(a: bigint): bigint {
    return BigInt(a.toString(2).replaceAll('0', '').length)
  }

  eq(a: bigint, b: bigint): bigint {
    return truth(a === b)
  }

  ne(a: bigint, b: bigint): bigint {
    return truth(a !== b)
  }

  ltU(a: bigint, b: bigint): bigint {
    return truth(a < b)
  }

  ltS(a: bigint, b: bigint): bigint {
    return truth(s64(a) < s64(b))
  }

  leU(a: bigint, b: bigint): bigint {
    return truth(a <= b)
  }

  leS(a: bigint, b: bigint): bigint {
    return truth(s64(a) <= s64(b))
  }

  isZero(a: bigint): bigint {
    return truth(a === 0n)
  }

  zext(size: Size, a: bigint): bigint {
    return BigInt.asUintN(size, a)
  }

  sext(size: Size, a: bigint): bigint {
    return u64(BigInt.asIntN(size, a))
  }

  select(condition: bigint, whenTrue: bigint, whenFalse: bigint): bigint {
    return condition !== 0n ? whenTrue : whenFalse
  }

  variable(initial: bigint): Variable<bigint> {
    let value = initial
    return {
      get: () => value,
      set: (next) => {
        value = next
      },
    }
  }

  if(condition: bigint, then: () => void, otherwise?: () => void): void {
    if (condition !== 0n) then()
    else otherwise?.()
  }

  while(condition: () => bigint, body: () => void): void {
    while (condition() !== 0n) body()
  }
}
