/** The processor of this computer as a function: complete state in, one instruction, complete state out (`execute.c` is the other end). */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { locateZig, runZig, type ZigTool } from '../../../src/main/toolchain/zig'
import executeSource from './execute.c?raw'

export interface Segments {
  readonly cs: number
  readonly ss: number
  readonly ds: number
  readonly es: number
  readonly fs: number
  readonly gs: number
}

/** Registers of the processor. Vector registers are 256 bits wide. */
export interface Registers {
  readonly general: readonly bigint[]
  readonly ip: bigint
  readonly flags: number
  readonly mxcsr: number
  readonly ymm: readonly bigint[]
  /** The first 160 bytes of an FXSAVE image; MXCSR and its mask in it do not count. */
  readonly x87: Buffer
}

export interface Chunk {
  readonly address: number
  readonly bytes: Uint8Array
}

export interface Start {
  readonly registers: Registers
  readonly segments: Segments
  /** Single-step by the trap flag; without it the test brings its own INT3. */
  readonly trap: boolean
  readonly memory: readonly Chunk[]
}

export interface End {
  readonly registers: Registers
  /** Exception that ended it: 1 is the trap flag's, 3 INT3's. */
  readonly vector: number
  readonly error: number
  /** Last page fault's address. */
  readonly cr2: bigint
  /** Memory that differs, in pieces of eight bytes. */
  readonly changed: readonly Chunk[]
}

/** Offsets in `struct state`. */
const At = { general: 0, ip: 128, flags: 136, vector: 144, error: 152, cr2: 160, segments: 168, mxcsr: 180, x87: 184, ymm: 344, chunks: 856, bytes: 864 } as const
const X87_AREA = 160
const X87_MXCSR = 24
const REGISTERS = 16
const YMM_BYTES = 32
const CHUNK_HEADER = 8
const TF = 1 << 8
const RF = 1 << 16
/** Linux's selector of 64-bit code; any other is of code that has no more than 32 bits of a register. */
const CODE_64 = 0x33
const SEGMENT_ORDER = ['cs', 'ss', 'ds', 'es', 'fs', 'gs'] as const

const COMPILER_FLAGS = [
  '--no-default-config', '--target=x86_64-unknown-linux', '-std=c17', '-O1', '-Wall', '-Wextra', '-Werror', '-nostdinc', '-ffreestanding', '-fno-stack-protector', '-fno-builtin',
  '-mgeneral-regs-only', '-fPIE', '-fvisibility=hidden',
] as const

export class Processor {
  readonly #folder: string
  readonly #program: string

  private constructor(folder: string) {
    this.#folder = folder
    this.#program = join(folder, 'execute')
  }

  /** Compiles the program. @throws when this is not Linux on x86-64, or when the compiler refuses */
  static async create(): Promise<Processor> {
    if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error(`Vectors are captured on Linux on x86-64; this is ${process.platform} on ${process.arch}.`)
    const folder = mkdtempSync(join(tmpdir(), 'bootlab-capture-'))
    const zig = locateZig()
    const run = async (tool: ZigTool, args: readonly string[]): Promise<void> => {
      const { code, stderr } = await runZig({ tool, args, cwd: folder }, zig)
      if (code !== 0) throw new Error(`${tool} ended with ${code}:\n${stderr}`)
    }
    writeFileSync(join(folder, 'execute.c'), executeSource)
    await run('clang', [...COMPILER_FLAGS, '-c', 'execute.c', '-o', 'execute.o'])
    await run('ld.lld', ['-m', 'elf_x86_64', '-static', '--image-base=0x600000000000', 'execute.o', '-o', 'execute'])
    return new Processor(folder)
  }

  /** @returns one end per start. @throws when the program failed */
  execute(starts: readonly Start[]): End[] {
    const { status, signal, stdout, stderr } = spawnSync(this.#program, { input: Buffer.concat(starts.map(encode)), maxBuffer: 2 ** 31 - 1 })
    if (status !== 0) throw new Error(`The capturing program ended with ${status ?? signal ?? 'an error'}: ${stderr.toString().trim()}`)
    const ends: End[] = []
    for (let at = 0; at < stdout.length;) {
      const [end, bytes] = decode(stdout.subarray(at), starts[ends.length]?.segments.cs === CODE_64 ? 64 : 32)
      ends.push(end)
      at += bytes
    }
    if (ends.length !== starts.length) throw new Error(`The capturing program answered ${ends.length} of ${starts.length} tests.`)
    return ends
  }

  /** Removes the program. */
  close(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function encode({ registers, segments, trap, memory }: Start): Buffer {
  const state = Buffer.alloc(At.bytes)
  registers.general.forEach((value, index) => state.writeBigUInt64LE(value, At.general + index * 8))
  state.writeBigUInt64LE(registers.ip, At.ip)
  state.writeBigUInt64LE(BigInt(registers.flags | (trap ? TF : 0)), At.flags)
  SEGMENT_ORDER.forEach((name, index) => state.writeUInt16LE(segments[name], At.segments + index * 2))
  state.writeUInt32LE(registers.mxcsr, At.mxcsr)
  registers.x87.copy(state, At.x87)
  registers.ymm.forEach((value, index) => writeVector(state, At.ymm + index * YMM_BYTES, value))
  state.writeBigUInt64LE(BigInt(memory.length), At.chunks)
  const chunks = memory.map(({ address, bytes }) => {
    const header = Buffer.alloc(CHUNK_HEADER)
    header.writeUInt32LE(address, 0)
    header.writeUInt32LE(bytes.length, 4)
    return Buffer.concat([header, bytes])
  })
  return Buffer.concat([state, ...chunks])
}

/**
 * @param width of a general register, in bits. What a register holds above 32 bits is undefined once 16- or 32-bit code has run (Intel SDM
 * volume 1, 3.4.1.1), and Linux's return to a 16-bit stack leaves part of an address of its own there.
 */
function decode(bytes: Buffer, width: 32 | 64): [End, number] {
  const chunks = Number(bytes.readBigUInt64LE(At.chunks))
  const changed: Chunk[] = []
  let at: number = At.bytes
  for (let index = 0; index < chunks; index++) {
    const length = bytes.readUInt32LE(at + 4)
    changed.push({ address: bytes.readUInt32LE(at), bytes: bytes.subarray(at + CHUNK_HEADER, at + CHUNK_HEADER + length) })
    at += CHUNK_HEADER + length
  }
  const x87 = Buffer.from(bytes.subarray(At.x87, At.x87 + X87_AREA))
  x87.fill(0, X87_MXCSR, X87_MXCSR + 8)
  const registers: Registers = {
    general: Array.from({ length: REGISTERS }, (_, index) => BigInt.asUintN(width, bytes.readBigUInt64LE(At.general + index * 8))),
    ip: bytes.readBigUInt64LE(At.ip),
    flags: Number(bytes.readBigUInt64LE(At.flags)) & ~(TF | RF),
    mxcsr: bytes.readUInt32LE(At.mxcsr),
    ymm: Array.from({ length: REGISTERS }, (_, index) => readVector(bytes, At.ymm + index * YMM_BYTES)),
    x87,
  }
  const number = (offset: number): number => Number(bytes.readBigUInt64LE(offset))
  return [{ registers, vector: number(At.vector), error: number(At.error), cr2: bytes.readBigUInt64LE(At.cr2), changed }, at]
}

function writeVector(target: Buffer, offset: number, value: bigint): void {
  for (let part = 0; part < YMM_BYTES / 8; part++) target.writeBigUInt64LE(BigInt.asUintN(64, value >> BigInt(part * 64)), offset + part * 8)
}

function readVector(source: Buffer, offset: number): bigint {
  let value = 0n
  for (let part = YMM_BYTES / 8 - 1; part >= 0; part--) value = (value << 64n) | source.readBigUInt64LE(offset + part * 8)
  return value
}
