/** Kernels for the Limine boot protocol: their requests, and what the loader would refuse. Source: limine-protocol, PROTOCOL.md. */
import { type ElfFile, type ElfSegment, SEGMENT_TYPE } from './elf'
import { hex, ImageError } from './errors'
import { LIMINE_COMMON, LIMINE_END_MARKER, LIMINE_FEATURES, LIMINE_HIGHEST_REVISION, LIMINE_LOWEST_ADDRESS, LIMINE_REVISION_TAG, LIMINE_SECTION, LIMINE_START_MARKER, type LimineFeature } from './limine-requests'

const WORD = 8
/** Identifier, revision and response. */
const REQUEST_BYTES = 6 * WORD
const MAX_STACK_BYTES = 1n << 30n
/** Requests behind this many are not listed; a kernel has one of each feature. */
const MAX_FINDS = 1000

export interface LimineRequest {
  /** Bytes from the start of the file. */
  offset: number
  /** Virtual address, as linked. */
  address: bigint
  /** Absent for an identifier that the specification does not have. */
  feature?: LimineFeature
  revision: bigint
}

export interface LimineKernel {
  /** The base revision; 0 without a tag. */
  revision: bigint
  /** Offset of the base revision tag. */
  tag?: number
  /** Those that the loader finds. */
  requests: LimineRequest[]
  /** Those outside the start and end markers, which it does not. */
  outside: LimineRequest[]
  /** Offsets of what would be a request at an address that is a multiple of 8. */
  unaligned: number[]
  /** Found through pointers in the section of base revision 0. */
  section: boolean
}

interface Find {
  offset: number
  address: bigint
}

/** What a loader finds in the file's loaded image; undefined when it has neither request nor base revision tag, or is no 64-bit file. */
export function findLimine(bytes: Uint8Array, elf: ElfFile): LimineKernel | undefined {
  if (elf.bits !== 64) return undefined
  const segments = elf.segments.filter(({ type, fileBytes }) => type === SEGMENT_TYPE.LOAD && fileBytes > 0).toSorted((a, b) => (a.virtualAddress < b.virtualAddress ? -1 : 1))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const aligned = (words: readonly bigint[]): Find[] => findWords(bytes, segments, words, words.length).filter(({ address }) => address % BigInt(WORD) === 0n)
  const start = aligned(LIMINE_START_MARKER).at(-1)
  const from = start === undefined ? 0n : start.address + BigInt(LIMINE_START_MARKER.length * WORD)
  const end = aligned(LIMINE_END_MARKER).find(({ address }) => address >= from)
  const counts = ({ address }: Find): boolean => address >= from && (end === undefined || address < end.address)

  const tag = findWords(bytes, segments, LIMINE_REVISION_TAG, LIMINE_REVISION_TAG.length + 1).find((found) => counts(found) && found.address % BigInt(WORD) === 0n)
  const revision = tag ? view.getBigUint64(tag.offset + 2 * WORD, true) : 0n
  const marked = findWords(bytes, segments, LIMINE_COMMON, REQUEST_BYTES / WORD)
  if (marked.length === 0 && !tag) return undefined
  const request = ({ offset, address }: Find): LimineRequest => {
    const [third, fourth] = [view.getBigUint64(offset + 2 * WORD, true), view.getBigUint64(offset + 3 * WORD, true)]
    const feature = LIMINE_FEATURES.find(({ id }) => id[0] === third && id[1] === fourth)
    return { offset, address, ...(feature && { feature }), revision: view.getBigUint64(offset + 4 * WORD, true) }
  }
  const onPlace = marked.filter(({ address }) => address % BigInt(WORD) === 0n)
  const listed = revision === 0n ? pointedTo(view, elf, onPlace) : undefined
  const seen = listed ?? onPlace.filter(counts)
  return {
    revision,
    ...(tag && { tag: tag.offset }),
    requests: seen.map(request),
    outside: onPlace.filter((found) => !seen.includes(found)).map(request),
    unaligned: marked.filter(({ address }) => address % BigInt(WORD) !== 0n).map(({ offset }) => offset),
    section: listed !== undefined,
  }
}

/** Where those words stand in what is loaded of the file, with so many words in all. */
function findWords(bytes: Uint8Array, segments: readonly ElfSegment[], words: readonly bigint[], whole: number): Find[] {
  const pattern = Buffer.from(BigUint64Array.from(words).buffer)
  const found: Find[] = []
  for (const { offset, fileBytes, virtualAddress } of segments) {
    const content = Buffer.from(bytes.buffer, bytes.byteOffset + offset, fileBytes)
    for (let at = content.indexOf(pattern); at !== -1 && found.length < MAX_FINDS; at = content.indexOf(pattern, at + 1))
      if (at + whole * WORD <= fileBytes) found.push({ offset: offset + at, address: virtualAddress + BigInt(at) })
  }
  return found
}

/** The requests that the section of base revision 0 points to, when there is such a section. */
function pointedTo(view: DataView, { sections }: ElfFile, requests: readonly Find[]): Find[] | undefined {
  const section = sections.find(({ name }) => name === LIMINE_SECTION)
  if (!section) return undefined
  const pointers: bigint[] = []
  for (let at = section.offset; at + WORD <= Math.min(section.offset + section.bytes, view.byteLength) && pointers.length < MAX_FINDS; at += WORD) {
    const pointer = view.getBigUint64(at, true)
    if (pointer === 0n) break
    pointers.push(pointer)
  }
  return requests.filter(({ address }) => pointers.includes(address))
}

/**
 * @returns sentences about what boots but is probably not meant
 * @throws ImageError when the loader would refuse the kernel
 */
export function checkLimine(bytes: Uint8Array, elf: ElfFile, where: string): string[] {
  const kernel = findLimine(bytes, elf)
  if (!kernel)
    throw new ImageError({
      what: 'The kernel has no Limine request and no base revision tag.',
      where,
      why: 'It is to be booted by the Limine protocol, whose loaders look for them in the loaded image, at addresses that are multiples of 8.',
      next: 'Declare them volatile, or KEEP their section in the linker script: the linker drops what nothing refers to.',
    })
  if (kernel.revision > BigInt(LIMINE_HIGHEST_REVISION))
    throw new ImageError({
      what: `The kernel asks for base revision ${kernel.revision} of the Limine protocol.`,
      where: `${where}+${hex(kernel.tag ?? 0)}`,
      why: `The boot loader serves the revisions 0 to ${LIMINE_HIGHEST_REVISION}.`,
      next: `Ask for revision ${LIMINE_HIGHEST_REVISION} in the base revision tag.`,
    })
  const twice = kernel.requests.find(({ feature }, index) => feature && kernel.requests.findIndex((other) => other.feature === feature) < index)
  if (twice)
    throw new ImageError({
      what: `The kernel has the Limine request ${twice.feature?.name ?? ''} twice.`,
      where: `${where}+${hex(twice.offset)}`,
      why: 'A loader must refuse a kernel with two requests of one kind.',
      next: 'Remove one of them.',
    })
  checkFields(bytes, elf, kernel, where)
  return [...remarks(kernel, where), ...pagingRemarks(bytes, kernel, where)]
}

/** A kernel may say that it cannot do with 4 levels; whether that is bad depends on the machine. */
function pagingRemarks(bytes: Uint8Array, { requests }: LimineKernel, where: string): string[] {
  const request = requests.find(({ feature }) => feature?.key === 'PAGING_MODE')
  const leastAt = request && request.offset + REQUEST_BYTES + 2 * WORD
  if (!request || request.revision === 0n || leastAt === undefined || leastAt + WORD > bytes.length) return []
  const least = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(leastAt, true)
  return least === 0n ? [] : [`${where}+${hex(request.offset)}: the kernel needs 5-level paging. Bootlab's PC has it; on processors that do not, the boot loader refuses the kernel. Let it ask for 4 levels as the lowest paging mode.`]
}

/** Fields behind a request's response. */
function checkFields(bytes: Uint8Array, elf: ElfFile, { requests }: LimineKernel, where: string): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const field = (key: string): { value: bigint; place: string } | undefined => {
    const request = requests.find(({ feature }) => feature?.key === key)
    if (!request || request.offset + REQUEST_BYTES + WORD > bytes.length) return undefined
    return { value: view.getBigUint64(request.offset + REQUEST_BYTES, true), place: `${where}+${hex(request.offset)}` }
  }
  const stack = field('STACK_SIZE')
  if (stack && stack.value > MAX_STACK_BYTES)
    throw new ImageError({ what: `The kernel asks for a stack of ${hex(stack.value)} bytes.`, where: stack.place, why: 'That is more than 1 GiB.', next: 'Correct stack_size in the Stack Size request.' })
  const entry = field('ENTRY_POINT')
  if (entry && !elf.segments.some(({ type, virtualAddress, memoryBytes }) => type === SEGMENT_TYPE.LOAD && entry.value >= virtualAddress && entry.value - virtualAddress < memoryBytes))
    throw new ImageError({
      what: `The Entry Point request names ${hex(entry.value)}, which lies in none of the kernel's segments.`,
      where: entry.place,
      why: 'The processor would start in memory without code.',
      next: 'Put the address of a function there, or remove the request.',
    })
}

function remarks({ requests, outside, unaligned }: LimineKernel, where: string): string[] {
  const name = ({ feature }: LimineRequest): string => feature?.name ?? 'unknown'
  return [
    ...outside.map((request) => `${where}+${hex(request.offset)}: the Limine request ${name(request)} lies outside the start and end markers, so no loader finds it. Put it into the section between them.`),
    ...unaligned.map((offset) => `${where}+${hex(offset)}: this looks like a Limine request, but its address is not a multiple of 8, so no loader finds it. Align it.`),
    ...requests.filter(({ feature }) => !feature).map(({ offset }) => `${where}+${hex(offset)}: the Limine protocol has no request with this identifier, so it gets no answer.`),
  ]
}

/** @throws ImageError when a segment is not where the protocol wants it */
export function checkLiminePlace(segments: readonly ElfSegment[], where: string): void {
  const low = segments.find(({ virtualAddress, memoryBytes }) => virtualAddress < LIMINE_LOWEST_ADDRESS || virtualAddress + memoryBytes > 1n << 64n)
  if (!low) return
  throw new ImageError({
    what: `The segment at virtual address ${hex(low.virtualAddress)} does not lie in the last 2 GiB of the address space.`,
    where,
    why: `The Limine protocol maps kernels at ${hex(LIMINE_LOWEST_ADDRESS)} or above.`,
    next: `Begin the linker script with . = ${hex(LIMINE_LOWEST_ADDRESS)}, or link the kernel position independent.`,
  })
}
