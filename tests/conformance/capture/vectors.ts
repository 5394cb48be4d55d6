/** Tests and what the processor made of them, as lines of the vectors' format. */
import type { Mode } from '../single-step/format'
import { generalRegisters, vectorRegisters } from '../single-step/registers'
import { Vector } from '../../../src/main/emulator/cpu/faults'
import type { Test } from './generate'
import type { Chunk, End, Registers } from './processor'

const PAGE_FAULT = 14
/** Ends of a test that ran to its end: the trap flag, INT3. */
const TRAP = 1
const BREAKPOINT = 3
const PUSHES_ERROR_CODE: ReadonlySet<number> = new Set([Vector.SS, Vector.GP, Vector.AC, PAGE_FAULT])
const VECTOR_DIGITS = 64

const hex = (value: number | bigint): string => value.toString(16)

/** Registers by their names in the vectors. */
function named(mode: Mode, registers: Registers): Map<string, string> {
  const { x87 } = registers
  const entries: [string, string][] = generalRegisters(mode).map((name, index) => [name, hex(registers.general[index] ?? 0n)])
  entries.push(['ip', hex(registers.ip)], ['flags', hex(registers.flags)], ['mxcsr', hex(registers.mxcsr)])
  for (let index = 0; index < vectorRegisters(mode); index++) entries.push([`ymm${index}`, hex(registers.ymm[index] ?? 0n).padStart(VECTOR_DIGITS, '0')])
  entries.push(['fcw', hex(x87.readUInt16LE(0))], ['fsw', hex(x87.readUInt16LE(2))], ['ftw', hex(x87.readUInt8(4))])
  for (let index = 0; index < 8; index++) entries.push([`fp${index}`, hex((BigInt(x87.readUInt16LE(40 + index * 16)) << 64n) | x87.readBigUInt64LE(32 + index * 16))])
  return new Map(entries)
}

function differing(mode: Mode, from: Registers, to: Registers): Record<string, string> {
  const before = named(mode, from)
  return Object.fromEntries([...named(mode, to)].filter(([name, digits]) => before.get(name) !== digits))
}

export function headerLine(mode: Mode, file: string, cpu: string, count: number, seed: number, base: Registers, segments: Readonly<Record<string, number>>): string {
  const selectors = Object.fromEntries(Object.entries(segments).map(([name, selector]) => [name, hex(selector)]))
  return JSON.stringify({ format: 'x86-single-step/1', mode, file, cpu, count, seed: hex(seed), base: { ...Object.fromEntries(named(mode, base)), ...selectors } })
}

/**
 * @param end with the trap flag
 * @throws when the processor did what no test does: another vector number, registers out of the mode's reach changed
 */
export function testLine(base: Registers, test: Test, end: End): string {
  const { mode, start, bytes } = test
  const { registers } = start
  for (let index = vectorRegisters(mode); index < registers.ymm.length; index++) {
    if (end.registers.ymm[index] !== registers.ymm[index]) throw new Error(`${test.name} ${Buffer.from(bytes).toString('hex')} changed vector register ${index} in ${mode}-bit mode.`)
  }
  const faulted = end.vector !== TRAP
  const final = differing(mode, registers, end.registers)
  const next = registers.ip + (faulted ? 0n : BigInt(bytes.length))
  if (end.registers.ip === next) delete final['ip']
  else final['ip'] = hex(end.registers.ip)
  const [, ...data] = start.memory
  const written = bytesChanged(start.memory, end.changed)
  const tag = test.tag ?? (isDotProductOfNans(test.name, final) || (faulted && isHalfStore(test.name)) ? 'vendor' : undefined)
  return JSON.stringify({
    n: test.name,
    b: Buffer.from(bytes).toString('hex'),
    i: differing(mode, base, registers),
    ...(data.length === 0 ? {} : { m: data.map(chunkLine) }),
    o: final,
    ...(written.length === 0 ? {} : { w: written.map(chunkLine) }),
    ...(faulted ? { e: exception(end) } : {}),
    ...(tag === undefined ? {} : { t: tag }),
  })
}

/**
 * A conversion that is also a store: where the store faults, Intel's processors have raised MXCSR's flags (or the unmasked exception) before,
 * AMD's have not; and with alignment checks on, only AMD's check it.
 */
function isHalfStore(name: string): boolean {
  return name.startsWith('VCVTPS2PH ')
}

/** Which of several NaNs a dot product gives depends on the order of its sums. */
function isDotProductOfNans(name: string, final: Readonly<Record<string, string>>): boolean {
  const nan = /^V?DPPS/.test(name) ? /^(?:.{8})*[7f]f[c-f]/ : /^V?DPPD/.test(name) ? /^(?:.{16})*[7f]ff[89a-f]/ : undefined
  return nan !== undefined && Object.entries(final).some(([register, digits]) => register.startsWith('ymm') && nan.test(digits))
}

function exception({ vector, error, cr2 }: End): (number | string)[] {
  if (vector === PAGE_FAULT) return [vector, hex(error), hex(cr2)]
  return PUSHES_ERROR_CODE.has(vector) ? [vector, hex(error)] : [vector]
}

const chunkLine = ({ address, bytes }: Chunk): [string, string] => [hex(address), Buffer.from(bytes).toString('hex')]

/** Runs of bytes that are not what they were. */
function bytesChanged(before: readonly Chunk[], changed: readonly Chunk[]): Chunk[] {
  const initial = new Map<number, number>()
  for (const { address, bytes } of before) bytes.forEach((byte, at) => initial.set(address + at, byte))
  const runs: { address: number; bytes: number[] }[] = []
  for (const { address, bytes } of changed) {
    bytes.forEach((byte, at) => {
      if (byte === (initial.get(address + at) ?? 0)) return
      const last = runs.at(-1)
      if (last !== undefined && last.address + last.bytes.length === address + at) last.bytes.push(byte)
      else runs.push({ address: address + at, bytes: [byte] })
    })
  }
  return runs.map((run) => ({ address: run.address, bytes: Uint8Array.from(run.bytes) }))
}

/** An execution that INT3 ended, as the trap flag would have shown it. */
export function withoutInt3(end: End): End {
  return end.vector === BREAKPOINT ? { ...end, vector: TRAP, registers: { ...end.registers, ip: end.registers.ip - 1n } } : end
}

/** Whether two executions agree; neither shows INT3. */
export function agree(first: End, second: End): boolean {
  const [from, to] = [first.registers, second.registers]
  return first.vector === second.vector && first.error === second.error && from.ip === to.ip && from.flags === to.flags && from.mxcsr === to.mxcsr && from.x87.equals(to.x87) &&
    from.general.every((value, index) => value === to.general[index]) && from.ymm.every((value, index) => value === to.ymm[index]) &&
    first.changed.length === second.changed.length && first.changed.every(({ address, bytes }, index) => address === second.changed[index]?.address && Buffer.compare(bytes, second.changed[index]?.bytes ?? bytes) === 0)
}
