import type { Helpers } from './builder'

interface HelperSignature<K extends keyof Helpers> {
  readonly parameters: Parameters<Helpers[K]>['length']
  readonly result: ReturnType<Helpers[K]> extends void ? false : true
  /** Arguments and result have 32 bits. */
  readonly narrow?: Parameters<Helpers[K]> extends readonly bigint[] ? false : true
}

/** How many arguments each system helper takes and whether it gives a result: WebAssembly must know; the types keep it true. */
export const HELPER_SIGNATURES: { readonly [K in keyof Helpers]: HelperSignature<K> } = {
  loadSegment: { parameters: 2, result: false },
  readSegment: { parameters: 1, result: true },
  farJump: { parameters: 3, result: false },
  farCall: { parameters: 4, result: false },
  farReturn: { parameters: 2, result: false },
  iret: { parameters: 1, result: false },
  softwareInterrupt: { parameters: 3, result: false },
  cli: { parameters: 0, result: false },
  sti: { parameters: 0, result: false },
  popf: { parameters: 2, result: false },
  pushfImage: { parameters: 1, result: true },
  hlt: { parameters: 0, result: false },
  pause: { parameters: 0, result: false },
  checkIo: { parameters: 2, result: false, narrow: true },
  portIn: { parameters: 2, result: true, narrow: true },
  portOut: { parameters: 3, result: false, narrow: true },
  readControl: { parameters: 1, result: true },
  writeControl: { parameters: 2, result: false },
  readDebug: { parameters: 1, result: true },
  writeDebug: { parameters: 2, result: false },
  clts: { parameters: 0, result: false },
  lmsw: { parameters: 1, result: false },
  smsw: { parameters: 0, result: true },
  loadTable: { parameters: 3, result: false },
  tableBase: { parameters: 1, result: true },
  tableLimit: { parameters: 1, result: true },
  lldt: { parameters: 1, result: false },
  sldt: { parameters: 0, result: true },
  ltr: { parameters: 1, result: false },
  str: { parameters: 0, result: true },
  lar: { parameters: 1, result: true },
  lsl: { parameters: 1, result: true },
  verr: { parameters: 1, result: true },
  verw: { parameters: 1, result: true },
  invlpg: { parameters: 2, result: false, narrow: true },
  flushTlb: { parameters: 0, result: false },
  rdmsr: { parameters: 0, result: false },
  wrmsr: { parameters: 0, result: false },
  cpuid: { parameters: 0, result: false },
  requireTarget: { parameters: 1, result: false },
  rdtsc: { parameters: 0, result: true },
  tscAux: { parameters: 0, result: true },
  readSegmentBase: { parameters: 1, result: true },
  writeSegmentBase: { parameters: 2, result: false },
  xgetbv: { parameters: 1, result: true },
  xsetbv: { parameters: 2, result: false },
  writePkru: { parameters: 1, result: false },
  random: { parameters: 0, result: true },
  invpcid: { parameters: 3, result: false },
  syscall: { parameters: 1, result: false },
  sysret: { parameters: 1, result: false },
  sysenter: { parameters: 0, result: false },
  sysexit: { parameters: 1, result: false },
  swapgs: { parameters: 0, result: false },
  transcendental: { parameters: 1, result: false },
  div128: { parameters: 1, result: false },
  idiv128: { parameters: 1, result: false },
  requireNoUmip: { parameters: 0, result: false },
  requireCpl0: { parameters: 0, result: false },
  requireProtectedMode: { parameters: 0, result: false },
}

/** Names of the helpers, in the order of their imports. */
export const HELPER_NAMES = Object.keys(HELPER_SIGNATURES).filter((name): name is keyof Helpers => Object.hasOwn(HELPER_SIGNATURES, name))
