/** Accesses that know where registers are, but not what they mean. */
import { APIC_BASE } from '../../../src/main/emulator/devices/local-apic-registers'
import type { Board, Width } from './board'

type Range = readonly [first: number, lastOrBytes: number]

/** Ports of the board, first and last; those that end the run or reset the PC are hit by chance often enough. */
const PORTS: readonly [Range, ...Range[]] = [
  [0x00, 0x0f], [0x20, 0x21], [0x22, 0x23], [0x40, 0x43], [0x60, 0x61], [0x64, 0x64], [0x70, 0x71], [0x80, 0x8f], [0x92, 0x92], [0xa0, 0xa1], [0xc0, 0xdf], [0x170, 0x177], [0x1ce, 0x1d0],
  [0x1f0, 0x1f7], [0x278, 0x27a], [0x2e8, 0x2ef], [0x2f8, 0x2ff], [0x376, 0x376], [0x378, 0x37a], [0x3b0, 0x3df], [0x3e8, 0x3ef], [0x3f0, 0x3f7], [0x3f8, 0x3ff], [0x402, 0x402], [0x4d0, 0x4d1],
  [0x510, 0x51b], [0xb2, 0xb3], [0xcf8, 0xcff], [0x600, 0x63f], [0xc000, 0xc04f],
]
const EVERY_PORT: Range = [0, 0xffff]

/** Memory with registers behind it, first address and bytes. */
const WINDOWS: readonly [Range, ...Range[]] = [
  [APIC_BASE, 0x1000], [0xfec0_0000, 0x100], [0xfed0_0000, 0x400], [0xa_0000, 0x2_0000], [0xc_0000, 0x4_0000], [0xfd00_0000, 0x100_0000], [0xfebc_0000, 0x4_0000], [0xffff_0000, 0x1_0000],
]
const EVERYWHERE: Range = [0, 2 ** 36]

const PORT_WIDTHS: readonly [1 | 2 | 4, ...(1 | 2 | 4)[]] = [1, 1, 2, 4]
const MEMORY_WIDTHS: readonly [Width, ...Width[]] = [4, 4, 1, 2, 8]
/** Resets, ends of the run, sleep: one in so many is left, or nothing else would be reached. */
const ENDING: ReadonlySet<number> = new Set([0x64, 0x92, 0xcf9, 0xf4, 0x604, 0x605])
const RARE = 40

export function garbage(board: Board): void {
  if (board.random.chance(2)) portGarbage(board)
  else memoryGarbage(board)
}

/** A number that a register might care about. */
export function value(board: Board): number {
  const { random } = board
  switch (random.below(6)) {
    case 0:
      return random.below(256)
    case 1:
      return (1 << random.below(32)) >>> 0
    case 2:
      return random.pick([0, 0xffff_ffff, 0xff, 0x8000_0000, 0x7fff_ffff, 0xffff])
    case 3:
      return board.place()
    default:
      return random.u32()
  }
}

function portGarbage(board: Board): void {
  const { random } = board
  const [first, last] = random.chance(8) ? EVERY_PORT : random.pick(PORTS)
  const port = first + random.below(last - first + 1)
  const width = random.pick(PORT_WIDTHS)
  if (random.chance(2)) board.in(port, width)
  else if (!ENDING.has(port) || random.chance(RARE)) board.out(port, width, value(board))
}

function memoryGarbage(board: Board): void {
  const { random } = board
  const [first, bytes] = random.chance(16) ? EVERYWHERE : random.pick(WINDOWS)
  const width = random.pick(MEMORY_WIDTHS)
  const anywhere = first + (random.u32() * 2 ** 8 + random.below(256)) % bytes
  const address = random.chance(8) ? anywhere : anywhere - (anywhere % width)
  if (random.chance(2)) board.load(address, width)
  else board.store(address, width, value(board))
}
