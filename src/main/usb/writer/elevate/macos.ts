/**
 * Rights on macOS: authopen(1) asks for an administrator's permission and opens the disk; the writing process gets the open disk and no other right.
 * macOS refuses to open a disk whose file systems are mounted, so they are unmounted first, which needs no permission.
 */
import { constants } from 'node:fs'
import receiver from '../../../../../resources/usb/receive-descriptor.c?raw'
import type { Drive } from '../../../../shared/drives'
import type { Failure } from '../../../../shared/failure'
import { listDrives } from '../../drives/list'
import { rawPath, unmountOnMacos } from '../macos-system'
import { runProgram } from '../run'
import { isWritable } from './linux'
import { runWriter, type StartedWriter, type StartOptions, type WriterEnd } from './starter'

/** What is asked of macOS; tests have doubles. */
export interface MacosRights {
  /** The chosen drive, if it is still there. */
  find(path: string, identity: string): Promise<Drive | undefined>
  unmount(drive: Drive): Promise<void>
  /** The path that is opened for a drive's. */
  raw(path: string): string
  authopen: string
}

const MACOS: MacosRights = {
  find: async (path, identity) => (await listDrives()).drives.find((drive) => drive.path === path && drive.identity === identity),
  unmount: (drive) => unmountOnMacos(drive, runProgram),
  raw: rawPath,
  authopen: '/usr/libexec/authopen',
}

/** Exit code of receive-descriptor when none came. */
const NOT_GIVEN = 77

export async function startOnMacos(options: StartOptions): Promise<StartedWriter> {
  return (await isWritable(rawPath(options.drive))) ? runWriter(process.execPath, [options.entry]) : startWithAuthopen(options)
}

export async function startWithAuthopen({ entry, drive: path, identity, compile, signal }: StartOptions, { find, unmount, raw, authopen }: MacosRights = MACOS): Promise<StartedWriter> {
  const drive = await find(path, identity)
  // Without rights, the writing process gets far enough to say what became of the drive.
  if (!drive) return runWriter(process.execPath, [entry])
  const program = await compile(receiver)
  signal?.throwIfAborted()
  await unmount(drive)
  const opener = [authopen, '-stdoutpipe', '-o', String(constants.O_RDWR), raw(path)]
  const writer = await runWriter(program, [...opener, '--', process.execPath, entry, '--descriptor=3'])
  return { ...writer, refusal: (end) => refusalOf(end, path) }
}

function refusalOf({ code, complaints }: WriterEnd, drive: string): Failure | undefined {
  if (code !== NOT_GIVEN) return undefined
  if (/resource busy/i.test(complaints)) return { code: 'busy', what: 'The drive is in use by another program.', where: drive, why: complaints.trim(), next: 'Eject its volumes in the Finder or in Disk Utility, plug it in again, and try again.' }
  return {
    code: 'no-permission',
    what: 'The permission to write was not given.',
    where: drive,
    why: `Only an administrator may write to a drive past its file systems. ${complaints.trim()}`.trim(),
    next: 'Try again, and enter an administrator’s password. If you did, allow Bootlab, or the terminal that it runs in, “Removable Volumes” in System Settings → Privacy & Security → Files & Folders.',
  }
}
