/** How macOS takes a drive for writing and gives it back. Sources: diskutil(8), and the kernel's own book of devices, "Device File Access Guide for Storage Devices" (Apple). */
import { parse as parsePlist } from 'fast-plist'
import { basename } from 'node:path'
import { allVolumes, type Drive } from '../../../shared/drives'
import { LabError } from '../../../shared/failure'
import { listDrives } from '../drives/list'
import { sameMacosDrive } from '../drives/macos'
import type { DriveSystem } from './job'
import { ProgramError, type Run, runProgram } from './run'
import { openImage } from './source'
import type { SystemOptions } from './systems'
import { adoptDrive, openDrive } from './target'

/** diskutil takes some milliseconds: before most writes the last answer holds. */
const ASK_EVERY_MS = 1000
/** A disk is looked at by macOS when it is closed after writing, and is busy meanwhile. */
const EJECT_ATTEMPTS = 5
const EJECT_PAUSE_MS = 500

export interface MacosOptions extends SystemOptions {
  /** Milliseconds; steady. */
  now?: () => number
}

export function macosSystem({ descriptor, run = runProgram, now = () => performance.now() }: MacosOptions = {}): DriveSystem {
  let asked = -Infinity
  return {
    platform: 'darwin',
    list: listDrives,
    openImage,
    unmount: (drive) => unmountOnMacos(drive, run),
    /*
     * The raw device has no cache: every read is one of the medium, and every write reaches the drive before it returns. What the drive keeps in a
     * cache of its own, fsync does not reach: Node asks for F_FULLFSYNC, which only file systems answer, and falls back to fsync(2). Ejecting does.
     */
    open: ({ path }) => (descriptor === undefined ? openDrive(rawPath(path)) : adoptDrive(descriptor, rawPath(path))),
    /** A disk that was taken out is gone for the descriptor that was opened before, too (ENXIO); this is the second guard. */
    sameMedium: async (drive) => {
      if (now() - asked < ASK_EVERY_MS) return
      const info = await run('diskutil', ['info', '-plist', basename(drive.path)]).catch((error: unknown) => {
        if (error instanceof ProgramError) return undefined
        throw error
      })
      if (info === undefined || !sameMacosDrive(drive, parsePlist(info))) throw new LabError({ code: 'gone', what: 'The drive was taken out while it was written.', where: drive.path, why: 'Another medium may lie in its place now; nothing was written to that.', next: 'Plug the drive in again, and write the image again.' })
      asked = now()
    },
    /** macOS looks at the new partition table by itself when the device is closed; ejecting unmounts what it found there. */
    release: async ({ path, removable }) => {
      if (!removable) return false
      for (let attempt = 0; attempt < EJECT_ATTEMPTS; attempt++) {
        if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, EJECT_PAUSE_MS))
        try {
          await run('diskutil', ['eject', path])
          return true
        } catch (error) {
          if (!(error instanceof ProgramError)) throw error
        }
      }
      return false
    },
  }
}

/** The unbuffered device of a disk. */
export function rawPath(path: string): string {
  return path.replace(/^\/dev\/(disk\d+)$/, '/dev/r$1')
}

/** Unmounts all volumes of a drive; those of APFS lie on disks of their own, which hold the drive until then. @throws LabError that names who holds one */
export async function unmountOnMacos(drive: Drive, run: Run): Promise<void> {
  const containers = allVolumes(drive).filter(({ kind }) => kind === 'container').map(({ path }) => path)
  for (const disk of [...containers, drive.path]) {
    try {
      await run('diskutil', ['unmountDisk', disk])
    } catch (cause) {
      if (!(cause instanceof ProgramError)) throw cause
      throw new LabError({ code: 'busy', what: `A volume of ${disk} cannot be unmounted.`, where: drive.path, why: holderOf(cause.said), next: 'Close the programs that use it (a terminal in one of its folders counts), and try again.' }, { cause })
    }
  }
}

/** diskutil names the process that dissented: "Unmount was dissented by PID 512 (/usr/bin/vim)". */
function holderOf(said: string): string {
  const [, pid, program] = /dissented by PID (\d+)(?: \((.+)\))?/.exec(said) ?? []
  if (pid === undefined || pid === '0') return said.trim()
  return `${program === undefined ? 'A process' : basename(program)} (process ${pid}) has files of it open.`
}
