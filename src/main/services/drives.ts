/** The computer's drives with what may be done with each. */
import { realpath } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import type { Drive, Verdict } from '../../shared/drives'
import { judgeDrive, listDrives, type DriveList, type PolicyContext } from '../usb'

export interface JudgedDrive extends Drive, Verdict {}

export interface DriveQuestion {
  /** Length of what is to be written; 1 asks about the drive alone. */
  neededBytes: number
  /** Files and folders that must survive beside the lab's and the person's own: project, image. */
  keep: PolicyContext['keep']
  signal?: AbortSignal | undefined
}

/** Every drive, those that may not be written, too. @throws LabError */
export async function judgedDrives(question: DriveQuestion): Promise<JudgedDrive[]> {
  const list = await listDrives(question.signal)
  const context = await policyContext(list, question)
  return list.drives.map((drive) => ({ ...drive, ...judgeDrive(drive, context) }))
}

async function policyContext({ mountPoints, swapFiles }: DriveList, { neededBytes, keep }: DriveQuestion): Promise<PolicyContext> {
  const system = process.platform === 'win32' ? 'win32' : process.platform === 'darwin' ? 'darwin' : 'linux'
  const swap = swapFiles.map((path) => ({ path, what: 'A file that memory is moved out to' }))
  return { system, neededBytes, mountPoints, keep: await keptPaths([...swap, ...keep]) }
}

/** What must survive in any case, and these, where symbolic links lead to. */
export async function keptPaths(more: PolicyContext['keep']): Promise<{ path: string; what: string }[]> {
  const all = [
    { path: homedir(), what: 'Your home folder' },
    { path: tmpdir(), what: 'The folder of temporary files' },
    { path: process.cwd(), what: 'The folder you work in' },
    { path: import.meta.dirname, what: 'Bootlab itself' },
    ...more,
  ]
  return Promise.all(all.map(async ({ path, what }) => ({ path: await resolved(path), what })))
}

/** Where a path leads through symbolic links; what is not there lies where it is said to. */
async function resolved(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EACCES')) return path
    throw error
  }
}
