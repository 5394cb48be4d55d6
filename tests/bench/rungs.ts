/**
 * The ladder of other people's boot loaders and systems: how long each rung takes to its criterion, on the screen or COM1, in our PC, in QEMU's translator and in
 * v86, the whole process of a boot included. Peers are looked at every 50 to 100 ms.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BackendName } from '../../src/main/emulator/machine/machine'
import type { BootMedium } from '../../src/shared/machine-schemas'
import { climb, debianFile, hasSyslinux, type Step, syslinuxFloppy } from '../boot/ladder'
import { shellImage } from '../boot/linux-shell'
import { watchQemu } from '../judges/boots-here/qemu'
import { debianLinuxPackage } from '../support/linux'
import { findTool, requireTool } from '../support/tools'
import { watchV86 } from './peers'

export interface BenchRung {
  readonly name: string
  readonly image: Uint8Array
  readonly medium: BootMedium
  readonly memoryMib: number
  readonly steps: readonly Step[]
  readonly untilText: string
  /** Of the guest's time here, of the host's in the peers. */
  readonly seconds: number
  /** Why v86 is not asked. */
  readonly notInV86?: string
}

export interface RungTimes {
  readonly name: string
  /** Of the host, in seconds; undefined: the text never came, or there is no such peer. */
  readonly ours: number | undefined
  readonly qemu: number | undefined
  /** A text: why it was not asked. */
  readonly v86: number | string | undefined
}

const SYSLINUX = 'DEFAULT menu.c32\nPROMPT 0\nLABEL memory\n MENU LABEL ^Memory map\n COM32 meminfo.c32\nLABEL graphics\n MENU LABEL ^Graphics modes\n COM32 vesainfo.c32\n'
const SYSLINUX_MODULES = ['menu', 'libutil', 'libcom32', 'libmenu', 'meminfo', 'vesainfo']
const MENU = 'Press [Tab] to edit options'
const TO_GRUB: Step = { afterText: 'The highlighted entry will be executed', keys: 'c' }
const LIST: Step = { afterText: 'grub>', keys: 'ls\n' }

export async function benchRungs(): Promise<BenchRung[]> {
  const rungs: BenchRung[] = []
  if (hasSyslinux()) {
    const image = syslinuxFloppy(SYSLINUX, SYSLINUX_MODULES)
    const common = { image, medium: 'floppy', memoryMib: 64, seconds: 60 } as const
    rungs.push({ name: 'syslinux, meminfo.c32', steps: [{ afterText: MENU, keys: 'm\n' }], untilText: 'INT 15h =', ...common }, { name: 'syslinux, vesainfo.c32', steps: [{ afterText: MENU, keys: 'g\n' }], untilText: '0x0118', ...common })
    const memtest = debianFile('/boot/memtest86+ia32.bin', 'memtest86+')
    if (memtest !== undefined) rungs.push({ name: 'memtest86+ to its screen', image: syslinuxFloppy('DEFAULT memtest\nPROMPT 0\nLABEL memtest\n LINUX memtest\n', [], { memtest }), medium: 'floppy', memoryMib: 8, steps: [], untilText: 'Memtest86+ v', seconds: 60, notInV86: 'crashes with so little memory' })
  }
  for (const [name, file, medium, drive] of [['GRUB, diskette, ls', 'floppy.img', 'floppy', '(fd0)'], ['GRUB, CD, ls', 'cdrom.iso', 'cd', '(cd)']] as const) {
    const path = debianFile(join('/usr/lib/grub-rescue', `grub-rescue-${file}`), 'grub-rescue-pc')
    if (path !== undefined) rungs.push({ name, image: new Uint8Array(readFileSync(path)), medium, memoryMib: 64, steps: [TO_GRUB, LIST], untilText: drive, seconds: 60 })
  }
  const [linux, busybox] = [debianLinuxPackage(), requireTool('busybox')]
  if (linux && busybox !== undefined) rungs.push({ name: 'Debian’s Linux to its shell', image: await shellImage(new Uint8Array(readFileSync(busybox)), linux), medium: 'disk', memoryMib: 256, steps: [], untilText: '[ttyS0] ', seconds: 300, notInV86: 'no 64-bit mode' })
  return rungs
}

export async function measureRung({ name, notInV86, ...rung }: BenchRung, backend: BackendName): Promise<RungTimes> {
  const start = performance.now()
  const run = climb({ ...rung, backend })
  const ours = run.lines.join('\n').includes(rung.untilText) || run.serial.includes(rung.untilText) ? (performance.now() - start) / 1000 : undefined
  const qemu = findTool('qemu-system-x86_64') === undefined ? undefined : await watchQemu({ ...rung, drives: [] })
  return { name, ours, qemu: qemu?.reached === true ? qemu.hostSeconds : undefined, v86: notInV86 ?? (await watchV86(rung)) }
}
