/** A real BIOS that a person names: its file, and that of the display's BIOS. */
import { readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { LabError } from '../../shared/failure'
import { MAX_BIOS_BYTES, romProblem, type Roms } from '../emulator/machine/roms'

export type { Roms }

/** What Debian, QEMU and SeaBIOS call the BIOS of the standard VGA, the one of its PCI function first. */
const VGA_NAMES = ['vgabios-stdvga.bin', 'vgabios.bin'] as const

/**
 * The ROMs of a machine. Without `vga`, the display's BIOS is taken from beside the BIOS, where there is one.
 * @throws LabError when a file cannot be read, or is no such ROM
 */
export async function readRoms(bios: string, vga?: string): Promise<Roms> {
  const roms = { bios: await readRom(bios), vga: vga === undefined ? await vgaBeside(bios) : await readRom(vga) }
  const what = romProblem(roms)
  if (what === undefined) return roms
  throw new LabError({ code: 'bad-input', what, where: bios, next: 'Name a BIOS such as SeaBIOS (/usr/share/seabios/bios-256k.bin), or leave it out: Bootlab has its own.' })
}

async function vgaBeside(bios: string): Promise<Uint8Array | undefined> {
  for (const name of VGA_NAMES) {
    const path = join(dirname(bios), name)
    const found = await stat(path).catch((error: unknown) => {
      if (isSystemError(error) && error.code === 'ENOENT') return undefined
      throw error
    })
    if (found) return readRom(path)
  }
  return undefined
}

async function readRom(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path)
    if (size > MAX_BIOS_BYTES) throw new LabError({ code: 'bad-input', what: `The file has ${size} bytes, and the largest ROM ${MAX_BIOS_BYTES}.`, where: path, next: 'Name the file of a BIOS.' })
    return new Uint8Array(await readFile(path))
  } catch (error) {
    if (!isSystemError(error)) throw error
    throw new LabError({ code: 'bad-input', what: `The firmware cannot be read: ${error.message}.`, where: path, next: 'Name the file of a BIOS.' }, { cause: error })
  }
}

const isSystemError = (error: unknown): error is Error & { code: unknown } => error instanceof Error && !(error instanceof LabError) && 'code' in error
