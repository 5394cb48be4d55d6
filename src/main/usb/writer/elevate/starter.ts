/** How a writing process is started: what every system's way has in common. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Failure } from '../../../../shared/failure'
import type { Ends } from '../channel'

export interface StartOptions {
  /** The built entry of the writing process. */
  entry: string
  /** The drive's path and identity, as the person chose it. */
  drive: string
  identity: string
  /** Makes a program for this computer from C source text, and returns its path. */
  compile: (source: string) => Promise<string>
  signal?: AbortSignal | undefined
}

/** How a process ended. */
export interface WriterEnd {
  /** null when it was ended from outside. */
  code: number | null
  /** Of its standard error, the last 2000 characters. */
  complaints: string
}

export interface StartedWriter extends Ends {
  ended: Promise<WriterEnd>
  /** What it means that it ended before it said anything, if its starter knows. */
  refusal?: (end: WriterEnd) => Failure | undefined
}

/**
 * Starts a writing process, with the rights that the drive needs.
 * @throws LabError when it cannot be started, or the person refuses; the signal's reason when cancelled
 */
export type Starter = (options: StartOptions) => Promise<StartedWriter>

const COMPLAINTS = 2000

/** Starts a process whose standard input and output are the channel. @throws the system's error when there is no such program */
export async function runWriter(command: string, args: readonly string[]): Promise<StartedWriter> {
  // Electron's program is Node when this variable says so.
  const child = spawn(command, [...args], { stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true, env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' } })
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints = (complaints + text).slice(-COMPLAINTS)))
  const ended = new Promise<WriterEnd>((resolve) => child.once('close', (code) => resolve({ code, complaints })))
  await once(child, 'spawn')
  return { input: child.stdout, output: child.stdin, ended }
}
