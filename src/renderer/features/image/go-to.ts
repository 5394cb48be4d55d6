/** What a person types to get to a place in an image. */
import type { ImageThing } from '../../../shared/image-explorer'

export const SECTOR_BYTES = 512

/** A byte; or what has to be looked for, the likeliest first. */
export type Wanted = { offset: number } | { things: readonly ImageThing[] }

const NUMBER = '(0x[0-9a-f]+|[0-9][0-9a-f]*h|[0-9]+)'
const OFFSET = new RegExp(`^${NUMBER}$`, 'i')
const SECTOR = new RegExp(`^(?:lba|sector|扇区)[\\s:=]*${NUMBER}$`, 'i')
const LINE = /^(.+?):(\d+)(?::\d+)?$/

/** `0x7c00`, `lba 2048`, `kernel.c:12`, `/boot/kernel.elf`, `kernel_main`; undefined for nothing. */
export function readWanted(text: string): Wanted | undefined {
  const trimmed = text.trim()
  if (trimmed === '') return undefined
  const [, offset] = OFFSET.exec(trimmed) ?? []
  if (offset !== undefined) return { offset: numberOf(offset) }
  const [, sector] = SECTOR.exec(trimmed) ?? []
  if (sector !== undefined) return { offset: numberOf(sector) * SECTOR_BYTES }
  const [, file, line] = LINE.exec(trimmed) ?? []
  if (file !== undefined && line !== undefined && Number(line) > 0) return { things: [{ file, line: Number(line) }, { symbol: trimmed }] }
  return { things: trimmed.includes('/') ? [{ path: trimmed }] : [{ symbol: trimmed }, { path: trimmed }] }
}

function numberOf(digits: string): number {
  return digits.toLowerCase().endsWith('h') && !/^0x/i.test(digits) ? parseInt(digits, 16) : Number(digits)
}
