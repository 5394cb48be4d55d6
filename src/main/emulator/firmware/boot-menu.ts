/** The boot menu: offered for a moment before INT 19h, if somebody asked for it. */
import { TICKS_PER_MILLISECOND } from '../machine/clock'
import type { Disk } from '../machine/disk'
import type { FirmwareHost, Service } from './context'
import type { KeyboardFirmware } from './keyboard'
import type { TextConsole } from './text-console'

/** As long as SeaBIOS waits for the key. */
const OFFER_TICKS = 2500 * TICKS_PER_MILLISECOND
const ESCAPE = 0x011b
const F12 = 0x8600
const FIRST_DIGIT = 0x31
const MIB = 1 << 20
const KIB = 1024

export interface MenuParts {
  readonly host: Pick<FirmwareHost, 'now'>
  readonly console: Pick<TextConsole, 'print'>
  readonly keyboard: Pick<KeyboardFirmware, 'next'>
  /** What can be booted, the first one first. */
  readonly drives: readonly Disk[]
  /** Hears which of them is to be booted first. */
  readonly chosen: (disk: Disk) => void
}

/** The menu as a service that waits: true until a drive is chosen, or nobody wants to. `reset`: it is offered anew. */
export function bootMenu({ host, console, keyboard, drives, chosen }: MenuParts): { reset: () => void; service: Service } {
  let offeredUntil: number | undefined
  let isOpen = false

  const offer = (): boolean => {
    if (offeredUntil === undefined) {
      offeredUntil = host.now() + OFFER_TICKS
      console.print('Press ESC or F12 for the boot menu.\r\n')
    }
    const key = keyboard.next()
    if (key === ESCAPE || key === F12) {
      isOpen = true
      console.print(`\r\nSelect what to boot:\r\n\r\n${drives.map((disk, i) => `${i + 1}. ${nameOf(disk)}\r\n`).join('')}\r\nESC boots the first one.\r\n`)
      return true
    }
    return host.now() < offeredUntil
  }

  const choose = (): boolean => {
    const key = keyboard.next()
    if (key === undefined) return true
    const disk = drives[(key & 0xff) - FIRST_DIGIT]
    if (disk) chosen(disk)
    return !disk && key !== ESCAPE
  }

  return {
    reset: () => {
      offeredUntil = undefined
      isOpen = false
    },
    service: () => (isOpen ? choose() : offer()),
  }
}

/** Such as `Hard disk 80h, 64 MiB`. */
function nameOf({ medium, drive, sectors, sectorBytes }: Disk): string {
  const bytes = sectors * sectorBytes
  const size = bytes < 4 * MIB ? `${Math.round(bytes / KIB)} KiB` : `${Math.round(bytes / MIB)} MiB`
  const name = { floppy: 'Diskette', disk: 'Hard disk', cd: 'CD' }[medium]
  return `${name} ${drive.toString(16).toUpperCase().padStart(2, '0')}h, ${size}`
}
