/** How Linux takes a drive for writing and gives it back. Sources: umount(8), blockdev(8), udisksctl(1), eject(1), Documentation/ABI/stable/sysfs-block. */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { allVolumes, type Drive } from '../../../shared/drives'
import { LabError } from '../../../shared/failure'
import { listDrives } from '../drives/list'
import type { DriveSystem } from './job'
import { ProgramError, type Run, runProgram } from './run'
import { openImage } from './source'
import type { SystemOptions } from './systems'
import { adoptDrive, openDrive } from './target'

export function linuxSystem({ descriptor, run = runProgram }: SystemOptions = {}): DriveSystem {
  return {
    platform: 'linux',
    list: listDrives,
    openImage,
    unmount: (drive) => unmount(drive, run),
    open: ({ path }) => (descriptor === undefined ? openDrive(path) : adoptDrive(descriptor, path)),
    sameMedium,
    release: async (drive) => {
      await rereadTable(drive, run)
      return eject(drive, run)
    },
  }
}

/** The innermost first: a folder below another mount point comes before it. */
async function unmount(drive: Drive, run: Run): Promise<void> {
  const points = allVolumes(drive).flatMap(({ mountPoints }) => mountPoints)
  for (const point of points.toSorted((a, b) => b.length - a.length)) {
    try {
      await run('umount', ['--', point])
    } catch (cause) {
      throw new LabError({ code: 'busy', what: `${point} cannot be unmounted.`, where: drive.path, why: `${cause instanceof Error ? cause.message.trim() : String(cause)} Files on it are open.`, next: 'Close the programs that use it (a terminal in that folder counts), and try again.' }, { cause })
    }
  }
}

/** The kernel counts media: another one in the same place has another number. */
async function sameMedium({ path, identity }: Drive): Promise<void> {
  const number = await readFile(`/sys/block/${basename(path)}/diskseq`, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  // A kernel before 5.15 has no number; the list of drives said so in the identity.
  if (number === undefined ? identity.startsWith('unnumbered') : identity.startsWith(`diskseq ${number.trim()}|`)) return
  throw new LabError({ code: 'gone', what: 'The drive was taken out while it was written.', where: path, why: 'Another medium may lie in its place now; nothing was written to that.', next: 'Plug the drive in again, and write the image again.' })
}

/**
 * udev has usually looked already, since the drive was open for writing: then the kernel answers that it is busy with it. An argument that is
 * invalid is the answer of a device that has no partitions (a loop device): there is nothing to look at.
 */
async function rereadTable({ path }: Drive, run: Run): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      await run('blockdev', ['--rereadpt', path])
      return
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error
      if (/invalid argument/i.test(error.said)) return
      if (!/busy/i.test(error.said)) throw error
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}

/** Ways to make a drive ready to be taken out, the best first: a stick is switched off, of a reader only the medium is let go. */
const EJECTING: readonly { fits: (drive: Drive) => boolean; command: string; args: (path: string) => string[] }[] = [
  { fits: ({ bus }) => bus === 'usb', command: 'udisksctl', args: (path) => ['power-off', '--no-user-interaction', '-b', path] },
  { fits: ({ removable }) => removable, command: 'eject', args: (path) => [path] },
]

/** False: it stays in the system, since nothing here lets go of it. That is no failure of the writing. */
async function eject(drive: Drive, run: Run): Promise<boolean> {
  if (drive.bus === 'file') return false
  for (const { command, args } of EJECTING.filter(({ fits }) => fits(drive))) {
    try {
      await run(command, args(drive.path))
      return true
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error
    }
  }
  return false
}
