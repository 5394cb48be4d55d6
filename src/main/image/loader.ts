/** Builds the boot loader from its sources in resources/loader. They travel inside the bundle, so nothing is looked up at run time. */
import a20 from '../../../resources/loader/a20.c?raw'
import bootloaderCrate from '../../../resources/loader/bootloader_crate.c?raw'
import consoleSource from '../../../resources/loader/console.c?raw'
import descriptor from '../../../resources/loader/descriptor.c?raw'
import disk from '../../../resources/loader/disk.c?raw'
import elf from '../../../resources/loader/elf.c?raw'
import elf64 from '../../../resources/loader/elf64.c?raw'
import firmware from '../../../resources/loader/firmware.c?raw'
import flat from '../../../resources/loader/flat.c?raw'
import graphics from '../../../resources/loader/graphics.c?raw'
import handoff from '../../../resources/loader/handoff.c?raw'
import main from '../../../resources/loader/main.c?raw'
import memory from '../../../resources/loader/memory.c?raw'
import modules from '../../../resources/loader/modules.c?raw'
import multiboot from '../../../resources/loader/multiboot.c?raw'
import multiboot1 from '../../../resources/loader/multiboot1.c?raw'
import multiboot2 from '../../../resources/loader/multiboot2.c?raw'
import paging from '../../../resources/loader/paging.c?raw'
import program from '../../../resources/loader/program.c?raw'
import reserve from '../../../resources/loader/reserve.c?raw'
import loaderHeader from '../../../resources/loader/loader.h?raw'
import stage1Script from '../../../resources/loader/stage1.ld?raw'
import stage1 from '../../../resources/loader/stage1.S?raw'
import stage2Script from '../../../resources/loader/stage2.ld?raw'
import stage2 from '../../../resources/loader/stage2.S?raw'
import type { AssemblerFn, FlatProgram } from './assembler'
import { ImageError } from './errors'
import { LOADER_DEFINES, MAX_STAGE2_SECTORS, SECTOR_BYTES } from './layout'

/** The loader's two binaries as they come from the linker; buildDiskImage completes them. */
export interface LoaderBinaries {
  /** One sector. */
  stage1: Uint8Array
  /** Up to 96 KiB, with its data. */
  stage2: Uint8Array
}

/** Any 80486 runs the loader's C; it decides itself what the processor can do. */
const FLAGS = [
  '-std=c23',
  '-Os',
  '-march=i486',
  '-mno-mmx',
  '-mno-sse',
  '-msoft-float',
  '-ffreestanding',
  '-fno-pic',
  '-fomit-frame-pointer',
  '-fno-stack-protector',
  '-fno-asynchronous-unwind-tables',
  '-fno-unwind-tables',
]

/** Linker scripts see the layout's numbers as symbols. */
function withLayout(script: string): string {
  const assignments = Object.entries(LOADER_DEFINES).map(([name, value]) => `${name} = ${value};`)
  return `${assignments.join('\n')}\n${script}`
}

/** What is compiled, as the assembler function receives it. */
export const LOADER_PROGRAMS: Readonly<Record<keyof LoaderBinaries, FlatProgram>> = {
  stage1: {
    sources: [{ name: 'stage1.S', text: stage1 }],
    linkerScript: withLayout(stage1Script),
    defines: { ...LOADER_DEFINES },
    flags: FLAGS,
  },
  stage2: {
    sources: [
      { name: 'loader.h', text: loaderHeader },
      { name: 'stage2.S', text: stage2 },
      { name: 'a20.c', text: a20 },
      { name: 'bootloader_crate.c', text: bootloaderCrate },
      { name: 'console.c', text: consoleSource },
      { name: 'descriptor.c', text: descriptor },
      { name: 'disk.c', text: disk },
      { name: 'elf.c', text: elf },
      { name: 'elf64.c', text: elf64 },
      { name: 'firmware.c', text: firmware },
      { name: 'flat.c', text: flat },
      { name: 'graphics.c', text: graphics },
      { name: 'handoff.c', text: handoff },
      { name: 'main.c', text: main },
      { name: 'memory.c', text: memory },
      { name: 'modules.c', text: modules },
      { name: 'multiboot.c', text: multiboot },
      { name: 'multiboot1.c', text: multiboot1 },
      { name: 'multiboot2.c', text: multiboot2 },
      { name: 'paging.c', text: paging },
      { name: 'program.c', text: program },
      { name: 'reserve.c', text: reserve },
    ],
    linkerScript: withLayout(stage2Script),
    defines: { ...LOADER_DEFINES },
    flags: FLAGS,
  },
}

/**
 * Assembles both stages.
 * @throws ImageError when a stage does not have the size it must have; what `run` rejects with passes through.
 */
export async function assembleLoader(run: AssemblerFn, signal?: AbortSignal): Promise<LoaderBinaries> {
  const [first, second] = await Promise.all([run(LOADER_PROGRAMS.stage1, signal), run(LOADER_PROGRAMS.stage2, signal)])
  if (first.length !== SECTOR_BYTES) throw wrongSize('stage1.S', first.length, `exactly ${SECTOR_BYTES}`)
  const limit = MAX_STAGE2_SECTORS * SECTOR_BYTES
  if (second.length === 0 || second.length > limit) throw wrongSize('stage2.S', second.length, `1 to ${limit}`)
  return { stage1: first, stage2: second }
}

function wrongSize(source: string, actual: number, wanted: string): ImageError {
  return new ImageError({
    what: `The boot loader came out with ${actual} bytes; ${wanted} are wanted.`,
    where: `resources/loader/${source}`,
    why: 'A loader of another size cannot be put on a disk.',
    next: 'Check that the compiler honours the flags it is given; in a checkout, that the loader’s sources are unchanged.',
  })
}
