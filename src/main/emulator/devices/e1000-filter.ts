/** Which frames the 82540EM takes: receive addresses, the hash table for multicast (order number 317453, 3.2.1, 13.5). */
import { ADDRESS_VALID, RCTL, RECEIVE_ADDRESSES, REG } from './e1000-registers'
import type { StateFields } from '../state/fields'

const MULTICAST_WORDS = 128
const VLAN_WORDS = 128
const MULTICAST = 0x01
/** RCTL.MO chooses which 12 bits of the last 16 of an address are the hash. */
const HASH_SHIFTS = [4, 3, 2, 0] as const
const MAC_BYTES = 6

export class ReceiveFilter {
  /** Pairs of words, low and high, of the receive addresses. */
  readonly #addresses = new Uint32Array(2 * RECEIVE_ADDRESSES)
  readonly #multicast = new Uint32Array(MULTICAST_WORDS)
  readonly #vlans = new Uint32Array(VLAN_WORDS)
  readonly #tables = [
    { first: REG.ra, words: this.#addresses },
    { first: REG.mta, words: this.#multicast },
    { first: REG.vfta, words: this.#vlans },
  ]

  /** As the EEPROM has it: one address. */
  reset(mac: Uint8Array): void {
    for (const { words } of this.#tables) words.fill(0)
    const byte = (index: number): number => mac[index] ?? 0
    this.#addresses[0] = byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24)
    this.#addresses[1] = byte(4) | (byte(5) << 8) | ADDRESS_VALID
  }

  exchange(state: StateFields): void {
    state.array('addresses', this.#addresses)
    state.array('multicast', this.#multicast)
    state.array('vlans', this.#vlans)
  }

  /** Undefined: no register of the filter. */
  read(offset: number): number | undefined {
    const place = this.#placeOf(offset)
    return place && (place.words[place.index] ?? 0)
  }

  /** @returns whether it was a register of the filter */
  write(offset: number, value: number): boolean {
    const place = this.#placeOf(offset)
    if (place) place.words[place.index] = place.words === this.#addresses && place.index % 2 === 1 ? value & (ADDRESS_VALID | 0x3_ffff) : value
    return place !== undefined
  }

  /** @param control RCTL */
  accepts(frame: Uint8Array, control: number): boolean {
    if (frame.length < MAC_BYTES) return false
    const isBroadcast = frame.subarray(0, MAC_BYTES).every((byte) => byte === 0xff)
    if (isBroadcast && control & RCTL.broadcast) return true
    if ((frame[0] ?? 0) & MULTICAST) return (control & RCTL.multicastAll) !== 0 || this.#isKnown(frame) || this.#isHashed(frame, control)
    return (control & RCTL.unicastAll) !== 0 || this.#isKnown(frame)
  }

  #placeOf(offset: number): { words: Uint32Array; index: number } | undefined {
    const table = this.#tables.find(({ first, words }) => offset >= first && offset < first + 4 * words.length)
    return table && { words: table.words, index: (offset - table.first) / 4 }
  }

  #isKnown(frame: Uint8Array): boolean {
    const view = new DataView(frame.buffer, frame.byteOffset, MAC_BYTES)
    const [low, high] = [view.getUint32(0, true), view.getUint16(4, true)]
    for (let i = 0; i < RECEIVE_ADDRESSES; i++) {
      const top = this.#addresses[2 * i + 1] ?? 0
      if (top >= ADDRESS_VALID && (top & 0xffff) === high && this.#addresses[2 * i] === low) return true
    }
    return false
  }

  #isHashed(frame: Uint8Array, control: number): boolean {
    const last16 = ((frame[5] ?? 0) << 8) | (frame[4] ?? 0)
    const hash = (last16 >> (HASH_SHIFTS[(control >>> 12) & 3] ?? 0)) & 0xfff
    return (((this.#multicast[hash >> 5] ?? 0) >>> (hash & 31)) & 1) === 1
  }
}
