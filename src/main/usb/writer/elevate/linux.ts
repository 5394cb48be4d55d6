/** Rights on Linux: polkit's pkexec(1), which hands standard input and output on. */
import { access, constants } from 'node:fs/promises'
import { LabError, type Failure } from '../../../../shared/failure'
import { codeOf } from '../failures'
import { runWriter, type StartedWriter, type StartOptions, type WriterEnd } from './starter'

export async function startOnLinux(options: StartOptions): Promise<StartedWriter> {
  return (await isWritable(options.drive)) ? runWriter(process.execPath, [options.entry]) : startWithPkexec(options)
}

/** @throws LabError when there is no pkexec */
export async function startWithPkexec({ entry, drive }: Pick<StartOptions, 'entry' | 'drive'>): Promise<StartedWriter> {
  try {
    // It hands no environment on.
    const writer = await runWriter('pkexec', ['env', 'ELECTRON_RUN_AS_NODE=1', process.execPath, entry])
    return { ...writer, refusal: (end) => refusalOf(end, drive) }
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT') throw cause
    throw new LabError({ code: 'no-permission', what: 'Nobody can be asked for the permission to write.', where: drive, why: 'Only an administrator may write to it, and pkexec, which asks for that, is not installed.', next: bySudo(drive) }, { cause })
  }
}

/** pkexec(1), "RETURN VALUE": 126 when the dialog was dismissed; 127 when the permission was not given, nobody could be asked, or it failed. */
function refusalOf({ code, complaints }: WriterEnd, drive: string): Failure | undefined {
  const failure = { code: 'no-permission', what: 'The permission to write was not given.', where: drive }
  if (code === 126) return { ...failure, why: 'Only an administrator may write to a drive past its file systems.', next: 'Try again, and enter the password.' }
  if (code === 127) return { ...failure, why: `Only an administrator may write to it, and pkexec says: ${complaints.trim() || 'nothing'}`, next: `Enter an administrator’s password when you are asked. If nobody asked: ${bySudo(drive)}` }
  return undefined
}

const bySudo = (drive: string): string => `run “sudo bootlab flash IMAGE --to ${drive}” in a terminal.`

/** Whether this process may write there. Whatever else is the matter (no medium, write-protected, gone), no right changes it, and the writing process says it. */
export async function isWritable(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK)
    return true
  } catch (error) {
    return !['EACCES', 'EPERM'].includes(codeOf(error))
  }
}
