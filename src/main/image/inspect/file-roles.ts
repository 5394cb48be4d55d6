/** What the files of a volume are for, as the boot configuration and their names say. */
import type { PieceRole } from '../../../shared/image-explorer'
import { CONFIG_PATH, type ConfigEntry, parseBootConfig } from '../boot-config'
import { factList } from './facts'
import type { Told } from './region'
import type { Volume, VolumeFile } from './volumes'
import { attempt } from './why-not'

export const VOLUME_ROLES: Readonly<Record<Volume['kind'], PieceRole>> = { FAT12: 'fat-volume', FAT16: 'fat-volume', FAT32: 'fat-volume', 'ISO 9660': 'iso-volume', 'Bootlab raw volume': 'raw-volume' }

/** Where UEFI firmware looks for a program to start (UEFI specification 2.10, 3.5.1.1). */
const UEFI_PROGRAM = /^\/efi\/boot\/boot\w+\.efi$/i

/** By path in small letters; the first entry that names a file counts. */
export type FileRoles = ReadonlyMap<string, Told>

export function fileRoles({ configuration }: Volume, where: string): FileRoles {
  const roles = new Map<string, Told>()
  const entries = configuration && attempt(() => parseBootConfig(configuration.text, `${where}, ${configuration.where}`)).value?.entries
  for (const entry of entries ?? []) {
    note(roles, entry.kernel, { role: 'kernel', facts: kernelFacts(entry) })
    for (const { path, commandLine } of entry.modules) note(roles, path, { role: 'module', facts: factList({ 'command-line': commandLine || undefined }) })
  }
  return roles
}

function note(roles: Map<string, Told>, path: string, told: Told): void {
  const key = path.toLowerCase()
  if (!roles.has(key)) roles.set(key, told)
}

function kernelFacts({ title, protocol, commandLine }: ConfigEntry): Told['facts'] {
  return factList({ title, protocol, 'command-line': commandLine || undefined })
}

export function toldOfFile({ path, directory, bytes, extents, problem }: VolumeFile, roles: FileRoles): Told {
  if (directory) return {}
  const known: Told = roles.get(path.toLowerCase()) ?? { role: path.toLowerCase() === CONFIG_PATH ? 'boot-configuration' : UEFI_PROGRAM.test(path) ? 'uefi-program' : 'file' }
  return { ...known, facts: [...(known.facts ?? []), ...factList({ 'file-bytes': bytes, fragments: extents.length > 1 ? extents.length : undefined })], remarks: problem === undefined ? [] : [`It cannot be read whole: ${problem}.`] }
}
