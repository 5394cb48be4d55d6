/** The computer's drives with what may be done with each. */
import { realpath } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { toFailure } from '../../shared/failure'
import type { DrivesEvent, JudgedDrive } from '../../shared/usb'
import { judgeDrive, listDrives, type DriveList, type PolicyContext } from '../usb'

export type { JudgedDrive }

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

const LOOK_EVERY_MS = 1500

/**
 * Tells the drives, and again whenever something about them changes; a list that cannot be read is told as a failure, and tried again.
 * One look follows the other. Returns when the signal aborts.
 * @param options.look how the drives are seen; tests have their own
 */
export async function watchDrives({ signal, ...question }: DriveQuestion & { signal: AbortSignal }, onList: (seen: DrivesEvent) => void, { look = judgedDrives, everyMs = LOOK_EVERY_MS } = {}): Promise<void> {
  const see = async (): Promise<DrivesEvent> => {
    try {
      return { type: 'drives', drives: await look({ ...question, signal }) }
    } catch (error) {
      return { type: 'failure', failure: toFailure(error) }
    }
  }
  for (let told = ''; ; ) {
    const seen = await see()
    if (signal.aborted) return
    const text = JSON.stringify(seen)
    if (text !== told) onList(seen)
    told = text
    await pause(everyMs, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return
  }
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
export async function resolved(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EACCES')) return path
    throw error
  }
}
