/** Small ELF files for tests, put together field by field from the gABI's tables, independently of the reader. */
export interface SampleSegment {
  type?: number
  virtualAddress: bigint
  physicalAddress?: bigint
  memoryBytes?: bigint
  content: Uint8Array
}

export interface SampleElf {
  bits: 32 | 64
  type?: number
  machine?: number
  entry?: bigint
  segments: SampleSegment[]
}

const SECTION_NAMES = '\0.text\0.shstrtab\0.symtab\0.strtab\0'
const SYMBOL_NAMES = '\0start\0'

/** Header, program headers, contents, name tables, two symbols, five section headers; in this order. */
export function sampleElf({ bits, type = 2, machine = bits === 64 ? 62 : 3, entry, segments }: SampleElf): Uint8Array {
  const wide = bits === 64
  const out: number[] = []
  const put = (value: number | bigint, width: number): void => {
    for (let byte = 0; byte < width; byte++) out.push(Number((BigInt(value) >> BigInt(8 * byte)) & 0xffn))
  }
  const address = (value: number | bigint): void => put(value, wide ? 8 : 4)
  const text = (value: string): void => {
    out.push(...new TextEncoder().encode(value))
  }

  const headerBytes = wide ? 64 : 52
  const segmentBytes = wide ? 56 : 32
  const sectionBytes = wide ? 64 : 40
  const symbolBytes = wide ? 24 : 16
  let at = headerBytes + segments.length * segmentBytes
  const offsets = segments.map(({ content }) => (at += content.length) - content.length)
  const start = entry ?? segments[0]?.virtualAddress ?? 0n
  const namesAt = at
  const symbolNamesAt = namesAt + SECTION_NAMES.length
  const symbolsAt = symbolNamesAt + SYMBOL_NAMES.length
  const sectionsAt = symbolsAt + 2 * symbolBytes

  out.push(0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, 1, 1, ...Array.from({ length: 9 }, () => 0))
  put(type, 2)
  put(machine, 2)
  put(1, 4)
  address(start)
  address(headerBytes)
  address(sectionsAt)
  put(0, 4)
  for (const value of [headerBytes, segmentBytes, segments.length, sectionBytes, 5, 2]) put(value, 2)

  for (const [index, segment] of segments.entries()) {
    const flags = 5
    put(segment.type ?? 1, 4)
    if (wide) put(flags, 4)
    address(offsets[index] ?? 0)
    address(segment.virtualAddress)
    address(segment.physicalAddress ?? segment.virtualAddress)
    address(segment.content.length)
    address(segment.memoryBytes ?? BigInt(segment.content.length))
    if (!wide) put(flags, 4)
    address(1)
  }
  for (const { content } of segments) out.push(...content)
  text(SECTION_NAMES)
  text(SYMBOL_NAMES)

  out.push(...Array.from({ length: symbolBytes }, () => 0))
  put(1, 4)
  const [info, value]: [[number, number][], [bigint, number][]] = [
    [[0x12, 1], [0, 1], [1, 2]],
    [[start, wide ? 8 : 4], [5n, wide ? 8 : 4]],
  ]
  for (const [number, width] of wide ? [...info, ...value] : [...value, ...info]) put(number, width)

  const section = (name: number, kind: number, addr: bigint, offset: number, size: number, link: number, entryBytes: number): void => {
    put(name, 4)
    put(kind, 4)
    address(kind === 1 ? 6 : 0)
    address(addr)
    address(offset)
    address(size)
    put(link, 4)
    put(kind === 2 ? 1 : 0, 4)
    address(1)
    address(entryBytes)
  }
  section(0, 0, 0n, 0, 0, 0, 0)
  section(1, 1, start, offsets[0] ?? headerBytes, segments[0]?.content.length ?? 0, 0, 0)
  section(7, 3, 0n, namesAt, SECTION_NAMES.length, 0, 0)
  section(17, 2, 0n, symbolsAt, 2 * symbolBytes, 4, symbolBytes)
  section(25, 3, 0n, symbolNamesAt, SYMBOL_NAMES.length, 0, 0)
  return new Uint8Array(out)
}

/** The same pseudo-random bytes for a seed (xorshift32). */
export function noise(length: number, seed: number): Uint8Array {
  let state = seed | 1
  return Uint8Array.from({ length }, () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state & 0xff
  })
}
