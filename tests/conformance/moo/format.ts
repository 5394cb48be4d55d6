/** Reader of MOO 1.x files (SingleStepTests, dbalsom/moo), gzip-compressed: little-endian chunks id[4] length[4] payload. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

export interface MooState {
  /** Registers by name; final states hold only what changed. */
  readonly registers: ReadonlyMap<string, number>
  readonly memory: readonly (readonly [address: number, value: number])[]
}

export interface MooTest {
  readonly index: number
  readonly name: string
  /** Instruction bytes, with a HLT behind them. */
  readonly bytes: Uint8Array
  readonly initial: MooState
  readonly final: MooState
  /** Number of the exception or interrupt that was taken. */
  readonly exception: number | undefined
  /** The test's own id, SHA-1 in hex. */
  readonly hash: string
}

export interface MooFile {
  readonly cpu: string
  readonly tests: readonly MooTest[]
}

const REGISTERS_16 = ['ax', 'bx', 'cx', 'dx', 'cs', 'ss', 'ds', 'es', 'sp', 'bp', 'si', 'di', 'ip', 'flags'] as const
const REGISTERS_32 = ['cr0', 'cr3', 'ax', 'bx', 'cx', 'dx', 'si', 'di', 'bp', 'sp', 'cs', 'ds', 'es', 'fs', 'gs', 'ss', 'ip', 'flags', 'dr6', 'dr7'] as const

interface Chunk {
  readonly id: string
  readonly data: DataView
}

function* chunks(data: DataView, from: number): Generator<Chunk> {
  for (let offset = from; offset < data.byteLength; ) {
    if (offset + 8 > data.byteLength) throw new Error(`MOO: a chunk header is cut off at byte ${offset}.`)
    const length = data.getUint32(offset + 4, true)
    if (offset + 8 + length > data.byteLength) throw new Error(`MOO: the chunk at byte ${offset} says ${length} bytes, but the file ends before.`)
    yield { id: text(data, offset, 4), data: new DataView(data.buffer, data.byteOffset + offset + 8, length) }
    offset += 8 + length
  }
}

function text(data: DataView, offset: number, length: number): string {
  return Buffer.from(data.buffer, data.byteOffset + offset, length).toString('latin1')
}

/** @throws when the file is not gzip or not MOO */
export function readMooFile(path: string): MooFile {
  const raw = gunzipSync(readFileSync(path))
  const all = [...chunks(new DataView(raw.buffer, raw.byteOffset, raw.byteLength), 0)]
  const head = all[0]
  if (head?.id !== 'MOO ') throw new Error(`${path} is not a MOO file.`)
  return { cpu: text(head.data, 8, 4), tests: all.filter((chunk) => chunk.id === 'TEST').map((chunk) => readTest(chunk.data)) }
}

function readTest(data: DataView): MooTest {
  const parts = new Map([...chunks(data, 4)].map((chunk) => [chunk.id, chunk.data]))
  const need = (id: string): DataView => {
    const part = parts.get(id)
    if (part === undefined) throw new Error(`MOO: a test has no ${id} chunk.`)
    return part
  }
  const name = need('NAME')
  const code = need('BYTS')
  const exception = parts.get('EXCP')
  const hash = need('HASH')
  return {
    index: data.getUint32(0, true),
    name: text(name, 4, name.getUint32(0, true)),
    bytes: Uint8Array.from({ length: code.getUint32(0, true) }, (_, index) => code.getUint8(4 + index)),
    initial: readState(need('INIT')),
    final: readState(need('FINA')),
    exception: exception?.getUint8(0),
    hash: Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString('hex'),
  }
}

function readState(data: DataView): MooState {
  const registers = new Map<string, number>()
  const memory: [number, number][] = []
  for (const { id, data: part } of chunks(data, 0)) {
    if (id === 'REGS') readRegisters(part, REGISTERS_16, 2, registers)
    else if (id === 'RG32') readRegisters(part, REGISTERS_32, 4, registers)
    else if (id === 'RAM ') {
      const count = part.getUint32(0, true)
      for (let index = 0; index < count; index++) memory.push([part.getUint32(4 + index * 5, true), part.getUint8(8 + index * 5)])
    }
  }
  return { registers, memory }
}

/** A mask says which registers follow. */
function readRegisters(data: DataView, names: readonly string[], bytes: 2 | 4, into: Map<string, number>): void {
  const read = (offset: number): number => (bytes === 2 ? data.getUint16(offset, true) : data.getUint32(offset, true))
  const mask = read(0)
  let offset: number = bytes
  names.forEach((name, bit) => {
    if ((mask & (1 << bit)) === 0) return
    into.set(name, read(offset))
    offset += bytes
  })
}
