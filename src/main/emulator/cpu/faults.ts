/** Exception vectors (Intel SDM vol. 3A, table 6-1). */
export const Vector = {
  DE: 0, DB: 1, NMI: 2, BP: 3, OF: 4, BR: 5, UD: 6, NM: 7, DF: 8, TS: 10, NP: 11, SS: 12, GP: 13, PF: 14, MF: 16, AC: 17, MC: 18, XM: 19,
} as const

/** Vectors that push an error code in protected and long mode (SDM vol. 3A, 6.13). */
export const PUSHES_ERROR_CODE: ReadonlySet<number> = new Set([8, 10, 11, 12, 13, 14, 17])

/**
 * An exception of the guest on its way from an instruction to the delivery code. Thrown, also through WebAssembly
 * frames; not an `Error`, so that no host stack trace is captured for what is everyday work of a guest.
 */
export class CpuFault {
  /** 0–31 */
  readonly vector: number
  /** Error code, where the vector has one. */
  readonly errorCode: number | undefined
  /** Faulting linear address of a page fault (for CR2). */
  readonly address: bigint | undefined

  constructor(vector: number, errorCode?: number, address?: bigint) {
    this.vector = vector
    this.errorCode = errorCode
    this.address = address
  }
}
