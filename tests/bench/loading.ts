/**
 * How fast the loader reads: a module of 40 MiB, from raw sectors, FAT16 and FAT32, in QEMU and in Bootlab's own PC, and GRUB's reading of the same
 * module from its own CD image as a hard disk in the same QEMU. What a boot with an empty module takes is subtracted.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TICKS_PER_SECOND } from '../../src/main/emulator/machine/clock'
import { Machine } from '../../src/main/emulator/machine/machine'
import { assembleLoader, buildDiskImage } from '../../src/main/image'
import type { ImageOptions } from '../../src/main/image/disk-content'
import { assembleFlat } from '../../src/main/toolchain/assemble-flat'
import { grubCd, hasGrub } from '../support/grub'
import { bootInQemu, findQemu } from '../support/qemu'

export const LOADED_MIB = 40

export interface LoadingFigure {
  loader: 'Bootlab' | 'GRUB'
  machine: 'QEMU' | 'own PC'
  volume: string
  mibPerSecond: number
}

const VOLUMES: Readonly<Record<string, Partial<ImageOptions>>> = {
  'raw sectors': { fileSystem: 'none', firmware: 'bios' },
  FAT16: { fileSystem: 'fat16', firmware: 'bios' },
  FAT32: { fileSystem: 'fat32', firmware: 'bios' },
}

/** A Multiboot kernel that ends the machine at once; its addresses stand in its header. */
const KERNEL = `.code32
header: .long 0x1badb002, 0x10000, -(0x1badb002 + 0x10000), header, header, 0, 0, start
start: movb $0x10, %al
  movw $0xf4, %dx
  outb %al, %dx
1: hlt
  jmp 1b
`

/** Seconds from a machine's start to its end. */
type Runner = (image: Uint8Array) => Promise<number>

async function inQemu(image: Uint8Array): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'bootlab-loading-'))
  try {
    const path = join(folder, 'disk.img')
    writeFileSync(path, image)
    const start = performance.now()
    // A chipset whose disk the BIOS reads by DMA, as those of the last twenty years.
    const { exit } = await bootInQemu(path, { timeoutMs: 120_000, memory: '256M', args: ['-machine', 'q35'] })
    if (exit.reason !== 'debug-exit') throw new Error(`The kernel was not started in QEMU: ${exit.reason}.`)
    return (performance.now() - start) / 1000
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function inOwnPc(image: Uint8Array): Promise<number> {
  const machine = new Machine({ image, memoryBytes: 256 << 20, backend: 'interp', startDate: Date.UTC(2026, 0, 1), onSerial: () => undefined, onDebugConsole: () => undefined })
  const start = performance.now()
  for (let outcome = machine.run(TICKS_PER_SECOND / 100); ; outcome = machine.run(TICKS_PER_SECOND / 100)) {
    if (outcome?.reason === 'debug-exit') return (performance.now() - start) / 1000
    if (outcome !== undefined || performance.now() - start > 120_000) throw new Error(`The kernel was not started in our PC: ${outcome?.reason ?? 'no end'}.`)
  }
}

/** The best of several: other programs only make it slower. */
async function speedOf(run: Runner, imageWith: (module: Uint8Array) => Promise<Uint8Array>, rounds: number): Promise<number> {
  const best = async (image: Uint8Array): Promise<number> => {
    let least = Infinity
    for (let round = 0; round < rounds; round++) least = Math.min(least, await run(image))
    return least
  }
  const content = Uint8Array.from({ length: LOADED_MIB << 20 }, (_, index) => (index * 31) >>> 7)
  const without = await best(await imageWith(new Uint8Array(1)))
  return LOADED_MIB / ((await best(await imageWith(content))) - without)
}

export async function measureLoading(rounds: number, say: (figure: LoadingFigure) => void): Promise<void> {
  const loader = await assembleLoader(assembleFlat)
  const kernel = await assembleFlat({ sources: [{ name: 'kernel.S', text: KERNEL }], linkerScript: 'SECTIONS { . = 0x100000; .text : { *(.text) } }', defines: {} })
  const machines: [LoadingFigure['machine'], Runner][] = [...(findQemu() === undefined ? [] : [['QEMU', inQemu] as [LoadingFigure['machine'], Runner]]), ['own PC', inOwnPc]]
  for (const [machine, run] of machines) {
    for (const [volume, image] of Object.entries(VOLUMES)) {
      const imageWith = async (bytes: Uint8Array): Promise<Uint8Array> => (await buildDiskImage({ kernel, loader, modules: [{ bytes, commandLine: '' }], image })).image
      say({ loader: 'Bootlab', machine, volume, mibPerSecond: await speedOf(run, imageWith, rounds) })
    }
    if (machine === 'QEMU' && hasGrub()) {
      const imageWith = async (bytes: Uint8Array): Promise<Uint8Array> => grubCd({ kernel, multiboot: 1, commandLine: '', modules: [{ bytes, commandLine: '' }] })
      say({ loader: 'GRUB', machine, volume: 'ISO 9660 on a disk', mibPerSecond: await speedOf(run, imageWith, rounds) })
    }
  }
}
