/** What a guest that waits costs the host: processor time of this process while a machine in a worker thread, paced in real time, has nothing to do. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { startMachine } from '../../src/main/emulator/host/handle'
import type { BootMedium } from '../../src/shared/machine-schemas'
import { screenLines } from '../../src/shared/screen-text'
import { hasSyslinux, syslinuxFloppy } from '../boot/ladder'
import { shellImage } from '../boot/linux-shell'
import { buildEmulatorWorker } from '../support/emulator-worker'
import { debianLinuxPackage } from '../support/linux'
import { requireTool } from '../support/tools'

export interface Waiting {
  readonly name: string
  readonly image: Uint8Array
  readonly medium: BootMedium
  readonly memoryBytes: number
  readonly keys?: string
  /** It waits from when the screen or COM1 shows this; absent: from the first second on. */
  readonly from?: string
}

export interface IdleCost {
  readonly name: string
  /** Of one core, in percent. */
  readonly percent: number
}

/** Until the host has compiled what a waiting machine executes now and then: what it costs for hours is asked for. */
const SETTLE_MS = 10_000
const LONGEST_BOOT_MS = 240_000
const SMALL = 4 << 20
const RESCUE = '/usr/lib/grub-rescue/grub-rescue-floppy.img'
/** As a loader that asks for a key shows it. */
const SYSLINUX = 'PROMPT 1\nTIMEOUT 0\nDEFAULT none\nLABEL none\n LOCALBOOT 0\n'

function bootSector(name: string, code: readonly number[]): Waiting {
  const image = new Uint8Array(512)
  image.set(code)
  image.set([0x55, 0xaa], 510)
  return { name, image, medium: 'disk', memoryBytes: SMALL }
}

/** sti; hlt; jmp back, with timer 0 at 1193182 / `divisor` Hz. */
const halted = (name: string, divisor: number): Waiting => bootSector(name, [0xb0, 0x34, 0xe6, 0x43, 0xb0, divisor & 0xff, 0xe6, 0x40, 0xb0, divisor >> 8, 0xe6, 0x40, 0xfb, 0xf4, 0xeb, 0xfd])

export async function waitingGuests(): Promise<Waiting[]> {
  const guests = [
    halted('HLT, timer at 18.2 Hz', 0xffff), halted('HLT, timer at 100 Hz', 11932), halted('HLT, timer at 1000 Hz', 1193),
    // mov ah,1; int 16h; jmp back
    bootSector('asks INT 16h AH=01h for keys', [0xb4, 0x01, 0xcd, 0x16, 0xeb, 0xfa]),
    // mov ah,0; int 16h; jmp back
    bootSector('waits in INT 16h AH=00h', [0xb4, 0x00, 0xcd, 0x16, 0xeb, 0xfa]),
  ]
  if (hasSyslinux()) guests.push({ name: 'syslinux, prompt', image: syslinuxFloppy(SYSLINUX, []), medium: 'floppy', memoryBytes: 64 << 20, from: 'boot:' })
  const rescue = readFileIfThere(RESCUE)
  if (rescue) guests.push({ name: 'GRUB, prompt', image: rescue, medium: 'floppy', memoryBytes: 64 << 20, keys: 'c', from: 'grub>' })
  const [linux, busybox] = [debianLinuxPackage(), requireTool('busybox')]
  if (linux && busybox !== undefined) guests.push({ name: 'Linux, shell', image: await shellImage(new Uint8Array(readFileSync(busybox)), linux), medium: 'disk', memoryBytes: 256 << 20, from: '[ttyS0] ' })
  return guests
}

function readFileIfThere(path: string): Uint8Array | undefined {
  try {
    return new Uint8Array(readFileSync(path))
  } catch {
    return undefined
  }
}

/** @param milliseconds how long each is looked at */
export async function measureIdle(guests: readonly Waiting[], milliseconds: number, onCost: (cost: IdleCost) => void): Promise<void> {
  const worker = await buildEmulatorWorker()
  try {
    for (const guest of guests) onCost({ name: guest.name, percent: await costOf(guest, milliseconds, worker.url) })
  } finally {
    await worker.remove()
  }
}

async function costOf({ image, medium, memoryBytes, keys, from }: Waiting, milliseconds: number, workerUrl: URL): Promise<number> {
  let serial = ''
  let lines: readonly string[] = []
  let ended: string | undefined
  const machine = startMachine({ image, medium, memoryBytes, backend: 'interp', pace: 'realtime', keys }, {
    screen: (screen) => void (lines = screenLines(screen)),
    serial: (_port, bytes) => void (serial += Buffer.from(bytes).toString('latin1')),
    state: () => undefined,
    end: ({ summary }) => void (ended = summary),
  }, workerUrl)
  try {
    const limit = performance.now() + LONGEST_BOOT_MS
    while (from !== undefined && !lines.join('\n').includes(from) && !serial.includes(from)) {
      if (ended !== undefined || performance.now() > limit) throw new Error(`The guest never showed "${from}": ${ended ?? lines.join('\n')}`)
      await sleep(100)
    }
    await sleep(SETTLE_MS)
    const [before, started] = [process.cpuUsage(), performance.now()]
    await sleep(milliseconds)
    const { user, system } = process.cpuUsage(before)
    if (ended !== undefined) throw new Error(`The guest did not wait: ${ended}`)
    return (user + system) / 10 / (performance.now() - started)
  } finally {
    machine.stop()
  }
}
