/**
 * INT 15h, system services: memory map (Advanced Configuration and Power Interface Specification 6.5, 15.1), memory sizes, A20 gate, waiting,
 * block move (IBM BIOS Interface Technical Reference, "Interrupt 15h").
 */
import { CF } from '../cpu/state/bits'
import { TICKS_PER_MICROSECOND } from '../machine/clock'
import { acpiArea } from './acpi-area'
import { EBDA } from './bda'
import type { FirmwareCall } from './call'
import type { FirmwareHost, Service } from './context'
import type { PointingDevice } from './pointing-device'
import type { WaitingEvents } from './waiting-events'
import { BIOS_DESCRIPTOR, ENTER_PROTECTED_OFFSET } from './protected-rom'
import type { Quirks } from './quirks'
import { CONFIGURATION_OFFSET, ROM_SEGMENT } from './rom'

const SMAP = 0x534d4150
const MIB = 0x100000
const KIB = 1024
const UNSUPPORTED = 0x86

const Type = { usable: 1, reserved: 2, acpiTables: 3, acpiKept: 4 } as const

export interface MemoryRange {
  start: number
  length: number
  type: number
}

/** The memory map that E820 reports. */
export function memoryRanges(memoryBytes: number): MemoryRange[] {
  const ranges: MemoryRange[] = [
    { start: 0, length: EBDA, type: Type.usable },
    { start: EBDA, length: 0xa0000 - EBDA, type: Type.reserved },
    { start: 0xf0000, length: 0x10000, type: Type.reserved },
  ]
  const area = acpiArea(memoryBytes)
  const end = area?.tables ?? memoryBytes
  if (end > MIB) ranges.push({ start: MIB, length: end - MIB, type: Type.usable })
  if (area) ranges.push({ start: area.tables, length: area.tablesBytes, type: Type.acpiTables }, { start: area.facs, length: area.facsBytes, type: Type.acpiKept })
  ranges.push({ start: 0xffff0000, length: 0x10000, type: Type.reserved })
  return ranges
}

/** Services that are files of their own. */
export interface SystemParts {
  readonly pointing: Pick<PointingDevice, 'service'>
  readonly events: Pick<WaitingEvents, 'wait'>
  /** Advanced power management. */
  readonly apm: (call: FirmwareCall) => void
}

export function systemService(host: FirmwareHost, quirks: Quirks, { pointing, events, apm }: SystemParts): Service {
  const { memory, keyboard } = host
  const ranges = quirks.e820 === undefined ? memoryRanges(host.memoryBytes) : quirks.e820 === 'absent' ? [] : quirks.e820
  const extendedKib = Math.max(0, ((acpiArea(host.memoryBytes)?.tables ?? host.memoryBytes) - MIB) / KIB)
  let waitUntil: number | undefined
  host.remembers('system services', (state) => {
    waitUntil = state.optional('wait until', waitUntil)
  })

  const unsupported = (call: FirmwareCall): void => {
    call.ah = UNSUPPORTED
    call.carry = true
  }

  /** EBX: which range (0 first); ES:DI: buffer of ECX bytes; EBX = 0 afterwards: that was the last. */
  const e820 = (call: FirmwareCall): void => {
    const range = ranges[call.ebx]
    if (call.edx !== SMAP || call.ecx < 20 || !range) {
      unsupported(call)
      return
    }
    const at = call.inEs(call.di)
    for (const [i, value] of [range.start, range.length].entries()) {
      memory.write32(at + i * 8, value % 2 ** 32)
      memory.write32(at + i * 8 + 4, Math.floor(value / 2 ** 32))
    }
    memory.write32(at + 16, range.type)
    call.eax = SMAP
    call.ecx = 20
    call.ebx = call.ebx + 1 < ranges.length ? call.ebx + 1 : 0
    call.carry = false
  }

  /** KiB between 1 and 16 MiB, and 64 KiB blocks above. */
  const e801 = (call: FirmwareCall): void => {
    call.ax = call.cx = Math.min(extendedKib, 15 * KIB)
    call.bx = call.dx = Math.max(0, Math.floor((extendedKib - 15 * KIB) / 64))
    call.carry = false
  }

  /** The same in 32-bit registers. */
  const e881 = (call: FirmwareCall): void => {
    call.eax = call.ecx = Math.min(extendedKib, 15 * KIB)
    call.ebx = call.edx = Math.max(0, Math.floor((extendedKib - 15 * KIB) / 64))
    call.carry = false
  }

  const succeed = (call: FirmwareCall): void => {
    call.ah = 0
    call.carry = false
  }

  const a20 = (call: FirmwareCall): void => {
    switch (call.al) {
      case 0:
      case 1:
        keyboard.setA20(call.al === 1)
        break
      case 2:
        call.al = Number(keyboard.a20)
        break
      case 3: // by keyboard controller and by port 92h
        call.bx = 3
        break
      default:
        unsupported(call)
        return
    }
    call.ah = 0
    call.carry = false
  }

  /** CX:DX microseconds. Called again and again until they have passed. */
  const wait = (call: FirmwareCall): boolean => {
    waitUntil ??= host.now() + (((call.cx << 16) | call.dx) >>> 0) * TICKS_PER_MICROSECOND
    host.skipTo(waitUntil)
    if (host.now() < waitUntil) return true
    waitUntil = undefined
    call.carry = false
    return false
  }

  /** CX words from the segment that the descriptor at ES:SI + 10h names to that of the one at + 18h. */
  const blockMove = (call: FirmwareCall): void => {
    const base = (descriptor: number): number => {
      const at = call.inEs(call.si + descriptor)
      return (memory.read16(at + 2) | (memory.read8(at + 4) << 16) | (memory.read8(at + 7) << 24)) >>> 0
    }
    const before = keyboard.a20
    keyboard.setA20(true)
    memory.writeBytes(base(0x18), memory.readBytes(base(0x10), call.cx * 2))
    keyboard.setA20(before)
    call.ah = 0
    call.carry = false
    call.zero = true
  }

  const functions: Readonly<Record<number, (call: FirmwareCall) => boolean | void>> = {
    0x24: a20,
    // Keyboard intercept: the scan code in AL is to be used as it is.
    0x4f: (call) => {
      call.returnFlags |= CF
    },
    0x53: apm,
    0x83: events.wait,
    // SysRq was pressed or let go: nobody wants to know.
    0x85: succeed,
    0x86: wait,
    0x87: blockMove,
    0x88: (call) => {
      if (quirks.noMemorySizes === true) {
        unsupported(call)
        return
      }
      call.ax = Math.min(extendedKib, 63 * KIB)
      call.carry = false
    },
    0x89: (call) => {
      if (host.model.name === '8086') {
        unsupported(call)
        return
      }
      keyboard.setA20(true)
      // The interrupts of both 8259A from BH and BL on; all are masked.
      for (const [port, base, wiring] of [[0x20, call.bh, 0x04], [0xa0, call.bl, 0x02]] as const) {
        for (const [i, value] of [0x11, base, wiring, 0x01, 0xff].entries()) host.ports.write8(i === 0 ? port : port + 1, value)
      }
      memory.writeBytes(call.inEs(call.si + BIOS_DESCRIPTOR.at), Uint8Array.from(BIOS_DESCRIPTOR.bytes))
      call.bp = call.returnIp
      call.returnCs = ROM_SEGMENT
      call.returnIp = ENTER_PROTECTED_OFFSET
      call.interrupts = false
    },
    0x8a: (call) => {
      call.dx = Math.floor(extendedKib / 0x10000)
      call.ax = extendedKib % 0x10000
      call.carry = false
    },
    // A device is waited for, or has done its work: hooks of a multitasking program.
    0x90: succeed,
    0x91: succeed,
    0xc0: (call) => {
      call.es = ROM_SEGMENT
      call.bx = CONFIGURATION_OFFSET
      call.ah = 0
      call.carry = false
    },
    0xc1: (call) => {
      call.es = EBDA >> 4
      call.carry = false
    },
    0xc2: pointing.service,
    0xe8: (call) => {
      if (call.al === 0x20) e820(call)
      else if (call.al === 0x01 && quirks.noMemorySizes !== true) e801(call)
      else if (call.al === 0x81 && quirks.noMemorySizes !== true) e881(call)
      else unsupported(call)
    },
  }

  return (call) => {
    const service = functions[call.ah]
    if (service) return service(call)
    unsupported(call)
  }
}
