/**
 * How Windows takes a drive for writing and gives it back. Sources: "Blocking Direct Write Operations to Volumes and Disks", "CreateFile" (Physical
 * Disks and Volumes), "FSCTL_LOCK_VOLUME" at learn.microsoft.com; libuv's src/win/fs.c (fs__open).
 */
import { constants } from 'node:fs'
import { z } from 'zod'
import driveLocks from '../../../../resources/usb/drive-locks.cs?raw'
import type { Drive } from '../../../shared/drives'
import { LabError } from '../../../shared/failure'
import { listDrives } from '../drives/list'
import { codeOf } from './failures'
import { LineProgram } from './line-program'
import { type CsharpProgram, startCsharp } from './powershell'
import { openImage } from './source'
import type { SystemOptions, WritingSystem } from './systems'
import { openDrive, type Target } from './target'

/**
 * libuv's flag for FILE_FLAG_NO_BUFFERING; Node passes numbers on as they are, and has no name for it on Windows. Positions and lengths must be
 * whole sectors then, as they are.
 *
 * Not UV_FS_O_EXLOCK, the only other share mode that libuv knows: it shares with nobody, so that Windows' own list of drives, which is asked again
 * while the drive is open, could not read the disk. What keeps others away are the locks on its volumes; with these, Windows lets the writes through.
 */
const UV_FS_O_DIRECT = 0x0200_0000
const ASK_EVERY_MS = 1000
/** Windows' own words for "the device is gone" have no name in Node. */
const UNNAMED = 'UNKNOWN'

const lockedSchema = z.union([z.object({ locked: z.array(z.string()) }), z.object({ busy: z.string(), code: z.number() }), z.object({ failed: z.string(), code: z.number() })])
const sameSchema = z.object({ same: z.boolean() })
const ejectedSchema = z.object({ ejected: z.boolean() })

export interface WindowsOptions extends SystemOptions {
  /** Starts the program that holds the locks; tests have their own. */
  startLocks?: (disk: number) => CsharpProgram
  /** The path that is opened for a drive's. */
  device?: (path: string) => string
  /** Milliseconds; steady. */
  now?: () => number
}

export function windowsSystem({ startLocks = (disk) => startCsharp(driveLocks, 'DriveLocks', disk), device = devicePath, now = () => performance.now() }: WindowsOptions = {}): WritingSystem {
  let locks: LineProgram | undefined
  let asked = -Infinity
  const ask = async <T>(order: string, schema: z.ZodType<T>): Promise<T> => {
    if (!locks) throw new Error('The drive was not locked.')
    return schema.parse(await locks.ask(order))
  }
  const check = async ({ path }: Drive): Promise<void> => {
    const { same } = await ask('check', sameSchema)
    if (!same) throw new LabError({ code: 'gone', what: 'The drive was taken out while it was written.', where: path, why: 'Another medium may lie in its place now; nothing was written to that.', next: 'Plug the drive in again, and write the image again.' })
    asked = now()
  }
  return {
    platform: 'win32',
    list: listDrives,
    openImage,
    /** Locks and dismounts; the locks stay until the job has ended. */
    unmount: async ({ path }) => {
      locks = new LineProgram(startLocks(numberOf(path)))
      const answer = lockedSchema.parse(await locks.next())
      if ('busy' in answer) throw new LabError({ code: 'busy', what: `${answer.busy} cannot be locked.`, where: path, why: `Windows answers with error ${answer.code}: another program has files of it open.`, next: 'Close the programs and Explorer windows that use it, and try again.' })
      if ('failed' in answer) throw new LabError({ code: 'busy', what: 'The drive cannot be taken for writing.', where: path, why: `${answer.failed} (Windows’ error ${answer.code})`, next: 'Unplug the drive, plug it in again, and try again.' })
    },
    open: async (drive) => explained(await openDrive(device(drive.path), constants.O_RDWR | UV_FS_O_DIRECT), () => check(drive)),
    sameMedium: async (drive) => {
      if (now() - asked >= ASK_EVERY_MS) await check(drive)
    },
    release: async ({ bus }) => (bus === 'usb' || bus === 'card') && (await ask('eject', ejectedSchema)).ejected,
    letGo: () => locks?.end(),
  }
}

/** @throws LabError when it is no whole disk: nothing but a number reaches PowerShell */
function numberOf(path: string): number {
  const [, number] = /^\\\\\.\\PHYSICALDRIVE(\d{1,4})$/i.exec(path) ?? []
  if (number === undefined) throw new LabError({ code: 'not-found', what: 'There is no such drive.', where: path, why: 'Drives of Windows are named \\\\.\\PHYSICALDRIVE0, 1, 2 …', next: '“bootlab drives” lists them.' })
  return Number(number)
}

/** The disk by the kernel's own name: to the usual one, Node before 20.20 adds a backslash, and Windows finds nothing there. */
export function devicePath(path: string): string {
  return `\\\\.\\GLOBALROOT\\Device\\Harddisk${numberOf(path)}\\Partition0`
}

/** An error without a name is looked into: when the medium is gone, that is what is told. */
function explained(target: Target, check: () => Promise<void>): Target {
  const looked = async (work: Promise<void>): Promise<void> => {
    try {
      await work
    } catch (error) {
      if (codeOf(error) === UNNAMED) await check()
      throw error
    }
  }
  return {
    write: (bytes, position) => looked(target.write(bytes, position)),
    read: (into, position) => looked(target.read(into, position)),
    flush: () => looked(target.flush()),
    close: () => target.close(),
  }
}
