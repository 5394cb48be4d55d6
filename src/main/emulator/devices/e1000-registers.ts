/**
 * Registers of the Intel 82540EM: offsets in BAR 0 and bits (PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's Manual, order number
 * 317453, chapter 13).
 */

export const REG = {
  ctrl: 0x0000, status: 0x0008, eecd: 0x0010, eerd: 0x0014, ctrlExt: 0x0018, mdic: 0x0020, fcal: 0x0028, fcah: 0x002c, fct: 0x0030, vet: 0x0038,
  icr: 0x00c0, itr: 0x00c4, ics: 0x00c8, ims: 0x00d0, imc: 0x00d8, rctl: 0x0100, fcttv: 0x0170, txcw: 0x0178, rxcw: 0x0180, tctl: 0x0400, tipg: 0x0410,
  ait: 0x0458, ledctl: 0x0e00, pba: 0x1000, fcrtl: 0x2160, fcrth: 0x2168, rdbal: 0x2800, rdbah: 0x2804, rdlen: 0x2808, rdh: 0x2810, rdt: 0x2818,
  rdtr: 0x2820, rxdctl: 0x2828, radv: 0x282c, rsrpd: 0x2c00, tdbal: 0x3800, tdbah: 0x3804, tdlen: 0x3808, tdh: 0x3810, tdt: 0x3818, tidv: 0x3820,
  txdctl: 0x3828, tadv: 0x382c, tspmt: 0x3830, rxcsum: 0x5000, mta: 0x5200, ra: 0x5400, vfta: 0x5600, wuc: 0x5800, wufc: 0x5808, wus: 0x5810, ipav: 0x5838, manc: 0x5820,
} as const

/** Statistics: cleared when they are read, 13.7. */
export const STATISTICS = { first: 0x4000, last: 0x4124 } as const
export const STAT = { missed: 0x4010, goodReceived: 0x4074, broadcastReceived: 0x4078, multicastReceived: 0x407c, goodSent: 0x4080, bytesReceived: 0x4088, bytesSent: 0x4090, noBuffers: 0x40a0, totalBytesReceived: 0x40c0, totalBytesSent: 0x40c8, totalReceived: 0x40d0, totalSent: 0x40d4, multicastSent: 0x40f0, broadcastSent: 0x40f4 } as const

export const CTRL = { fullDuplex: 1 << 0, setLinkUp: 1 << 6, reset: 1 << 26, phyReset: 0x8000_0000 } as const
/** Full duplex, link up, 1000 Mb/s as set and as detected. */
export const STATUS = { fullDuplex: 0x001, linkUp: 0x002, gigabit: 0x080, detected: 0x300 } as const
export const EECD = { clock: 1, select: 2, dataIn: 4, dataOut: 8, flashWrite: 0x30, request: 0x40, grant: 0x80, present: 0x100 } as const
export const EERD = { start: 0x01, done: 0x10 } as const
export const MDIC = { write: 1, read: 2, ready: 1 << 28, interrupt: 1 << 29, error: 1 << 30 } as const
/** Causes of interrupts: ICR, ICS, IMS, IMC. */
export const CAUSE = { sent: 0x01, queueEmpty: 0x02, linkChanged: 0x04, fewDescriptors: 0x10, overrun: 0x40, received: 0x80, mdio: 0x200 } as const
export const CAUSES = 0x1_ffff
export const RCTL = { enabled: 1 << 1, unicastAll: 1 << 3, multicastAll: 1 << 4, long: 1 << 5, loopback: 3 << 6, broadcast: 1 << 15, sizeExtension: 1 << 25, stripCrc: 1 << 26 } as const
export const TCTL = { enabled: 1 << 1, padShort: 1 << 3 } as const
/** Second doubleword of a receive address: it is one. */
export const ADDRESS_VALID = 0x8000_0000
export const RECEIVE_ADDRESSES = 16

/** Transmit descriptors, 3.3. In the legacy form command and status are bytes 11 and 12; in the others, bits of the second doubleword. */
export const TX = { endOfPacket: 0x01, insertChecksum: 0x04, reportStatus: 0x08, extended: 0x20, segmentation: 0x04, vlan: 0x40, done: 0x01 } as const
/** Receive descriptors, 3.2.3. */
export const RX = { done: 0x01, endOfPacket: 0x02, ignoreChecksum: 0x04 } as const
export const DESCRIPTOR_BYTES = 16

/** Bits of registers that are there; for those in the table, all others read as zero. Registers that are not in it keep nothing. */
export const WRITABLE: ReadonlyMap<number, number> = new Map([
  [REG.ctrl, 0xf9ff_ffff & ~CTRL.reset], [REG.ctrlExt, 0x00ff_ffff], [REG.fcal, 0xffff_ffff], [REG.fcah, 0xffff], [REG.fct, 0xffff], [REG.vet, 0xffff],
  [REG.itr, 0xffff], [REG.rctl, 0x06df_b3fe], [REG.fcttv, 0xffff], [REG.txcw, 0xc000_ffff], [REG.tctl, 0x03ff_fffa], [REG.tipg, 0x3fff_ffff], [REG.ait, 0xffff],
  [REG.ledctl, 0xcfcf_cfcf], [REG.pba, 0x7f], [REG.fcrtl, 0x8000_fff8], [REG.fcrth, 0xfff8], [REG.rdbal, 0xffff_fff0], [REG.rdbah, 0xffff_ffff],
  [REG.rdlen, 0xf_ff80], [REG.rdh, 0xffff], [REG.rdt, 0xffff], [REG.rdtr, 0xffff], [REG.rxdctl, 0x0103_3f3f], [REG.radv, 0xffff], [REG.rsrpd, 0xfff],
  [REG.tdbal, 0xffff_fff0], [REG.tdbah, 0xffff_ffff], [REG.tdlen, 0xf_ff80], [REG.tdh, 0xffff], [REG.tdt, 0xffff], [REG.tidv, 0xffff], [REG.txdctl, 0xfffd_3f3f],
  [REG.tadv, 0xffff], [REG.tspmt, 0xffff_ffff], [REG.rxcsum, 0x7ff], [REG.wuc, 0xf], [REG.wufc, 0xf_ffff], [REG.ipav, 0x1_000f], [REG.manc, 0xffff_ffff],
])
