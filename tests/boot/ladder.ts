/** Boot loaders of Debian on our own firmware, with QEMU beside it: what the rungs of the ladder share. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Typist } from '../../src/main/emulator/host/typist'
import { TICKS_PER_MILLISECOND, TICKS_PER_SECOND } from '../../src/main/emulator/machine/clock'
import type { ExtraDrive } from '../../src/main/emulator/machine/drives'
import { type BackendName, Machine, type Outcome } from '../../src/main/emulator/machine/machine'
import type { Roms } from '../../src/main/emulator/machine/roms'
import type { BootMedium, Screen } from '../../src/shared/machine-schemas'
import { screenLines } from '../../src/shared/screen-text'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { requireTool } from '../support/tools'

/** Milliseconds of the guest's time between two looks at its screen. */
const LOOK_MS = 20
const FLOPPY_BYTES = 1_474_560
const DISK_BYTES = 4 << 20

/** What is typed once the screen or COM1 shows the text. */
export interface Step {
  readonly afterText: string
  readonly keys: string
}

export interface Rung {
  readonly image: Uint8Array
  readonly medium: BootMedium
  readonly drives?: readonly ExtraDrive[]
  readonly memoryMib?: number
  /** A real BIOS in the place of our own. */
  readonly roms?: Roms
  readonly backend?: BackendName
  readonly steps?: readonly Step[]
  /** The run ends when the screen or COM1 shows it; without it, when the machine ends. */
  readonly untilText?: string | undefined
  /** Of the guest's time. */
  readonly seconds: number
  /** Of the host's processor, after which it ends, too. */
  readonly mostHostSeconds?: number
}

export interface Climb {
  readonly outcome: Outcome | undefined
  /** Lines of the screen. */
  readonly lines: readonly string[]
  readonly serial: string
  readonly screen: Screen
  /** Of the guest's time, and of the host's processor. */
  readonly guestSeconds: number
  readonly hostSeconds: number
}

/** Climbs until the text is there, the machine ends, or the time is over. */
export function climb({ image, medium, drives, memoryMib = 64, roms, backend = DEFAULT_BACKEND, steps = [], untilText, seconds, mostHostSeconds = Infinity }: Rung): Climb {
  let serial = ''
  const machine = new Machine({
    image, medium, drives, roms, memoryBytes: memoryMib << 20, backend, startDate: Date.UTC(2026, 0, 1, 12),
    onSerial: (byte) => (serial += String.fromCharCode(byte)),
    onDebugConsole: (byte) => (serial += String.fromCharCode(byte)),
  })
  const typist = new Typist(machine)
  const left = [...steps]
  const start = process.cpuUsage().user
  const lines = (): readonly string[] => screenLines(machine.textScreen)
  const hostSeconds = (): number => (process.cpuUsage().user - start) / 1e6
  let outcome: Outcome | undefined
  while (outcome === undefined && machine.now < seconds * TICKS_PER_SECOND && hostSeconds() < mostHostSeconds) {
    outcome = machine.run(LOOK_MS * TICKS_PER_MILLISECOND)
    const shown = lines().join('\n')
    const [next] = left
    if (next !== undefined && !typist.pending && (shown.includes(next.afterText) || serial.includes(next.afterText))) {
      left.shift()
      typist.type(next.keys)
    }
    if (untilText !== undefined && left.length === 0 && (shown.includes(untilText) || serial.includes(untilText))) break
  }
  return { outcome, lines: lines(), serial, screen: machine.screen, guestSeconds: machine.now / TICKS_PER_SECOND, hostSeconds: hostSeconds() }
}

/** One line for whoever reads the test's output. */
export function told(name: string, { guestSeconds, hostSeconds }: Climb, qemuSeconds?: number): string {
  const qemu = qemuSeconds === undefined ? '' : `, QEMU ${qemuSeconds.toFixed(1)} s`
  return `${name}: ${guestSeconds.toFixed(1)} s of the guest's time, ${hostSeconds.toFixed(1)} s of the processor's${qemu}`
}

/** A file of a Debian package; undefined when it is missing on a developer's machine. */
export function debianFile(path: string, packageName: string): string | undefined {
  if (existsSync(path)) return path
  if (process.env['CI']) throw new Error(`${path} is missing, and CI needs it as a judge: install ${packageName}.`)
  return undefined
}

const MODULES = '/usr/lib/syslinux/modules/bios'

/** Whether everything is there that `syslinuxFloppy` needs. */
export function hasSyslinux(): boolean {
  return ['syslinux', 'mformat', 'mcopy'].every((tool) => requireTool(tool) !== undefined) && debianFile(join(MODULES, 'menu.c32'), 'syslinux-common') !== undefined
}

/** A diskette with syslinux. @param modules names of its modules @param files by name: further files, or paths of such */
export function syslinuxFloppy(configuration: string, modules: readonly string[], files: Readonly<Record<string, string>> = {}): Uint8Array {
  return inFolder((folder) => {
    const image = join(folder, 'floppy.img')
    writeFileSync(image, '')
    truncateSync(image, FLOPPY_BYTES)
    execFileSync('mformat', ['-i', image, '-f', '1440', '::'])
    execFileSync('syslinux', ['--install', image])
    const settings = join(folder, 'syslinux.cfg')
    writeFileSync(settings, configuration)
    const copies = [...modules.map((name) => [join(MODULES, `${name}.c32`), `${name}.c32`] as const), ...Object.entries(files).map(([name, path]) => [path, name] as const), [settings, 'syslinux.cfg'] as const]
    for (const [from, to] of copies) execFileSync('mcopy', ['-i', image, from, `::${to}`])
    return new Uint8Array(readFileSync(image))
  })
}

/** A hard disk of 4 MiB with a FAT file system and nothing before it. @param files by name: their bytes */
export function fatDisk(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  return inFolder((folder) => {
    const image = join(folder, 'disk.img')
    writeFileSync(image, '')
    truncateSync(image, DISK_BYTES)
    execFileSync('mformat', ['-i', image, '-T', String(DISK_BYTES / 512), '-h', '16', '-s', '63', '::'])
    for (const [name, bytes] of Object.entries(files)) {
      writeFileSync(join(folder, name), bytes)
      execFileSync('mcopy', ['-i', image, join(folder, name), `::${name}`])
    }
    return new Uint8Array(readFileSync(image))
  })
}

/** Does something in a folder of its own that is gone afterwards. */
export function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'bootlab-ladder-'))
  try {
    return work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
