/** Accesses that know the chips: what a driver would write, with whatever as its arguments. */
import { FDC_COMMANDS } from '../../../src/main/emulator/devices/fdc-commands'
import { CTRL, DESCRIPTOR_BYTES, RCTL, REG, TCTL } from '../../../src/main/emulator/devices/e1000-registers'
import { Apic, APIC_BASE } from '../../../src/main/emulator/devices/local-apic-registers'
import { SERIAL_PORTS } from '../../../src/shared/machine-schemas'
import type { Board } from './board'
import { value } from './garbage'

type Move = (board: Board) => void

const byte = (board: Board): number => board.random.below(256)

const CONFIG = { address: 0xcf8, data: 0xcfc } as const
const NETWORK_CARD = 0x18
const IDE = 0x09

/** A configuration register of a function on bus 0; `slot`: device and function as in CONFIG_ADDRESS. */
function configure(board: Board, slot: number, register: number, width: 1 | 2 | 4, number: number): void {
  board.out(CONFIG.address, 4, (0x8000_0000 | (slot << 8) | (register & 0xfc)) >>> 0)
  board.out(CONFIG.data + (register & 3 & ~(width - 1)), width, number)
}

const SLOTS = [0x00, 0x08, IDE, 0x0b, 0x10, NETWORK_CARD] as const

const pci: Move = (board) => {
  const { random } = board
  const slot = random.chance(16) ? byte(board) : random.pick(SLOTS)
  const register = random.pick([0x04, 0x10, 0x14, 0x20, 0x30, 0x40, 0x59, 0x60, 0x80, byte(board)])
  // Base addresses move over memory, over one another, and to their ends.
  configure(board, slot, register, random.pick([1, 2, 4]), random.chance(3) ? random.pick([0xe000_0000, 0xfec0_0000, 0xfee0_0000, 0xfed0_0000, 0xfd00_0000, 0xa_0000, 0xfebc_0000, 0xc001, 0x1f1, 0xffff_0000, 7]) : value(board))
  if (random.chance(2)) configure(board, random.pick([IDE, NETWORK_CARD, 0x10]), 0x04, 2, random.pick([7, 7, 3, 0x400, 4]))
}

const CHANNELS = [0x1f0, 0x170] as const
const ATA = [0x20, 0x24, 0x25, 0x29, 0x30, 0x34, 0x35, 0x39, 0x40, 0x42, 0xc4, 0xc5, 0xc6, 0xc8, 0xca, 0xec, 0xa1, 0xef, 0x91, 0x90, 0x27, 0xf8, 0xe7, 0x08, 0x70, 0x10, 0x00] as const
const PACKETS = [0x00, 0x03, 0x12, 0x1b, 0x1e, 0x25, 0x28, 0x2b, 0x43, 0x46, 0x4a, 0x51, 0x5a, 0xa8, 0xbd, 0xbe] as const

const ata: Move = (board) => {
  const { random } = board
  const base = random.pick(CHANNELS)
  board.out(base + 6, 1, random.pick([0xe0, 0xf0, 0xa0, 0xb0, byte(board)]))
  for (const register of [1, 2, 3, 4, 5]) {
    // Twice, as for 48-bit addresses: small numbers are on the disk.
    if (random.chance(2)) board.out(base + register, 1, random.pick([0, 1, byte(board)]))
    board.out(base + register, 1, register > 3 ? random.pick([0, 0, byte(board)]) : byte(board))
  }
  board.out(base + 7, 1, random.chance(8) ? byte(board) : random.pick(ATA))
  board.pass(random.below(9000))
  data(board, base)
}

const packet: Move = (board) => {
  const { random } = board
  const base = random.pick(CHANNELS)
  board.out(base + 6, 1, random.pick([0xa0, 0xb0]))
  board.out(base + 1, 1, random.pick([0, 0, 1]))
  board.out(base + 4, 1, byte(board))
  board.out(base + 5, 1, random.pick([0, 8, byte(board)]))
  board.out(base + 7, 1, 0xa0)
  const bytes = [random.pick(PACKETS), ...Array.from({ length: 11 }, () => random.pick([0, 0, 1, byte(board)]))]
  for (let i = 0; i < bytes.length; i += 2) board.out(base, 2, (bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8))
  board.pass(random.below(9000))
  data(board, base)
}

/** Moves what a drive wants moved, or more, or less. */
function data(board: Board, base: number): void {
  const { random } = board
  const width = random.pick<1 | 2 | 4>([1, 2, 2, 4])
  const count = random.pick([0, 256, 300, 16])
  for (let i = 0; i < count; i++) {
    if (random.chance(2)) board.in(base, width)
    else board.out(base, width, value(board))
  }
  board.in(base + 7, 1)
  if (random.chance(50)) board.out(base === 0x1f0 ? 0x3f6 : 0x376, 1, random.pick([2, 4, 6, 0, 0x80]))
}

/** Bus-master IDE: a table in memory, sometimes none. */
const busMaster: Move = (board) => {
  const { random } = board
  if (random.chance(4)) {
    configure(board, IDE, 0x20, 4, 0xc000)
    configure(board, IDE, 0x04, 2, 7)
  }
  const channel = random.below(2)
  const base = 0xc000 + 8 * channel
  const table = board.place()
  const regions = random.below(8)
  for (let i = 0; i <= regions; i++) board.put(table + 8 * i, descriptor([random.chance(4) ? random.u32() : board.place(), random.below(0x1_0000) | (i === regions && !random.chance(8) ? 0x8000_0000 : 0)]))
  board.out(base, 1, 0)
  board.out(base + 4, 4, random.chance(8) ? random.u32() : table)
  board.out(base + 2, 1, byte(board))
  if (random.chance(2)) ata(board)
  board.out(base, 1, random.pick([1, 9]))
  board.pass(random.below(20_000))
  board.in(base + 2, 1)
}

const descriptor = (words: readonly number[]): Uint8Array => new Uint8Array(Uint32Array.from(words).buffer)

const FLOPPY_COMMANDS = [...FDC_COMMANDS] as const

const floppy: Move = (board) => {
  const { random } = board
  if (random.chance(6)) board.out(0x3f2, 1, random.pick([0x1c, 0x14, 0x1c, 0, byte(board)]))
  if (random.chance(6)) board.out(0x3f7, 1, random.below(4))
  if (random.chance(2)) dma(board, 2)
  const [code, { bytes }] = FLOPPY_COMMANDS[random.below(FLOPPY_COMMANDS.length)] ?? [8, { bytes: 1 }]
  board.out(0x3f5, 1, code | (random.below(8) << 5))
  const likely = [0, random.below(82), random.below(2), random.below(20), 2, 18, 0x1b, 0xff]
  for (let i = 1; i < bytes; i++) board.out(0x3f5, 1, random.chance(6) ? byte(board) : (likely[i - 1] ?? 0))
  board.pass(random.pick([100, 20_000, 200_000]))
  const count = random.pick([1, 7, 10, 512])
  for (let i = 0; i < count; i++) {
    if (random.chance(3)) board.out(0x3f5, 1, byte(board))
    else board.in(0x3f5, 1)
  }
  board.in(0x3f4, 1)
}

/** A channel of the 8237 pair: mode, address, count, page, mask. */
function dma(board: Board, channel = board.random.below(8)): void {
  const { random } = board
  const wide = channel > 3
  const at = wide ? 0xc0 : 0
  const step = wide ? 2 : 1
  const within = channel & 3
  board.out(wide ? 0xd8 : 0x0c, 1, 0)
  board.out(wide ? 0xd6 : 0x0b, 1, (byte(board) & ~3) | within)
  for (let i = 0; i < 2; i++) board.out(at + 2 * step * within, 1, byte(board))
  for (let i = 0; i < 2; i++) board.out(at + (2 * within + 1) * step, 1, byte(board))
  board.out([0x87, 0x83, 0x81, 0x82, 0x8f, 0x8b, 0x89, 0x8a][channel] ?? 0x80, 1, byte(board))
  board.out(wide ? 0xd4 : 0x0a, 1, within | (random.chance(4) ? 4 : 0))
  if (random.chance(8)) board.out(wide ? 0xd0 : 0x08, 1, byte(board))
}

/** 8042, keyboard and mouse: FEh, which resets the PC, now and then. */
const keyboard: Move = (board) => {
  const { random } = board
  const command = random.pick([0x20, 0x60, 0xa7, 0xa8, 0xa9, 0xaa, 0xab, 0xad, 0xae, 0xc0, 0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd4, byte(board)])
  if (command < 0xf0 || random.chance(300)) board.out(0x64, 1, command)
  board.out(0x60, 1, random.pick([0xed, 0xf0, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xff, 0xe6, 0xe8, 0xe9, 0xeb, 0xf3, byte(board)]))
  if (random.chance(2)) board.out(0x60, 1, byte(board))
  board.pass(random.below(3000))
  for (let i = random.below(6); i > 0; i--) board.in(random.pick([0x60, 0x64]), 1)
  const { kbc } = board.machine
  if (random.chance(4)) kbc.keyboard.key(random.pick(['KeyA', 'Pause', 'ArrowUp', 'ShiftLeft', 'PrintScreen']), random.chance(2))
  if (random.chance(4)) kbc.mouse.move({ dx: random.below(4000) - 2000, dy: random.below(4000) - 2000, wheel: random.below(64) - 32, buttons: random.below(8) })
}

const timers: Move = (board) => {
  const { random } = board
  board.out(0x43, 1, byte(board))
  for (let i = random.below(4); i > 0; i--) board.out(0x40 + random.below(3), 1, random.pick([0, 1, 2, byte(board)]))
  board.out(0x61, 1, byte(board))
  board.in(0x40 + random.below(3), 1)
  board.out(0x70, 1, random.below(16))
  board.out(0x71, 1, byte(board))
  board.in(0x71, 1)
  const hpet = 0xfed0_0000
  if (random.chance(3)) board.store(hpet + random.pick([0x10, 0x20, 0xf0, 0xf4]), random.pick([4, 8]), value(board))
  const timer = hpet + 0x100 + 0x20 * random.below(3)
  board.store(timer, 4, random.u32() & 0xffff)
  board.store(timer + 8, random.pick([4, 8]), random.pick([1, 2, 100, value(board)]))
}

const interrupts: Move = (board) => {
  const { random } = board
  const pic = random.pick([0x20, 0xa0])
  if (random.chance(8)) for (const word of [0x10 | (byte(board) & 0xf), byte(board), byte(board), byte(board) & 0x1f]) board.out(pic + (word & 0x10 ? 0 : 1), 1, word)
  board.out(pic, 1, byte(board) & ~0x10)
  board.out(pic + 1, 1, random.pick([0, 0, byte(board)]))
  const offset = random.pick([Apic.command, Apic.commandHigh, Apic.timer, Apic.initialCount, Apic.divide, Apic.lint0, Apic.lint1, Apic.spurious, Apic.taskPriority, Apic.endOfInterrupt, Apic.error, Apic.errors])
  // An INIT would keep the processor from its guest.
  const number = value(board)
  board.store(APIC_BASE + offset, 4, offset === Apic.command && (number & 0x700) === 0x500 && !random.chance(100) ? number ^ 0x500 : number)
  board.store(0xfec0_0000, 4, random.below(0x42))
  board.store(0xfec0_0010, 4, value(board))
  if (random.chance(4)) board.store(0xfec0_0040, 4, byte(board))
}

const serial: Move = (board) => {
  const { random } = board
  const base = random.pick([0x3f8, 0x2f8, 0x3e8, 0x2e8])
  for (let i = 0; i < 6; i++) {
    if (random.chance(3)) board.in(base + random.below(8), 1)
    else board.out(base + random.below(8), 1, byte(board))
  }
  if (random.chance(4)) board.machine.connectors.serial[random.pick(SERIAL_PORTS)].receive(Uint8Array.from({ length: random.below(40) }, () => byte(board)))
}

type Indexed = readonly [index: number, register: number, count: number]
const VGA: readonly [Indexed, ...Indexed[]] = [[0x3c4, 0x3c5, 8], [0x3ce, 0x3cf, 16], [0x3d4, 0x3d5, 64]]

const display: Move = (board) => {
  const { random } = board
  const [index, register, count] = random.pick(VGA)
  board.out(index, 2, random.below(count) | (byte(board) << 8))
  board.in(register, 1)
  board.in(0x3da, 1)
  board.out(0x3c0, 1, random.below(64))
  board.out(0x3c0, 1, byte(board))
  if (random.chance(6)) {
    board.out(0x1ce, 2, random.below(12))
    board.out(0x1cf, 2, random.pick([0, 1, 0x41, 4, 8, 16, 24, 32, 640, 480, 1920, 0xffff, random.below(0x1_0000)]))
  }
  for (let i = 0; i < 8; i++) {
    const at = 0xa_0000 + random.below(0x2_0000)
    if (random.chance(3)) board.load(at, random.pick([1, 2, 4, 8]))
    else board.store(at, random.pick([1, 2, 4, 8]), value(board))
  }
  // Somebody looks.
  if (random.chance(64)) void board.machine.screen
}

/** 82540EM: rings in memory with descriptors of every kind, the rest of them garbage. */
const network: Move = (board) => {
  const { random } = board
  const card = 0xfebc_0000
  if (random.chance(6)) {
    configure(board, NETWORK_CARD, 0x10, 4, card)
    configure(board, NETWORK_CARD, 0x04, 2, 7)
  }
  const register = (offset: number, number: number): void => board.store(card + offset, 4, number)
  const count = 8 * (1 + random.below(4))
  const [sent, received] = [board.place(), board.place()]
  for (let i = 0; i < count; i++) {
    if (random.chance(3)) continue
    const kind = random.pick([0, 1, 2])
    const command = random.pick([0x0b, 0x2b, 0x2f, 0xff, byte(board)])
    board.put(sent + i * DESCRIPTOR_BYTES, descriptor([board.place(), random.chance(8) ? random.u32() : 0, random.below(random.pick([64, 1600, 0x10_0000])) | (kind << 20) | (command << 24), random.chance(2) ? random.u32() : 0x0100_0000]))
    board.put(received + i * DESCRIPTOR_BYTES, descriptor([board.place(), random.chance(8) ? 1 : 0, 0, 0]))
  }
  register(REG.tdbal, random.chance(16) ? random.u32() : sent)
  register(REG.tdbah, random.chance(16) ? 1 : 0)
  register(REG.tdlen, random.chance(16) ? random.u32() : count * DESCRIPTOR_BYTES)
  register(REG.rdbal, received)
  register(REG.rdlen, count * DESCRIPTOR_BYTES)
  register(REG.rdt, random.below(count))
  register(REG.rctl, random.chance(4) ? random.u32() : RCTL.enabled | RCTL.broadcast | RCTL.unicastAll | (random.chance(2) ? RCTL.loopback : 0))
  register(REG.tctl, random.chance(8) ? random.u32() : TCTL.enabled | TCTL.padShort)
  register(REG.ims, random.u32())
  question(board, sent)
  register(REG.tdt, random.below(count))
  board.pass(random.below(20_000))
  board.load(card + random.below(0x6000), 4)
  if (random.chance(30)) register(REG.ctrl, random.chance(2) ? CTRL.reset : random.u32())
}

/** A frame that the network at the other end understands, as the ring's first: ARP, or IPv4 with UDP or TCP to the gateway, some of it wrong. */
function question(board: Board, ring: number): void {
  const { random } = board
  const at = board.place()
  const frame = Uint8Array.from({ length: 60 + random.below(400) }, () => byte(board))
  frame.set([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0x12, 0x34, 0x56])
  if (random.chance(4)) frame.set([0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1, 0x52, 0x54, 0, 0x12, 0x34, 0x56, 10, 0, 2, 15, 0, 0, 0, 0, 0, 0, 10, 0, 2, 2], 12)
  else {
    frame.set([0x08, 0x00, 0x45, 0, (frame.length - 14) >> 8, (frame.length - 14) & 0xff, 0, 1, 0, 0, 64, random.pick([1, 6, 17]), 0, 0, 10, 0, 2, 15, 10, 0, 2, 2], 12)
    frame.set([0x30, 0x39, 0, random.pick([69, 80, 67, 53])], 34)
    if (random.chance(2)) frame.set([random.below(6), random.pick([0, 2, 0x10, 0x18, 0x11]), 0x20, 0], 46)
    // The card puts the sums in, where the descriptor asks for it.
    let sum = 0
    for (let i = 14; i < 34; i += 2) sum += ((frame[i] ?? 0) << 8) | (frame[i + 1] ?? 0)
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16)
    frame.set([(~sum >> 8) & 0xff, ~sum & 0xff], 24)
  }
  board.put(at, frame)
  board.put(ring, descriptor([at, 0, frame.length | 0x0b00_0000, 0]))
}

const power: Move = (board) => {
  const { random } = board
  const base = 0x600
  const offset = random.pick([0, 2, 8, 0x20, 0x28, 0x2c])
  board.in(base + offset, random.pick([1, 2, 4]))
  board.out(base + offset, random.pick([1, 2, 4]), random.u32())
  // Sleep states: switched off now and then.
  board.out(base + 4, 2, random.chance(50) ? 0x2000 | (random.below(8) << 10) : random.below(2))
}

/** fw_cfg by DMA: a structure in memory, big-endian (QEMU's docs/specs/fw_cfg). */
const firmwareConfiguration: Move = (board) => {
  const { random } = board
  const at = board.place()
  const bytes = new Uint8Array(16)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, (random.pick([0, 0x19, 0x20, 0x21, random.below(0x1_0000)]) * 0x1_0000 + random.below(32)) >>> 0)
  view.setUint32(4, random.pick([4, 64, 0x1000, random.u32()]))
  view.setUint32(12, random.chance(8) ? random.u32() : board.place())
  if (random.chance(8)) view.setUint32(8, random.u32())
  board.put(at, bytes)
  const swapped = (number: number): number => new DataView(Uint8Array.from([number, number >>> 8, number >>> 16, number >>> 24]).buffer).getUint32(0)
  board.out(0x514, 4, random.chance(8) ? random.u32() : 0)
  board.out(0x518, 4, swapped(at))
  board.out(0x510, 2, random.pick([0, 1, 0x19, random.below(0x1_0000)]))
  board.in(0x511, 1)
}

export const MOVES: readonly [Move, ...Move[]] = [pci, ata, packet, busMaster, floppy, (board) => dma(board), keyboard, timers, interrupts, serial, display, network, network, power, firmwareConfiguration]

export function knowingMove(board: Board): void {
  board.random.pick(MOVES)(board)
}
