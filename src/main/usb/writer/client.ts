/** Starts the writing process and follows it: the same on every system. */
import { LabError, type Failure } from '../../../shared/failure'
import { keepAwake } from './awake'
import { follow } from './channel'
import { startOnLinux } from './elevate/linux'
import { startOnMacos } from './elevate/macos'
import type { Starter, StartOptions } from './elevate/starter'
import { startOnWindows } from './elevate/windows'
import type { DriveCondition } from '../../../shared/usb'
import { CONDITIONS, type FlashEvent, type WriteRequest } from './protocol'

export interface WriterOptions extends Pick<StartOptions, 'entry' | 'compile'> {
  request: WriteRequest
  onProgress: (event: Extract<FlashEvent, { type: 'progress' }>) => void
  /** What a person may want to know, though the writing goes on. */
  onRemark?: (text: string) => void
  signal?: AbortSignal | undefined
  /** How a writing process gets its rights; this system's way. */
  start?: Starter | undefined
}

export type WriteDone = Extract<FlashEvent, { type: 'done' }>

/** Writing failed; what to do next begins with what the drive is like. */
export class WriteFailed extends LabError {
  readonly condition: DriveCondition

  constructor(failure: Failure, condition: DriveCondition, options?: ErrorOptions) {
    super({ ...failure, next: [CONDITIONS[condition], failure.next].filter((part) => part !== undefined).join(' ') }, options)
    this.condition = condition
  }
}

const STARTERS: Readonly<Partial<Record<NodeJS.Platform, Starter>>> = { linux: startOnLinux, darwin: startOnMacos, win32: startOnWindows }

/** Phases in which nothing was written yet, and those in which all of it was. */
const BEFORE: ReadonlySet<string> = new Set(['checking', 'unmounting'])
const AFTER: ReadonlySet<string> = new Set(['verifying', 'finishing'])

/**
 * Writes in a process of its own, with an administrator's rights where the drive needs them. The computer is kept awake meanwhile.
 * @throws WriteFailed with what happened and what the drive is like now; code `cancelled` when it was asked to stop. The signal's reason when it was
 * cancelled before the process was there
 */
export async function writeInProcess({ entry, compile, request, onProgress, onRemark = () => {}, signal, start = STARTERS[process.platform] }: WriterOptions): Promise<WriteDone> {
  const { drive, identity } = request
  if (!start) throw new LabError({ code: 'unsupported', what: `Drives of ${process.platform} cannot be written.`, where: drive, why: 'Bootlab knows those of Linux, macOS and Windows.', next: 'Write the image file with a program of this system.' })
  signal?.throwIfAborted()
  const letSleep = keepAwake(onRemark)
  try {
    const writer = await start({ entry, compile, drive, identity, signal }).catch((cause: unknown) => {
      signal?.throwIfAborted()
      throw new WriteFailed(startFailure(cause, drive), 'unchanged', { cause })
    })
    let last: FlashEvent | undefined
    let broken: unknown
    const hear = (event: FlashEvent): void => {
      last = event
      if (event.type === 'progress') onProgress(event)
    }
    await follow(writer, request, hear, signal).catch((error: unknown) => (broken = error))
    const end = await writer.ended
    if (last?.type === 'done') return last
    if (last?.type === 'failed') throw new WriteFailed(last.failure, last.condition)
    const refusal = last === undefined ? writer.refusal?.(end) : undefined
    if (refusal) throw new WriteFailed(refusal, 'unchanged')
    const why = broken === undefined ? end.complaints.trim() || `It was ended from outside (code ${end.code ?? 'none'}).` : `What it said was not understood, or broke off: ${messageOf(broken)}`
    throw new WriteFailed({ code: 'internal', what: 'The writing process ended without saying how far it came.', where: drive, why }, conditionAfter(last), { cause: broken })
  } finally {
    letSleep()
  }
}

/** Why no process could be started. */
function startFailure(cause: unknown, drive: string): Failure {
  if (cause instanceof LabError) return cause.failure
  return { code: 'no-permission', what: 'The writing process cannot be started.', where: drive, why: messageOf(cause), next: 'Install Bootlab again; if it happens again, report it.' }
}

/** What a drive is like after a process that ended without a word: the last sign of it decides. */
function conditionAfter(last: Extract<FlashEvent, { type: 'progress' }> | undefined): DriveCondition {
  if (last === undefined || BEFORE.has(last.phase)) return 'unchanged'
  return AFTER.has(last.phase) ? 'unverified' : 'blank'
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
