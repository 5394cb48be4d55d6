/** The processor's exceptions by vector (Intel SDM vol. 3A, 6.15). */
interface VectorText {
  name: string
  meaning: string
}

const VECTORS: Readonly<Record<number, VectorText>> = {
  0: { name: '#DE', meaning: 'divide error: a division by zero, or a quotient too large for its register' },
  1: { name: '#DB', meaning: 'debug exception' },
  2: { name: 'NMI', meaning: 'non-maskable interrupt' },
  3: { name: '#BP', meaning: 'breakpoint (INT3)' },
  4: { name: '#OF', meaning: 'overflow (INTO)' },
  5: { name: '#BR', meaning: 'BOUND range exceeded' },
  6: { name: '#UD', meaning: 'invalid opcode: these bytes are no instruction of this processor' },
  7: { name: '#NM', meaning: 'no floating-point unit: the code uses x87, MMX or SSE, which is absent or switched off' },
  8: { name: '#DF', meaning: 'double fault: an exception could not be delivered' },
  10: { name: '#TS', meaning: 'invalid task-state segment' },
  11: { name: '#NP', meaning: 'segment or gate not present' },
  12: { name: '#SS', meaning: 'stack segment fault: outside its limit, or not a canonical address' },
  13: { name: '#GP', meaning: 'general protection: a rule of segments, privileges or reserved bits was broken' },
  14: { name: '#PF', meaning: 'page fault' },
  16: { name: '#MF', meaning: 'x87 floating-point error' },
  17: { name: '#AC', meaning: 'alignment check' },
  18: { name: '#MC', meaning: 'machine check' },
  19: { name: '#XM', meaning: 'SIMD floating-point exception' },
}

/** `#PF`, or `interrupt 32`. */
export const vectorName = (vector: number): string => VECTORS[vector]?.name ?? `interrupt ${vector}`
/** In words; undefined for a vector that is no exception's. */
export const vectorMeaning = (vector: number): string | undefined => VECTORS[vector]?.meaning
/** Whether the vector is one of the processor's own exceptions. */
export const isException = (vector: number): boolean => VECTORS[vector] !== undefined
