/** One job of the writing process: check, take the drive, write, read back, give the drive back. */
import { allVolumes, type Drive } from '../../../shared/drives'
import { LabError, toFailure, type Failure } from '../../../shared/failure'
import type { DriveList } from '../drives/list'
import { judgeDrive, type PolicyContext } from '../policy'
import { contentOf, type Content } from './content'
import { codeOf, failureOf } from './failures'
import type { DriveCondition, WritePhase } from '../../../shared/usb'
import type { FlashEvent, WriteRequest } from './protocol'
import type { OpenImage, SourceProgress } from './source'
import type { Target } from './target'
import { VerifyError, writeImage } from './write-image'

/** What the job asks of the operating system; tests give one that fails. */
export interface DriveSystem {
  platform: PolicyContext['system']
  list(signal: AbortSignal): Promise<DriveList>
  openImage(path: string, signal: AbortSignal, onProgress: SourceProgress): Promise<OpenImage>
  /** Takes everything off that is mounted from the drive. */
  unmount(drive: Drive): Promise<void>
  open(drive: Drive): Promise<Target>
  /** A cheap look whether the medium is still the one that was opened: throws when it is not. */
  sameMedium(drive: Drive): Promise<void>
  /** Lets the system see the new partitions, and makes the drive ready to be taken out: whether it is. */
  release(drive: Drive): Promise<boolean>
}

/** Runs a job to its end; every end is told as an event. */
export async function runJob(request: WriteRequest, system: DriveSystem, tell: (event: FlashEvent) => void, signal: AbortSignal): Promise<void> {
  const state: { condition: DriveCondition } = { condition: 'unchanged' }
  const phase = (name: WritePhase, done = 0, total = 0): void => tell({ type: 'progress', phase: name, done, total })
  let content: Content | undefined
  let target: Target | undefined
  try {
    phase('checking')
    content = await contentOf(request, (path) => system.openImage(path, signal, (done, total) => phase('checking', done, total)))
    const drive = await permittedDrive(request, system, content.neededBytes, signal)
    phase('unmounting')
    await system.unmount(drive)
    target = await system.open(drive)
    // What was unmounted is seen anew, and the drive that was opened is the one that was chosen.
    const now = await permittedDrive(request, system, content.neededBytes, signal)
    const mounted = allVolumes(now).find(({ mountPoints }) => mountPoints.length > 0)
    if (mounted) throw new LabError({ code: 'busy', what: `${mounted.path} is mounted again.`, where: now.path, why: 'Another program opened it in between, and would write into the image.', next: 'Close the file manager’s window of this drive, and try again.' })
    const { source, extents, made } = await content.on(now)
    const { sha256 } = await writeImage({
      source,
      extents,
      target: guarded(target, () => system.sameMedium(now), (changed) => (state.condition = changed)),
      targetBytes: now.bytes,
      sectorBytes: now.sectorBytes,
      verify: request.verify,
      signal,
      onHead: () => (state.condition = 'unverified'),
      onProgress: phase,
    })
    phase('finishing')
    await target.close()
    target = undefined
    const ejected = await system.release(now)
    tell({ type: 'done', sha256, bytes: source.bytes, verified: request.verify, ejected, ...(made && { made }) })
  } catch (error) {
    // Before its first sectors are there, a drive that gives back wrong bytes is a blank one.
    if (error instanceof VerifyError && state.condition === 'unverified') state.condition = 'wrong'
    tell({ type: 'failed', failure: failureFor(error, request, signal), ...state })
  } finally {
    await closeAll(target, content)
  }
}

function failureFor(error: unknown, request: WriteRequest, signal: AbortSignal): Failure {
  if (signal.aborted) return { code: 'cancelled', what: 'Writing was cancelled.', where: request.drive }
  if (error instanceof LabError) return toFailure(error)
  return failureOf(error, request.drive)
}

/** What is being thrown already matters more than a handle that does not close. */
async function closeAll(...open: ({ close(): Promise<void> } | undefined)[]): Promise<void> {
  await Promise.allSettled(open.map((one) => one?.close()))
}

/** The drive of the request, if it is still that drive and may be written. */
async function permittedDrive(request: WriteRequest, system: DriveSystem, neededBytes: number, signal: AbortSignal): Promise<Drive> {
  const { drives, mountPoints } = await system.list(signal)
  const drive = drives.find(({ path }) => path === request.drive)
  if (!drive) throw new LabError({ code: 'not-found', what: 'The drive is gone.', where: request.drive, why: 'It was unplugged after it was chosen.', next: 'Plug it in again and choose it anew.' })
  if (drive.identity !== request.identity)
    throw new LabError({ code: 'drive-changed', what: 'This is another drive than the one you chose.', where: request.drive, why: 'Another drive or medium took its place, or its contents changed. What you agreed to erase was the other.', next: 'Choose the drive anew.' })
  const { verdict, reasons } = judgeDrive(drive, { system: system.platform, neededBytes, mountPoints, keep: request.keep })
  if (verdict === 'refused') throw new LabError({ code: 'refused', what: 'This drive must not be written.', where: request.drive, why: reasons.join(' '), next: 'Choose another drive.' })
  if (verdict === 'confirm' && !request.confirmed) throw new LabError({ code: 'unconfirmed', what: 'Writing this drive was not confirmed.', where: request.drive, why: reasons.join(' '), next: 'Confirm that all of it may be erased.' })
  return drive
}

const REFUSALS = new Set(['EROFS', 'EPERM', 'EACCES', 'EBUSY'])

/** Looks at the medium before every write, and knows what the first write has done. */
function guarded(target: Target, check: () => Promise<void>, changed: (condition: DriveCondition) => void): Target {
  let written = false
  const begin = (): void => {
    if (!written) changed('blank')
    written = true
  }
  /** A drive that was pulled out answers with errors of many kinds: that it is gone says more than they do. */
  const orGone = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      await check()
      throw error
    }
  }
  return {
    write: async (bytes, position) => {
      await check()
      await orGone(async () => {
        try {
          await target.write(bytes, position)
          begin()
        } catch (error) {
          // Refused outright is not written; whatever else fails may have left a part.
          if (!REFUSALS.has(codeOf(error))) begin()
          throw error
        }
      })
    },
    read: (into, position) => orGone(() => target.read(into, position)),
    flush: () => orGone(() => target.flush()),
    close: () => target.close(),
  }
}
