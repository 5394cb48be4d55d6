/** Starts the writing process and follows it. */
import { spawn } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { LabError } from '../../../shared/failure'
import { CANCEL, CONDITIONS, eventSchema, type FlashEvent, type WriteRequest } from './protocol'

export interface WriterOptions {
  /** The built entry of the writing process. */
  entry: string
  request: WriteRequest
  onProgress: (event: Extract<FlashEvent, { type: 'progress' }>) => void
  signal?: AbortSignal | undefined
}

export type WriteDone = Extract<FlashEvent, { type: 'done' }>

/** What a person is told when the process ended without a word. */
const SILENT_END = 'The writing process ended without saying how far it came.'
/** polkit's answers (pkexec(1)): the dialog was dismissed; the permission was not given. */
const PKEXEC_REFUSED = new Set([126, 127])

/**
 * Writes in a process of its own, with an administrator's rights where the drive needs them.
 * @throws LabError with what happened and what the drive is like now; code `cancelled` when it was asked to stop
 */
export async function writeInProcess({ entry, request, onProgress, signal }: WriterOptions): Promise<WriteDone> {
  if (process.platform !== 'linux')
    throw new LabError({ code: 'unsupported', what: 'Writing to drives works on Linux only so far.', where: request.drive, why: 'macOS and Windows lock their drives in other ways.', next: 'Write the image file with balenaEtcher, Rufus or Raspberry Pi Imager.' })
  signal?.throwIfAborted()
  const elevated = !(await isWritable(request.drive))
  // Electron's program is Node when this variable says so; pkexec hands no environment on.
  const [command, ...args] = elevated ? ['pkexec', 'env', 'ELECTRON_RUN_AS_NODE=1', process.execPath, entry] : [process.execPath, entry]
  const child = spawn(command ?? '', args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' } })
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints = (complaints + text).slice(-2000)))
  // The process may end before it has read everything; how it ended is told below.
  child.stdin.on('error', (error) => (complaints += error.message))
  const cancel = (): void => void child.stdin.write(`${CANCEL}\n`)
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    child.stdin.write(`${JSON.stringify(request)}\n`)
    let last: FlashEvent | undefined
    const lines = createInterface({ input: child.stdout })
    lines.on('line', (line) => {
      const event = eventSchema.parse(JSON.parse(line))
      last = event
      if (event.type === 'progress') onProgress(event)
    })
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    }).catch((cause: unknown) => {
      throw new LabError({ code: 'no-permission', what: 'The writing process cannot be started.', where: command, why: cause instanceof Error ? cause.message : String(cause), next: elevated ? 'Install polkit (pkexec), or run the command with sudo.' : 'Install Bootlab again.' }, { cause })
    })
    return outcome(last, code, complaints, request.drive, elevated)
  } finally {
    signal?.removeEventListener('abort', cancel)
  }
}

function outcome(last: FlashEvent | undefined, code: number | null, complaints: string, drive: string, elevated: boolean): WriteDone {
  if (last?.type === 'done') return last
  if (last?.type === 'failed') throw new LabError({ ...last.failure, next: [CONDITIONS[last.condition], last.failure.next].filter((part) => part !== undefined).join(' ') })
  if (elevated && last === undefined && PKEXEC_REFUSED.has(code ?? 0))
    throw new LabError({ code: 'no-permission', what: 'The permission to write was not given.', where: drive, why: 'Only an administrator may write to a drive past its file systems.', next: `${CONDITIONS.unchanged} Try again, and enter the password.` })
  const changed = last?.type === 'progress' && last.phase !== 'checking' && last.phase !== 'unmounting'
  throw new LabError({ code: 'internal', what: SILENT_END, where: drive, why: complaints.trim() || `It was ended from outside (code ${code ?? 'none'}).`, next: changed ? `${CONDITIONS.blank}` : CONDITIONS.unchanged })
}

async function isWritable(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM')) return false
    if (error instanceof Error && 'code' in error && error.code === 'EROFS') return true
    throw error
  }
}
