/** Runs a program of BIOS calls here and in QEMU, whose SeaBIOS is the judge. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BootMedium } from '../../../shared/machine-schemas'
import { type BackendName, Machine } from '../machine/machine'

/** QEMU's kinds of drive. */
const QEMU_DRIVES: Readonly<Record<BootMedium, string>> = { disk: 'if=ide', floppy: 'if=floppy', cd: 'if=ide,media=cdrom,readonly=on' }

export interface BiosProgram {
  readonly image: Uint8Array
  readonly medium: BootMedium
}

/** What it writes to port E9h. @param ticks virtual time that it may take */
export function outputHere(backend: BackendName, { image, medium }: BiosProgram, ticks: number): Uint8Array {
  const output: number[] = []
  const machine = new Machine({
    image, medium, memoryBytes: 128 << 20, backend, startDate: Date.UTC(2026, 0, 1, 12), onSerial: () => undefined, onDebugConsole: (byte) => output.push(byte),
  })
  const outcome = machine.run(ticks)
  if (outcome?.reason !== 'debug-exit' || outcome.value !== 0) throw new Error(`The program did not come to its end: ${JSON.stringify(outcome)}.`)
  return Uint8Array.from(output)
}

/** The same in QEMU. @param qemu path of qemu-system-x86_64 */
export function outputInQemu(qemu: string, { image, medium }: BiosProgram): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'bootlab-bios-'))
  try {
    const path = join(folder, 'disk.img')
    const output = join(folder, 'output')
    writeFileSync(path, image)
    const exit = ['-device', 'isa-debug-exit,iobase=0xf4,iosize=1']
    const quiet = ['-display', 'none', '-monitor', 'none', '-serial', 'null', '-parallel', 'none', '-net', 'none', '-no-reboot']
    spawnSync(qemu, ['-drive', `${QEMU_DRIVES[medium]},format=raw,file=${path}`, '-m', '128M', '-debugcon', `file:${output}`, ...exit, ...quiet], { timeout: 50_000 })
    return new Uint8Array(readFileSync(output))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
