/** Power-on and INT 18h/19h: sets up the data areas and loads the boot sector (BIOS Boot Specification 1.01). */
import { bootsUnmarked } from '../../../shared/old-diskette'
import { CMOS, WOKEN } from '../devices/rtc-mc146818'
import { type Disk, SECTOR_BYTES } from '../machine/disk'
import { bootOrder } from '../machine/boot-order'
import { WAKING_VECTOR } from './acpi/tables'
import { acpiArea } from './acpi-area'
import { bootMenu } from './boot-menu'
import { BASE_MEMORY_KIB, BDA, EBDA, EQUIPMENT, PRINTER_PORTS, SERIAL_PORTS } from './bda'
import type { FirmwareCall } from './call'
import type { FirmwareHost, Service } from './context'
import type { KeyboardFirmware } from './keyboard'
import { clearPointingDevice } from './pointing-device'
import { describeDisks } from './int13-tables'
import { initializePrinter } from './int17'
import { setUpPci } from './pci-setup'
import { installTables, setUpPowerManagement } from './platform'
import type { Quirks } from './quirks'
import type { Rom } from './rom'
import { DISKETTE_TABLE_OFFSET, DUMMY_IRET_OFFSET, ROM_SEGMENT } from './rom'
import type { TextConsole } from './text-console'
import { ticksSinceMidnight } from './time'
import { enterVirtualWireMode } from './virtual-wire'

const BOOT_SEGMENT = 0x7c0
const GIVEN_UP = { why: 'The boot sector has given up (INT 18h): it found nothing to start on the disk.', next: 'Choose another image.' } as const
/** Time limits of the ports in the data area, as other BIOSes set them. */
const COM_TIMEOUT = 0x0a
const LPT_TIMEOUT = 0x14
const RBX_TO_RDI = [3, 1, 5, 6, 7] as const
const BDA_BYTES = 0x100
/** Points to the table of diskette parameters. */
const DISKETTE_VECTOR = 0x1e
/** Shutdown codes of CMOS register 0Fh: continue at 0040:0067, with and without an end of interrupt (as 80286 code leaves protected mode). */
const RESUME_WITH_EOI = 0x05
const RESUME = 0x0a
/** IRQ 0, 1 and the cascade are on; the others wait for somebody to want them. */
const MASTER_MASK = 0xb8
const SLAVE_MASK = 0xff

/** The menu's entry point in the ROM. */
export const MENU = 'boot menu'

export interface BootParts {
  host: FirmwareHost
  quirks: Quirks
  console: TextConsole
  keyboard: KeyboardFirmware
  rom: () => Rom
  /** Interrupt vectors of the services by number. */
  vectors: ReadonlyMap<number, string>
  /** Hears why nothing is booted: one sentence. */
  gaveUp: (why: string) => void
}

/** The power-on stub's service. True: the frame leads elsewhere than to INT 19h. */
export function powerOn({ host, quirks, console, keyboard, rom, vectors }: BootParts): Service {
  const { memory, ports } = host
  return (call) => {
    setUpPci(host.pci, ports)
    initializePic(host)
    setUpPowerManagement(host)
    enterVirtualWireMode(host)
    ports.write8(0x70, CMOS.shutdown)
    const shutdown = ports.read8(0x71)
    ports.write8(0x70, CMOS.shutdown)
    ports.write8(0x71, 0)
    if (shutdown === RESUME || shutdown === RESUME_WITH_EOI) {
      if (shutdown === RESUME_WITH_EOI) ports.write8(0x20, 0x20)
      call.returnIp = memory.read16(BDA.shutdownVector)
      call.returnCs = memory.read16(BDA.shutdownVector + 2)
      call.returnFlags = 0x0002
      return true
    }
    const area = quirks.e820 === undefined ? acpiArea(host.memoryBytes) : undefined
    const wakingVector = shutdown === WOKEN && area ? readOpen(host, area.facs + WAKING_VECTOR) : 0
    if (wakingVector !== 0) {
      // ACPI 6.5, 5.2.10: the segment is the address divided by 16; the memory is the system's, and stays as it is.
      call.returnIp = wakingVector & 0xf
      call.returnCs = (wakingVector >>> 4) & 0xffff
      call.returnFlags = 0x0002
      return true
    }
    installTables(host, rom(), area)
    const { entries } = rom()
    for (let vector = 0; vector < 256; vector++) {
      const service = vectors.get(vector)
      memory.write16(vector * 4, (service === undefined ? undefined : entries.get(service)) ?? DUMMY_IRET_OFFSET)
      memory.write16(vector * 4 + 2, ROM_SEGMENT)
    }
    memory.write16(DISKETTE_VECTOR * 4, DISKETTE_TABLE_OFFSET)
    // Vectors that are data pointers or belong to the user start as 0.
    for (let vector = 0x60; vector < 0x68; vector++) memory.write32(vector * 4, 0)
    for (let i = 0; i < BDA_BYTES; i++) memory.write8(0x400 + i, 0)
    const isThere = (port: number): boolean => ports.ownerOf(port) !== undefined
    const [serialPorts, printerPorts] = [SERIAL_PORTS.filter(isThere), PRINTER_PORTS.filter(isThere)]
    serialPorts.forEach((port, i) => memory.write16(BDA.com1 + i * 2, port))
    printerPorts.forEach((port, i) => {
      memory.write16(BDA.lpt1 + i * 2, port)
      initializePrinter(ports, port)
    })
    serialPorts.forEach((_, i) => memory.write8(BDA.comTimeouts + i, COM_TIMEOUT))
    printerPorts.forEach((_, i) => memory.write8(BDA.lptTimeouts + i, LPT_TIMEOUT))
    memory.write16(BDA.ebdaSegment, EBDA >> 4)
    clearPointingDevice(host)
    describeDisks(host)
    const { always, floppy, mouse, serialShift, printerShift } = EQUIPMENT
    memory.write16(BDA.equipment, always | (host.drives.floppy ? floppy : 0) | (host.keyboard.hasMouse ? mouse : 0) | (serialPorts.length << serialShift) | (printerPorts.length << printerShift))
    memory.write16(BDA.baseMemory, BASE_MEMORY_KIB)
    memory.write8(BDA.diskCount, host.drives.hardDisks)
    memory.write32(BDA.ticks, ticksSinceMidnight(host.rtc.date))
    keyboard.reset()
    console.powerOn()
    // Timer 0 at 18.2 Hz, as a rate generator.
    ports.write8(0x43, 0x34)
    ports.write8(0x40, 0)
    ports.write8(0x40, 0)
    if (host.boot.menu !== true) return false
    call.returnIp = rom().entries.get(MENU) ?? DUMMY_IRET_OFFSET
    call.returnCs = ROM_SEGMENT
    call.returnFlags = 0x0002
    return true
  }
}

/** With an open A20 gate. */
function readOpen({ memory, keyboard }: FirmwareHost, address: number): number {
  const before = keyboard.a20
  keyboard.setA20(true)
  const value = memory.read32(address)
  keyboard.setA20(before)
  return value
}

function initializePic({ ports }: FirmwareHost): void {
  for (const [port, words, mask] of [
    [0x20, [0x11, 0x08, 0x04, 0x01], MASTER_MASK],
    [0xa0, [0x11, 0x70, 0x02, 0x01], SLAVE_MASK],
  ] as const) {
    words.forEach((word, i) => ports.write8(i === 0 ? port : port + 1, word))
    ports.write8(port + 1, mask)
  }
}

/** What INT 19h loads: bytes, the address they go to, and the drive; or why there is nothing to load. */
type BootCode = { bytes: Uint8Array; address: number; drive: number } | { why: string; next: string }

function bootCode({ drives: { cdBoots, cdEntry } }: FirmwareHost, disk: Disk): BootCode {
  const fromCd = disk === cdBoots ? cdEntry : undefined
  const { drive } = disk
  if (fromCd !== undefined && 'why' in fromCd) return { ...fromCd, next: 'Make the CD bootable (El Torito), or boot the image as a disk.' }
  if (fromCd !== undefined && disk.medium === 'cd') {
    const count = Math.min(Math.ceil((fromCd.sectors * SECTOR_BYTES) / disk.sectorBytes), disk.sectors - fromCd.lba)
    return { bytes: disk.read(fromCd.lba, count).subarray(0, fromCd.sectors * SECTOR_BYTES), address: fromCd.segment * 16, drive }
  }
  const bytes = disk.read(0)
  const isMarked = bytes[SECTOR_BYTES - 2] === 0x55 && bytes[SECTOR_BYTES - 1] === 0xaa
  if (isMarked || (disk.medium === 'floppy' && bootsUnmarked(bytes, disk.sectors * SECTOR_BYTES))) return { bytes, address: (fromCd?.segment ?? BOOT_SEGMENT) * 16, drive }
  return { why: 'No bootable disk: the first sector does not end in 55 AA.', next: 'Build the image again, or choose another one.' }
}

/**
 * INT 19h, which boots from the first drive that can be booted from, and INT 18h, by which a boot sector gives up: the next drive follows. Both
 * return true when there is nothing left to boot; a sentence on the screen says so. The menu puts another drive first.
 */
export function bootServices({ host, quirks, console, keyboard, gaveUp }: BootParts): { bootstrap: Service; bootFailed: Service; menu: ReturnType<typeof bootMenu> } {
  const usual = bootOrder(host.drives, host.boot.order)
  let order = usual
  /** Place in the order of the drive that is tried next. */
  let next = 0
  host.remembers('boot', (state) => {
    next = state.int('next drive', next, order.length)
  })

  const enter = (call: FirmwareCall, { bytes, address, drive }: Exclude<BootCode, { why: string }>): void => {
    host.memory.writeBytes(address, bytes)
    if (quirks.a20Stuck === true) host.keyboard.setA20(false)
    for (const register of RBX_TO_RDI) call.state.setGpr(register, 0n)
    call.eax = 0xaa55
    call.edx = quirks.bootDrive ?? drive
    // As common BIOSes do it: 0000:7C00, not 07C0:0000.
    const canonical = quirks.bootAt07C0 !== true
    call.returnIp = canonical ? address & 0xffff : 0
    call.returnCs = canonical ? (address >> 4) & 0xf000 : address >> 4
    call.returnFlags = 0x0202
    host.bootEntered(call.returnCs * 16 + call.returnIp)
  }

  /** Enters the next drive that can be booted from; or why the first of those that were left cannot. */
  const enterNext = (call: FirmwareCall): { why: string; next: string } | undefined => {
    let refusal: { why: string; next: string } | undefined
    for (const disk of order.slice(next)) {
      next++
      const code = bootCode(host, disk)
      if (!('why' in code)) {
        enter(call, code)
        return undefined
      }
      refusal ??= code
    }
    return refusal ?? GIVEN_UP
  }

  const stop = (why: string, text: string): boolean => {
    console.print(text)
    gaveUp(why)
    return true
  }

  const menu = bootMenu({ host, console, keyboard, drives: usual, chosen: (disk) => (order = [disk, ...usual.filter((other) => other !== disk)]) })
  return {
    menu: {
      ...menu,
      reset: () => {
        order = usual
        menu.reset()
      },
    },
    bootstrap: (call) => {
      next = 0
      const refusal = enterNext(call)
      return refusal !== undefined && stop(refusal.why, `${refusal.why}\r\n${refusal.next}\r\n`)
    },
    bootFailed: (call) => enterNext(call) !== undefined && stop(GIVEN_UP.why, `\r\n${GIVEN_UP.why}\r\n`),
  }
}
