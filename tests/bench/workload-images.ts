/** The benchmark's guests, built with the lab's own toolchain and loader, like anybody's project. */
import { mkdtempSync, rmSync } from 'node:fs'
import { cp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Builder } from '../../src/main/services/builder'
import { locate } from '../../src/main/services/locations'

export type Bits = 16 | 32 | 64

export interface Workload {
  readonly name: string
  /** Modes it is there in. */
  readonly bits: readonly Bits[]
  /** How often its work is done in a run: so that no machine takes more than some seconds. */
  readonly units: number
  /** What it is about, for the table. */
  readonly what: string
  /** It is a single operation, done so often in a unit; without it, code that computes. */
  readonly operations?: number
}

const WIDE = [32, 64] as const
const WIDE_TABLE: readonly Workload[] = [
  { name: 'hash', bits: WIDE, units: 20, what: 'SHA-256' },
  { name: 'bytecode', bits: WIDE, units: 40, what: 'bytecode interpreter' },
  { name: 'sort', bits: WIDE, units: 40, what: 'quicksort' },
  { name: 'rep_long', bits: WIDE, units: 100, what: 'rep stos and movs, 64 KiB' },
  { name: 'rep_short', bits: WIDE, units: 100, what: 'rep stosb and movsb, up to 16 bytes' },
  { name: 'memory', bits: WIDE, units: 100, what: 'loops over memory' },
  { name: 'chase_4m', bits: WIDE, units: 5, what: 'chain of pointers, 4 MiB' },
  { name: 'chase_8k', bits: WIDE, units: 100, what: 'chain of pointers, 8 KiB' },
  { name: 'calls', bits: WIDE, units: 40, what: 'recursion' },
  { name: 'indirect', bits: WIDE, units: 100, what: 'indirect calls' },
  { name: 'muldiv_32', bits: WIDE, units: 100, what: '32-bit multiplication and division' },
  { name: 'muldiv_64', bits: WIDE, units: 100, what: '64-bit multiplication and division' },
  { name: 'bignum', bits: WIDE, units: 50, what: 'long numbers: adc, rcl' },
  { name: 'x87', bits: WIDE, units: 50, what: 'x87 matrix product' },
  { name: 'sse_scalar', bits: WIDE, units: 200, what: 'SSE2 scalar matrix product' },
  { name: 'sse_packed', bits: WIDE, units: 200, what: 'SSE2 packed' },
  { name: 'functions', bits: WIDE, units: 100, what: '4096 functions of code' },
  { name: 'patched', bits: WIDE, units: 20, what: 'patched immediates' },
  { name: 'beside_code', bits: WIDE, units: 5, what: 'data on the page of code' },
  { name: 'real_crc', bits: [16], units: 100, what: 'CRC-16, bit by bit' },
  { name: 'real_sort', bits: [16], units: 50, what: 'insertion sort' },
  { name: 'real_fib', bits: [16], units: 50, what: 'recursion' },
  { name: 'real_rep', bits: [16], units: 50, what: 'rep movsw 32 KiB, rep stosb up to 8 bytes' },
]
const OPERATION_TABLE: readonly Workload[] = [
  { name: 'tlb_miss', bits: [32], units: 20, operations: 4096, what: 'touch that misses the TLB' },
  { name: 'remap', bits: [32], units: 20, operations: 4096, what: 'PTE write, INVLPG, touch' },
  { name: 'page_fault', bits: [32], units: 20, operations: 4096, what: '#PF round trip' },
  { name: 'software_interrupt', bits: [32], units: 20, operations: 4096, what: 'INT 80h and IRET' },
  { name: 'out_80', bits: [32], units: 20, operations: 4096, what: 'OUT 80h' },
  { name: 'in_3fd', bits: [32], units: 20, operations: 4096, what: 'IN 3FDh' },
  { name: 'text_byte', bits: [32], units: 20, operations: 4096, what: 'byte written to B8000h' },
  { name: 'int_code_page', bits: [16], units: 50, operations: 1000, what: 'INT and IRET, stack on the page of the code' },
  { name: 'int_elsewhere', bits: [16], units: 50, operations: 1000, what: 'INT and IRET, stack elsewhere' },
  { name: 'teletype', bits: [16], units: 100, operations: 80, what: 'INT 10h teletype' },
  { name: 'read_sector', bits: [16], units: 50, operations: 16, what: 'INT 13h, a sector' },
]
export const WORKLOADS: readonly Workload[] = [...WIDE_TABLE, ...OPERATION_TABLE]

/** Those of a mode, in the order in which they run. */
export const workloadsOf = (bits: Bits): Workload[] => WORKLOADS.filter((workload) => workload.bits.includes(bits))

export interface WorkloadImage {
  readonly path: string
  readonly image: Uint8Array
}

const C_SOURCES = ['kernel.c', 'hash.c', 'bytecode.c', 'sort.c', 'calls.c', 'memory.c', 'arithmetic.c', 'churn.c', 'code.S']
/** Only what is written as such uses SSE. */
const FLAGS = ['-mno-implicit-float', '-fno-vectorize', '-fno-slp-vectorize']
const MANIFESTS: Readonly<Record<Bits, object>> = {
  16: {
    kind: 'disk', target: 'i386.json',
    parts: [
      { name: 'boot', sector: 0, sources: ['real-boot.S'] },
      { name: 'rest', sector: 1, sources: ['real.S'], address: '0x8000' },
    ],
  },
  32: { kind: 'c', target: 'i386.json', sources: [...C_SOURCES, 'operations.c'], flags: FLAGS },
  64: { kind: 'c', target: 'x86_64.json', sources: C_SOURCES, flags: FLAGS },
}

const root = mkdtempSync(join(tmpdir(), 'bootlab-bench-'))
process.on('exit', () => rmSync(root, { recursive: true, force: true }))

/** A temporary folder that goes when the process ends. */
export const temporaryFolder = (): string => mkdtempSync(join(root, 'project-'))

/** Builds a disk image that runs workloads one after the other. @param times how often all of them are done */
export async function buildWorkloads(builder: Builder, bits: Bits, workloads: readonly Workload[], times = 1): Promise<WorkloadImage> {
  const dir = temporaryFolder()
  await cp(join(locate().root, 'tests', 'bench', 'workloads'), dir, { recursive: true })
  await writeFile(join(dir, 'workloads.h'), workloads.map(({ name, units }) => `WORKLOAD(${name}, ${units})\n`).join(''))
  await writeFile(join(dir, 'times.h'), `enum { TIMES = ${times} };\n`)
  await writeFile(join(dir, 'bootlab.json'), JSON.stringify({ name: `workloads-${bits}`, ...MANIFESTS[bits] }))
  const { result, image } = await builder.build(dir)
  if (image === undefined || result.imagePath === undefined) {
    throw new Error(`The workloads of ${bits} bits do not build: ${result.problems.map((problem) => problem.message).join('; ')}`)
  }
  return { path: result.imagePath, image }
}

/** The same with one of them. */
export async function buildWorkload(builder: Builder, name: string, bits: Bits): Promise<WorkloadImage> {
  return buildWorkloads(builder, bits, workloadsOf(bits).filter((workload) => workload.name === name))
}
