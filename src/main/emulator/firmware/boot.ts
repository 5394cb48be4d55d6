/** Power-on and INT 18h/19h: sets up the data areas and loads the boot sector (BIOS Boot Specification 1.01). */
import { CMOS } from '../devices/rtc-mc146818'
import { SECTOR_BYTES } from '../machine/disk'
import { BASE_MEMORY_KIB, BDA, EBDA, EQUIPMENT, EQUIPMENT_FLOPPY } from './bda'
import type { FirmwareHost, Service } from './context'
import type { KeyboardFirmware } from './keyboard'
import { setUpPci } from './pci-setup'
import type { Quirks } from './quirks'
import type { Rom } from './rom'
import { DISKETTE_TABLE_OFFSET, DUMMY_IRET_OFFSET, ROM_SEGMENT } from './rom'
import type { TextConsole } from './text-console'
import { ticksSinceMidnight } from './time'

const BOOT_SEGMENT = 0x7c0
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
export function powerOn({ host, console, keyboard, rom, vectors }: BootParts): Service {
  const { memory, ports } = host
  return (call) => {
    setUpPci(host.pci, ports)
    initializePic(host)
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
    memory.write16(BDA.com1, 0x3f8)
    memory.write16(BDA.ebdaSegment, EBDA >> 4)
    memory.write8(EBDA, 1)
    memory.write16(BDA.equipment, EQUIPMENT | (host.drives.floppy ? EQUIPMENT_FLOPPY : 0))
    memory.write16(BDA.baseMemory, BASE_MEMORY_KIB)
    memory.write8(BDA.diskCount, host.drives.hardDisks)
    memory.write32(BDA.ticks, ticksSinceMidnight(host.rtc.date))
    keyboard.reset()
    console.setMode(3, true)
    // Timer 0 at 18.2 Hz, as a rate generator.
    ports.write8(0x43, 0x34)
    ports.write8(0x40, 0)
    ports.write8(0x40, 0)
    return false
  }
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

/** What INT 19h loads: bytes, the segment they go to, and why there is nothing to load. */
function bootCode({ drives }: FirmwareHost): { bytes: Uint8Array; address: number } | { why: string; next: string } {
  const { boot, cdEntry } = drives
  if (cdEntry !== undefined && 'why' in cdEntry) return { ...cdEntry, next: 'Make the CD bootable (El Torito), or boot the image as a disk.' }
  if (cdEntry !== undefined && boot.medium === 'cd') {
    const count = Math.min(Math.ceil((cdEntry.sectors * SECTOR_BYTES) / boot.sectorBytes), boot.sectors - cdEntry.lba)
    return { bytes: boot.read(cdEntry.lba, count).subarray(0, cdEntry.sectors * SECTOR_BYTES), address: cdEntry.segment * 16 }
  }
  const bytes = boot.read(0)
  if (bytes[SECTOR_BYTES - 2] === 0x55 && bytes[SECTOR_BYTES - 1] === 0xaa) return { bytes, address: (cdEntry?.segment ?? BOOT_SEGMENT) * 16 }
  return { why: 'No bootable disk: the first sector does not end in 55 AA.', next: 'Build the image again, or choose another one.' }
}

/** INT 19h. True: there is nothing to boot; a sentence on the screen says so. */
export function bootstrap({ host, quirks, console, gaveUp }: BootParts): Service {
  return (call) => {
    const code = bootCode(host)
    if ('why' in code) {
      console.print(`${code.why}\r\n${code.next}\r\n`)
      gaveUp(code.why)
      return true
    }
    host.memory.writeBytes(code.address, code.bytes)
    if (quirks.a20Stuck === true) host.keyboard.setA20(false)
    for (const register of RBX_TO_RDI) call.state.setGpr(register, 0n)
    call.eax = 0xaa55
    call.edx = quirks.bootDrive ?? host.drives.boot.drive
    // As common BIOSes do it: 0000:7C00, not 07C0:0000.
    const canonical = quirks.bootAt07C0 !== true
    call.returnIp = canonical ? code.address & 0xffff : 0
    call.returnCs = canonical ? (code.address >> 4) & 0xf000 : code.address >> 4
    call.returnFlags = 0x0202
    host.bootEntered(call.returnCs * 16 + call.returnIp)
    return false
  }
}

/** INT 18h, which the boot sector calls when it cannot boot. Always gives up. */
export function bootFailed({ console, gaveUp }: BootParts): Service {
  return () => {
    const why = 'The boot sector has given up (INT 18h): it found nothing to start on the disk.'
    console.print(`\r\n${why}\r\n`)
    gaveUp(why)
    return true
  }
}
