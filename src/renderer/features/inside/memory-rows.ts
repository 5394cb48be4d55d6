/** Memory as rows of bytes: what a person sees of a part of the address space. */
import type { MemoryView, PageState } from '../../../shared/debug'
import { fromBase64 } from '../machine/base64'

export const ROW_BYTES = 16
export const GROUPS = [1, 2, 4, 8] as const
export type Group = (typeof GROUPS)[number]
export type Space = 'linear' | 'physical'

/** Pages whose content can be shown. */
const READABLE: ReadonlySet<PageState> = new Set(['ram', 'rom', 'video'])
const FIRST_PRINTABLE = 0x20
const LAST_PRINTABLE = 0x7e

/** A part of memory that was read. */
export interface Part {
  readonly space: Space
  readonly start: bigint
  readonly bytes: Uint8Array
  readonly pages: readonly { readonly start: bigint; readonly end: bigint; readonly state: PageState; readonly physical: bigint | undefined }[]
}

export function partOf(space: Space, { address, data, pages }: MemoryView): Part {
  return {
    space,
    start: BigInt(address),
    bytes: fromBase64(data),
    pages: pages.map((page) => ({
      start: BigInt(page.address),
      end: BigInt(page.address) + BigInt(page.bytes),
      state: page.state,
      physical: page.physical === undefined ? undefined : BigInt(page.physical),
    })),
  }
}

const pageAt = (part: Part, address: bigint): Part['pages'][number] | undefined => part.pages.find(({ start, end }) => address >= start && address < end)

/** Undefined: outside of what was read. */
export const stateAt = (part: Part | undefined, address: bigint): PageState | undefined => part && pageAt(part, address)?.state

/** Undefined where nothing can be read, or was. */
export function byteAt(part: Part | undefined, address: bigint): number | undefined {
  const state = stateAt(part, address)
  return part && state && READABLE.has(state) ? part.bytes[Number(address - part.start)] : undefined
}

export function physicalAt(part: Part | undefined, address: bigint): bigint | undefined {
  const page = part && pageAt(part, address)
  return page?.physical === undefined ? undefined : page.physical + (address - page.start)
}

/** Bytes from an address on, up to the first that cannot be read. */
export function bytesAt(part: Part | undefined, address: bigint, count: number): Uint8Array {
  const found: number[] = []
  for (let index = 0; index < count; index++) {
    const byte = byteAt(part, address + BigInt(index))
    if (byte === undefined) break
    found.push(byte)
  }
  return Uint8Array.from(found)
}

export interface Cell {
  readonly address: bigint
  /** The group as a little-endian number in hexadecimal; dots where it cannot be read. */
  readonly text: string
  readonly changed: boolean
}

export interface Row {
  readonly address: bigint
  /** Of its page; undefined: not read yet. */
  readonly state: PageState | undefined
  readonly cells: readonly Cell[]
  readonly characters: readonly Cell[]
}

export interface RowsOptions {
  readonly top: bigint
  readonly count: number
  readonly group: Group
  readonly part: Part | undefined
  /** As it was at the pause before. */
  readonly before: Part | undefined
}

/** Rows from `top` on; fewer at the end of the address space. */
export function layoutRows({ top, count, group, part, before }: RowsOptions): Row[] {
  const old = before?.space === part?.space ? before : undefined
  const changed = (address: bigint): boolean => {
    const was = byteAt(old, address)
    const now = byteAt(part, address)
    return was !== undefined && now !== undefined && was !== now
  }
  const rows: Row[] = []
  for (let index = 0; index < count; index++) {
    const address = top + BigInt(index * ROW_BYTES)
    if (address >> 64n !== 0n) break
    const addresses = Array.from({ length: ROW_BYTES }, (_, at) => address + BigInt(at))
    rows.push({
      address,
      state: stateAt(part, address),
      cells: addresses.filter((_, at) => at % group === 0).map((at) => {
        const bytes = bytesAt(part, at, group)
        const text = bytes.length < group ? '·'.repeat(group * 2) : [...bytes].toReversed().map((byte) => byte.toString(16).padStart(2, '0')).join('')
        return { address: at, text, changed: Array.from({ length: group }, (_, more) => at + BigInt(more)).some(changed) }
      }),
      characters: addresses.map((at) => ({ address: at, text: character(byteAt(part, at)), changed: changed(at) })),
    })
  }
  return rows
}

function character(byte: number | undefined): string {
  if (byte === undefined) return ' '
  return byte >= FIRST_PRINTABLE && byte <= LAST_PRINTABLE ? String.fromCharCode(byte) : '.'
}

export const rowOf = (address: bigint): bigint => address - (address % BigInt(ROW_BYTES))
