/**
 * Rights on Windows: User Account Control, asked through PowerShell (ShellExecuteEx's verb "runas"). A process that is elevated so has no streams
 * of its parent and no environment of its own, so it comes to a meeting in a named pipe, and PowerShell sets the variable that makes Electron Node.
 *
 * The token and the pipe's name stand in command lines, which programs of the same person can read; such a program could pretend to be the writer,
 * and gain nothing by it: it may start elevated processes of its own in the same way. Nobody else can open the pipe.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { LabError, type Failure } from '../../../../shared/failure'
import { codeOf } from '../failures'
import { literal, powershellPath, scriptArguments } from '../powershell'
import { devicePath } from '../windows-system'
import { openMeeting } from './meeting'
import { runWriter, type StartedWriter, type StartOptions, type WriterEnd } from './starter'

/** ShellExecuteEx takes no longer command line (INTERNET_MAX_URL_LENGTH, less the program's own path). */
const LONGEST_ARGUMENTS = 1900
/** ERROR_CANCELLED: the person said no. */
const REFUSED = 1223

export async function startOnWindows(options: StartOptions): Promise<StartedWriter> {
  return (await isAdministrator(options.drive)) ? runWriter(process.execPath, [options.entry]) : startWithRunAs(options)
}

/** What starts the writing process, given its command line without blanks to be guarded: tests have one that just starts it. */
export type Launch = (command: readonly string[]) => Promise<{ ended: Promise<WriterEnd> }>

export async function startWithRunAs({ entry, drive, signal }: StartOptions, launch: Launch = launchElevated, pipe = `\\\\.\\pipe\\bootlab-${randomBytes(16).toString('hex')}`): Promise<StartedWriter> {
  const meeting = await openMeeting(pipe, { signal })
  try {
    const { ended } = await launch([process.execPath, entry, `--pipe=${pipe}`, `--token=${meeting.token}`])
    const endedEarly = ended.then((end) => {
      throw new LabError(refusalOf(end, drive))
    })
    const socket = await Promise.race([meeting.arrival, endedEarly])
    return { input: socket, output: socket, ended }
  } finally {
    meeting.close()
  }
}

function refusalOf({ code, complaints }: WriterEnd, drive: string): Failure {
  if (code === REFUSED) return { code: 'no-permission', what: 'The permission to write was not given.', where: drive, why: 'Only an administrator may write to a drive past its file systems.', next: 'Try again, and answer Windows’ question with Yes.' }
  return { code: 'no-permission', what: 'The writing process cannot be started with an administrator’s rights.', where: drive, why: complaints.trim() || `It ended with code ${code ?? 'none'} before it said anything.`, next: 'Open a terminal with “Run as administrator”, and run “bootlab flash” there.' }
}

const launchElevated: Launch = async (command) => {
  const child = spawn(powershellPath(), scriptArguments(elevationScript(command)), { stdio: ['ignore', 'ignore', 'pipe'], windowsHide: true })
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text))
  const ended = new Promise<WriterEnd>((resolve) => child.once('close', (code) => resolve({ code, complaints })))
  await once(child, 'spawn')
  return { ended }
}

/**
 * Runs hidden, and asks. .NET's own class, since Start-Process loses the error's number, and its text is in the person's language.
 * @throws LabError when the command is longer than Windows takes
 */
export function elevationScript(command: readonly string[]): string {
  const inner = scriptArguments(writerScript(command)).join(' ')
  if (inner.length > LONGEST_ARGUMENTS) throw new LabError({ code: 'unsupported', what: 'Bootlab is installed under a path that is too long for Windows to start it as administrator.', where: command[0], next: 'Install it in a folder with a shorter path; or run “bootlab flash” in a terminal that was opened with “Run as administrator”.' })
  return [
    '$start = New-Object Diagnostics.ProcessStartInfo',
    `$start.FileName = ${literal(powershellPath())}`,
    `$start.Arguments = ${literal(inner)}`,
    "$start.Verb = 'runas'",
    '$start.UseShellExecute = $true',
    "$start.WindowStyle = 'Hidden'",
    'try { $process = [Diagnostics.Process]::Start($start) }',
    'catch {',
    '  $cause = $_.Exception.GetBaseException()',
    '  [Console]::Error.WriteLine($cause.Message)',
    '  if ($cause -is [ComponentModel.Win32Exception]) { exit $cause.NativeErrorCode }',
    '  exit 1',
    '}',
    '$process.WaitForExit()',
    'exit $process.ExitCode',
    '',
  ].join('\n')
}

/**
 * Runs elevated. No argument has a double quote, which Windows PowerShell would lose: Windows allows none in paths. The pipe makes it wait also for
 * Electron, which is a program with windows.
 */
export function writerScript(command: readonly string[]): string {
  return `$env:ELECTRON_RUN_AS_NODE=1;& ${command.map(literal).join(' ')}|Out-Null;exit $LASTEXITCODE`
}

/** Opening changes nothing; Windows says no to everybody else. Any other error the writing process will say. */
async function isAdministrator(drive: string): Promise<boolean> {
  try {
    await (await open(devicePath(drive), constants.O_RDWR)).close()
    return true
  } catch (error) {
    return !['EACCES', 'EPERM'].includes(codeOf(error))
  }
}
