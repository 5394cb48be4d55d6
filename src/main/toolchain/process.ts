import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { killTreeCommand } from './command/launch'
import { systemErrorCode, ToolError } from './errors'

/** More than any compiler's honest output; beyond it the rest is counted and dropped from the result. */
const MAX_OUTPUT_BYTES = 4 << 20
/** The same for lines that are handed on as they come: a verbose build of a large tree has hundreds of thousands. */
const MAX_LINE_BYTES = 64 << 20
/** A longer line is handed on in pieces. */
const LONGEST_LINE = 1 << 20

export interface ProcessOptions {
  command: string
  args: readonly string[]
  cwd: string
  env: Readonly<Record<string, string | undefined>>
  /** Windows: the arguments are a command line already. */
  verbatim?: boolean
  signal?: AbortSignal | undefined
  /** What the program reads; nothing when absent. */
  input?: string
  /** Called for each full line as it comes. */
  onLine?: (line: string, stream: 'stdout' | 'stderr') => void
}

export interface ProcessResult {
  /** Exit code, or null when a signal ended the process. */
  code: number | null
  endedBy: NodeJS.Signals | null
  stdout: string
  stderr: string
  /** Bytes of output dropped because there were too many. */
  dropped: number
  /** Bytes that `onLine` did not get because there were too many. */
  unheard: number
}

const SPAWN_FAILURES: Readonly<Record<string, { why: string; next: string }>> = {
  ENOENT: { why: 'There is no such program, or its folder does not exist.', next: 'Install it, or correct the path.' },
  EACCES: { why: 'The operating system does not allow running it.', next: 'Make the file executable, or install it again.' },
  EPERM: { why: 'The operating system does not allow running it.', next: 'Check security software and permissions.' },
  ENOEXEC: { why: 'The file is not a program for this computer.', next: 'Install the version for this operating system and processor.' },
  EAGAIN: { why: 'The operating system cannot start another process now.', next: 'Close some programs and try again.' },
  ENOMEM: { why: 'There is not enough memory to start it.', next: 'Close some programs and try again.' },
  E2BIG: { why: 'The command line is longer than the operating system allows.', next: 'Build fewer files at once.' },
}

/**
 * Run a program to its end, without a shell.
 * A program that fails is a result, not an error: look at `code`.
 * @throws ToolError when it cannot be started; the signal's reason when cancelled (the process and its children are ended first)
 */
export async function runProcess(options: ProcessOptions): Promise<ProcessResult> {
  const { command, args, cwd, env, signal, onLine } = options
  signal?.throwIfAborted()
  const cut = args.find((arg) => arg.includes('\0'))
  if (cut !== undefined) {
    throw new ToolError({
      what: `An argument contains a NUL character: ${JSON.stringify(cut)}`,
      where: command,
      why: 'Operating systems end an argument there, so the program would get a part of it only.',
      next: 'Take the \\u0000 out of the manifest or target specification.',
    })
  }
  return new Promise((resolve, reject) => {
    // A group of its own on POSIX, so that cancelling cargo also ends the compilers it started.
    const child = spawn(command, args, { cwd, env: { ...env }, stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'], windowsHide: true, windowsVerbatimArguments: options.verbatim === true, detached: process.platform !== 'win32' })
    // A program that ends before it has read everything says why itself.
    child.stdin?.on('error', () => undefined).end(options.input)
    const budget: Budget = { kept: MAX_OUTPUT_BYTES, lines: MAX_LINE_BYTES, dropped: 0, unheard: 0 }
    const stdout = new Collector(budget, (line) => onLine?.(line, 'stdout'))
    const stderr = new Collector(budget, (line) => onLine?.(line, 'stderr'))
    child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk))
    const abort = (): void => endTree(child)
    signal?.addEventListener('abort', abort, { once: true })
    child.once('error', (cause) => {
      signal?.removeEventListener('abort', abort)
      // The system says ENOENT of the program when it is the folder that is gone.
      const failure = existsSync(cwd) ? SPAWN_FAILURES[systemErrorCode(cause) ?? ''] : { why: `The folder that it runs in, ${cwd}, does not exist any more.`, next: 'Open the project where it is now, and build again.' }
      reject(
        new ToolError({
          what: 'A program could not be started',
          where: command,
          why: failure?.why ?? `The operating system said: ${cause.message}.`,
          next: failure?.next ?? 'Run `bootlab doctor` to see what is missing.',
          cause,
        }),
      )
    })
    child.once('close', (code, endedBy) => {
      signal?.removeEventListener('abort', abort)
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      resolve({ code, endedBy, stdout: stdout.end(), stderr: stderr.end(), dropped: budget.dropped, unheard: budget.unheard })
    })
  })
}

/** End a process and all that it started. */
function endTree(child: ChildProcess): void {
  if (child.pid === undefined) return
  if (process.platform === 'win32') {
    // Windows has no process groups to signal; taskkill walks the tree.
    const { command, args } = killTreeCommand(child.pid, process.env['SystemRoot'])
    spawn(command, args, { stdio: 'ignore', windowsHide: true }).once('error', () => child.kill('SIGKILL'))
    return
  }
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    // ESRCH: it ended on its own in the meantime.
    if (systemErrorCode(error) !== 'ESRCH') child.kill('SIGKILL')
  }
}

/** What both streams of a process may still bring, in bytes. */
interface Budget {
  kept: number
  lines: number
  dropped: number
  unheard: number
}

/** Gathers one stream as text, and cuts it into lines. */
class Collector {
  private readonly decoder = new StringDecoder('utf8')
  private readonly lineDecoder = new StringDecoder('utf8')
  private readonly parts: string[] = []
  private rest = ''
  private readonly budget: Budget
  private readonly onLine: (line: string) => void

  constructor(budget: Budget, onLine: (line: string) => void) {
    this.budget = budget
    this.onLine = onLine
  }

  push(chunk: Buffer): void {
    const { budget } = this
    const kept = chunk.subarray(0, budget.kept)
    budget.kept -= kept.length
    budget.dropped += chunk.length - kept.length
    const text = this.decoder.write(kept)
    if (text !== '') this.parts.push(text)
    const heard = chunk.subarray(0, budget.lines)
    budget.lines -= heard.length
    budget.unheard += chunk.length - heard.length
    this.cut(this.lineDecoder.write(heard))
  }

  end(): string {
    this.parts.push(this.decoder.end())
    this.cut(this.lineDecoder.end())
    if (this.rest !== '') this.onLine(this.rest)
    this.rest = ''
    return this.parts.join('')
  }

  private cut(text: string): void {
    if (text === '') return
    const lines = (this.rest + text).split(/\r?\n/)
    this.rest = lines.pop() ?? ''
    for (const line of lines) this.onLine(line)
    if (this.rest.length < LONGEST_LINE) return
    this.onLine(this.rest)
    this.rest = ''
  }
}
