/** Debian's Linux in Bootlab's own PC, with shells on its serial console and on its screen, and a person who uses them. */
import { TICKS_PER_SECOND } from '../../src/main/emulator/machine/clock'
import type { ExtraDrive } from '../../src/main/emulator/machine/drives'
import { Machine, type Outcome } from '../../src/main/emulator/machine/machine'
import { unpackedLinux } from '../../src/main/services/unpacked-linux'
import { screenLines } from '../../src/shared/screen-text'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { archive, type ArchiveFile, type DebianLinux, DRIVER_MODULES, FILE_MODE } from '../support/linux'
import { imageOf } from './qemu-judge'

const MEMORY_MIB = 192
export const COMMAND_LINE = 'console=tty0 console=ttyS0 quiet panic=-1 cryptomgr.notests "two words"'
export const SECOND_ARCHIVE = 'from the second archive\n'
/** Virtual time that a step may take; a boot takes 9 s. */
const STEP_SECONDS = 60

const INIT = `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in ${DRIVER_MODULES.join(' ')}; do insmod /modules/$module.ko; done
for tty in tty1 ttyS0; do
  PS1="[$tty] " setsid sh -c "exec sh -i <>/dev/$tty >&0 2>&1" &
done
while :; do sleep 1000; done
`

function initialDisk(busybox: Uint8Array, linux: DebianLinux): Uint8Array {
  return archive([
    ...['bin', 'dev', 'mnt', 'modules', 'proc', 'sys'].map((path): ArchiveFile => ({ path, mode: FILE_MODE.folder, bytes: new Uint8Array() })),
    { path: 'dev/console', mode: FILE_MODE.device, bytes: new Uint8Array(), device: [5, 1] },
    { path: 'bin/busybox', mode: FILE_MODE.program, bytes: busybox },
    ...DRIVER_MODULES.map((name): ArchiveFile => ({ path: `modules/${name}.ko`, mode: FILE_MODE.file, bytes: linux.module(name) })),
    { path: 'init', mode: FILE_MODE.program, bytes: new TextEncoder().encode(INIT) },
  ])
}

/** The kernel, unpacked, with two archives, on a disk whose only partition has FAT. */
export async function shellImage(busybox: Uint8Array, linux: DebianLinux): Promise<Uint8Array> {
  const second = archive([{ path: 'second.txt', mode: FILE_MODE.file, bytes: new TextEncoder().encode(SECOND_ARCHIVE) }])
  const modules = [initialDisk(busybox, linux), second].map((bytes) => ({ bytes, commandLine: '' }))
  return imageOf(await unpackedLinux(linux.kernel, 'vmlinuz'), COMMAND_LINE, { modules, image: { fileSystem: 'fat16' } })
}

/** A person at keyboard and serial line. */
export class Operator {
  readonly machine: Machine
  readonly #deadline: number
  serial = ''
  outcome: Outcome | undefined

  /** @param wallLimitMs of the host's time, for a guest that goes astray */
  constructor(image: Uint8Array, wallLimitMs: number, { processors = 1, drives = [] }: { processors?: number; drives?: readonly ExtraDrive[] } = {}) {
    this.#deadline = Date.now() + wallLimitMs
    this.machine = new Machine({
      image,
      drives,
      memoryBytes: MEMORY_MIB << 20,
      backend: DEFAULT_BACKEND,
      processors,
      startDate: Date.UTC(2026, 0, 1),
      onReset: 'end',
      onSerial: (byte) => (this.serial += String.fromCharCode(byte)),
      onDebugConsole: () => undefined,
    })
  }

  get screen(): string {
    return screenLines(this.machine.screen).join('\n')
  }

  /** Lets the machine run until it is so. */
  until(reached: () => boolean): void {
    const slice = TICKS_PER_SECOND / 100
    for (let time = 0; !reached(); time += slice) {
      if (this.outcome || time > STEP_SECONDS * TICKS_PER_SECOND || Date.now() > this.#deadline) throw new Error(`It did not come to that. The screen:\n${this.screen}\nCOM1:\n${this.serial}`)
      this.outcome = this.machine.run(slice)
    }
  }

  send(line: string): void {
    this.machine.connectors.serial.com1.receive(new TextEncoder().encode(`${line}\n`))
  }

  /** Small letters and blanks. */
  type(line: string): void {
    const { keyboard } = this.machine.kbc
    const codes = [...line].map((letter) => (letter === ' ' ? 'Space' : `Key${letter.toUpperCase()}`))
    for (const code of [...codes, 'Enter']) {
      this.until(() => keyboard.hasRoom)
      for (const down of [true, false]) keyboard.key(code, down)
    }
  }
}
