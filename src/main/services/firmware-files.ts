/** Real firmware that a person names: a BIOS with the display's, or UEFI with its variables. */
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { LabError } from '../../shared/failure'
import { MAX_BIOS_BYTES, romProblem, type Roms } from '../emulator/machine/roms'

export type { Roms }

/** What Debian, QEMU and SeaBIOS call the BIOS of the standard VGA, the one of its PCI function first. */
const VGA_NAMES = ['vgabios-stdvga.bin', 'vgabios.bin'] as const

/** What Debian calls UEFI's code, and its variables beside it: OVMF_CODE_4M.fd, OVMF_VARS_4M.fd. */
const CODE_NAME = /CODE(?=[^/\\]*\.fd$)/

/**
 * The ROMs of a machine. Without `vga` and `variables`, the display's BIOS and the variables are taken from beside the BIOS, where they are.
 * @throws LabError when a file cannot be read, or is no such ROM
 */
export async function readRoms(bios: string, vga?: string, variables?: string): Promise<Roms> {
  const roms = {
    bios: await readRom(bios),
    vga: vga === undefined ? await besideOf(bios, VGA_NAMES) : await readRom(vga),
    variables: variables === undefined ? await besideOf(bios, variableNames(basename(bios))) : await readRom(variables),
  }
  const what = romProblem(roms)
  if (what === undefined) return roms
  throw new LabError({ code: 'bad-input', what, where: bios, next: 'Name a BIOS such as SeaBIOS (/usr/share/seabios/bios-256k.bin), or leave it out: Bootlab has its own.' })
}

const variableNames = (bios: string): string[] => (CODE_NAME.test(bios) ? [bios.replace(CODE_NAME, 'VARS')] : [])

/** The first of these files that is there. */
async function besideOf(bios: string, names: readonly string[]): Promise<Uint8Array | undefined> {
  for (const name of names) {
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
