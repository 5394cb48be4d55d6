/** `bootlab flash`. */
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { Builder } from '../main/services/builder'
import { driveFor, flash } from '../main/services/flash'
import type { JudgedDrive } from '../main/services/drives'
import { LabError } from '../shared/failure'
import { buildExitCode, printLog } from './build-log'
import { EXIT } from './exit-codes'

export interface FlashCommandOptions {
  to: string
  /** All of the drive may be erased; nobody is asked. */
  yes?: true
  verify: boolean
  json?: true
}

const PHASES = { checking: 'Checking the drive', unmounting: 'Closing its file systems', erasing: 'Erasing', writing: 'Writing', verifying: 'Reading back', finishing: 'Finishing' } as const

export async function flashCommand(what: string, options: FlashCommandOptions, signal: AbortSignal): Promise<number> {
  const { to, yes, verify, json } = options
  const image = await imageOf(what, json === true, signal)
  if (typeof image === 'number') return image
  const drive = await driveFor(to, image, (await stat(image)).size, signal)
  if (!yes) await ask(drive, signal)
  const done = await flash({
    image,
    drive,
    verify,
    signal,
    onProgress: ({ phase, done: bytes, total }) => {
      if (json) console.log(JSON.stringify({ phase, done: bytes, total }))
      else if (process.stderr.isTTY) process.stderr.write(`\r${PHASES[phase]}${total > 0 ? ` ${Math.floor((bytes / total) * 100)} %` : ''}\u001B[K`)
    },
  })
  if (!json && process.stderr.isTTY) process.stderr.write('\r\u001B[K')
  if (json) console.log(JSON.stringify(done))
  else {
    console.log(`${done.bytes} bytes written to ${drive.path}${done.verified ? ' and read back without a difference' : ', not read back'}. SHA-256 ${done.sha256}`)
    console.log('Take the drive out. Boot it: press F12 (or Esc, F10, Del) when the computer starts, and pick the drive, by UEFI or legacy.')
  }
  return EXIT.ok
}

/** A file as it is; a project's image after a build. */
async function imageOf(what: string, quiet: boolean, signal: AbortSignal): Promise<string | number> {
  const path = resolve(what)
  if ((await stat(path)).isFile()) return path
  const { result } = await new Builder().build(path, { onLog: printLog(quiet ? process.stderr : process.stdout), signal })
  return result.ok && result.imagePath !== undefined ? result.imagePath : buildExitCode(result)
}

async function ask({ path, name, bytes, volumes, reasons }: JudgedDrive, signal: AbortSignal): Promise<void> {
  if (!process.stdin.isTTY) throw new LabError({ code: 'unconfirmed', what: 'Writing was not confirmed.', where: path, why: 'Nobody can be asked here: there is no terminal.', next: `Add --yes if all of ${name} may be erased.` })
  console.log(`Everything on ${name} (${path}, ${(bytes / 1e9).toFixed(1)} GB, ${volumes.length} partition${volumes.length === 1 ? '' : 's'}) will be erased.`)
  for (const reason of reasons) console.log(`  ${reason}`)
  const prompt = createInterface({ input: process.stdin, output: process.stdout })
  try {
    const answer = await prompt.question(`Type the drive’s name, ${name}, to erase it: `, { signal })
    if (answer.trim() !== name) throw new LabError({ code: 'unconfirmed', what: 'That is not the drive’s name: nothing was written.', where: path, next: 'Look at the drive again, and repeat the command.' })
  } finally {
    prompt.close()
  }
}
