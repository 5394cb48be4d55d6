/** Flat binaries: a file without headers, put at an address as it is and started at its first byte. */
import type { BootProtocol } from '../../shared/boot'
import type { BootParameters } from './boot-parameters'
import { hex, ImageError } from './errors'
import { MEMORY } from './layout'

export type FlatProtocol = Extract<BootProtocol, `flat${string}`>

const BITS: Readonly<Record<FlatProtocol, 16 | 32 | 64>> = { flat16: 16, flat32: 32, flat64: 64 }
const ONE_MIB = 0x100000
const FOUR_GIB = 2 ** 32
/** Where the video memory begins. */
const LOW_END = 0xa0000

export function isFlat(protocol: BootProtocol): protocol is FlatProtocol {
  return protocol in BITS
}

/**
 * The parameters of the boot configuration.
 * @throws ImageError when the file does not fit at the address
 */
export function flatParameters(length: number, protocol: FlatProtocol, address: number | undefined, where: string): BootParameters {
  const bits = BITS[protocol]
  if (address === undefined)
    throw new ImageError({
      what: 'A flat binary needs an address.',
      where,
      why: 'The file itself does not say where its first byte belongs.',
      next: 'Give the address it was linked to: "boot": { "address": "0x100000" } in the manifest.',
    })
  const end = address + length
  const place = `${hex(address)} to ${hex(end - 1)}`
  if (address < MEMORY.LOWEST_ADDRESS || end > (bits === 16 ? LOW_END : FOUR_GIB) || (address < ONE_MIB && end > LOW_END))
    throw new ImageError({
      what: `The flat binary does not fit at its address: it would lie at ${place}.`,
      where,
      why: `Below ${hex(MEMORY.LOWEST_ADDRESS)} are the BIOS's data, from ${hex(LOW_END)} to ${hex(ONE_MIB)} video memory and ROMs${bits === 16 ? ', and 16-bit code cannot run above' : ''}.`,
      next: bits === 16 ? 'Link it to 0x7e00 or another address below, or make it shorter.' : 'Link it to 0x100000 (1 MiB) or above.',
    })
  if (bits === 16 && address < MEMORY.LOADER_END && end > MEMORY.HANDOFF_ADDRESS)
    throw new ImageError({
      what: `The 16-bit program would lie at ${place}.`,
      where,
      why: `The boot loader's last instructions need ${hex(MEMORY.HANDOFF_ADDRESS)} to ${hex(MEMORY.LOADER_END - 1)}, and cannot go above 1 MiB on the way back to real mode.`,
      next: `Let it end below ${hex(MEMORY.HANDOFF_ADDRESS)} or begin at ${hex(MEMORY.LOADER_END)}, and load the rest itself.`,
    })
  return { address: BigInt(address) }
}
