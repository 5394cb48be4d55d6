/** Names of architectural bits (Intel SDM vol. 3A, 2.3, 2.5, 3.4.5; vol. 4 for MSRs). */

export const CF = 1 << 0
export const PF = 1 << 2
export const AF = 1 << 4
export const ZF = 1 << 6
export const SF = 1 << 7
export const TF = 1 << 8
export const IF = 1 << 9
export const DF = 1 << 10
export const OF = 1 << 11
export const IOPL = 3 << 12
export const NT = 1 << 14
export const RF = 1 << 16
export const VM = 1 << 17
export const AC = 1 << 18
export const VIF = 1 << 19
export const VIP = 1 << 20
export const ID = 1 << 21
/** The six flags that live in the lazy representation. */
export const ARITHMETIC_FLAGS = CF | PF | AF | ZF | SF | OF
/** All flags that exist; the others read as zero but bit 1, which reads as one. */
export const DEFINED_FLAGS = ARITHMETIC_FLAGS | TF | IF | DF | IOPL | NT | RF | VM | AC | VIF | VIP | ID

export const CR0 = {
  PE: 1n << 0n, MP: 1n << 1n, EM: 1n << 2n, TS: 1n << 3n, ET: 1n << 4n, NE: 1n << 5n, WP: 1n << 16n, AM: 1n << 18n, NW: 1n << 29n, CD: 1n << 30n, PG: 1n << 31n,
} as const

export const CR4 = {
  VME: 1n << 0n, PVI: 1n << 1n, TSD: 1n << 2n, DE: 1n << 3n, PSE: 1n << 4n, PAE: 1n << 5n, MCE: 1n << 6n, PGE: 1n << 7n, PCE: 1n << 8n,
  OSFXSR: 1n << 9n, OSXMMEXCPT: 1n << 10n, UMIP: 1n << 11n, LA57: 1n << 12n, FSGSBASE: 1n << 16n, PCIDE: 1n << 17n, OSXSAVE: 1n << 18n, SMEP: 1n << 20n, SMAP: 1n << 21n, PKE: 1n << 22n, PKS: 1n << 24n,
} as const

export const EFER_BITS = { SCE: 1n << 0n, LME: 1n << 8n, LMA: 1n << 10n, NXE: 1n << 11n } as const

/** Attributes that real mode gives a segment: present, data, writable, accessed. */
export const REAL_MODE_ATTRIBUTES = 0x93

/** Indexes of the descriptor caches. */
export const ES = 0
export const CS = 1
export const SS = 2
export const DS = 3
export const FS = 4
export const GS = 5
export const LDTR = 6
export const TR = 7

/** Bits of a descriptor's attributes as cached: second doubleword, bits 8–23, moved down to bit 0. */
export const ATTRIBUTE = {
  typeMask: 0x0f,
  accessed: 0x01,
  /** Data: writable. Code: readable. */
  writable: 0x02,
  readable: 0x02,
  /** Data: expand-down. Code: conforming. */
  expandDown: 0x04,
  conforming: 0x04,
  code: 0x08,
  /** S: code or data (not a system descriptor). */
  segment: 0x10,
  dplShift: 5,
  present: 0x80,
  available: 0x1000,
  long: 0x2000,
  big: 0x4000,
  granular: 0x8000,
  /** All but the limit's high bits. */
  mask: 0xf0ff,
} as const

/** Code modes: values of the `CODE_MODE` field. */
export const CODE_16 = 0
export const CODE_32 = 1
export const CODE_64 = 2
