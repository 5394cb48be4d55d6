/** `bootlab flash` and `bootlab restore`. */
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { Builder } from '../main/services/builder'
import type { JudgedDrive } from '../main/services/drives'
import { driveFor, flash, isDrivePath, restore, saveImage, sizeText } from '../main/services/flash'
import type { RestoreFileSystem } from '../shared/usb'
import { LabError } from '../shared/failure'
import { buildExitCode, printLog } from './build-log'
import { EXIT } from './exit-codes'
import { ProgressLine } from './progress-line'

interface WriteOptions {
  to: string
  /** All of the drive may be erased, or the file replaced; nobody is asked. */
  yes?: true
  verify: boolean
  json?: true
}

export type FlashCommandOptions = WriteOptions

export interface RestoreCommandOptions extends WriteOptions {
  fileSystem: RestoreFileSystem
  label: string
}

/** Writes to a drive or, for any other path, to a file. */
export async function flashCommand(what: string, options: FlashCommandOptions, signal: AbortSignal): Promise<number> {
  const image = await imageOf(what, options.json === true, signal)
  if (typeof image === 'number') return image
  return isDrivePath(options.to) ? toDrive(image, options, signal) : toFile(image, options, signal)
}

async function toDrive(image: string, { to, yes, verify, json }: FlashCommandOptions, signal: AbortSignal): Promise<number> {
  const drive = await driveFor(to, image, (await stat(image)).size, signal)
  if (!yes) await ask(drive, signal)
  const progress = new ProgressLine(json === true)
  const done = await flash({ image, drive, verify, signal, onProgress: progress.show, onRemark: remark })
  progress.end()
  if (json) console.log(JSON.stringify(done))
  else {
    console.log(`${done.bytes} bytes written to ${drive.path}${done.verified ? ' and read back without a difference' : ', not read back'}. SHA-256 ${done.sha256}`)
    console.log(`${TAKE_OUT} Boot it: press F12 (or Esc, F10, Del) when the computer starts, and pick the drive, by UEFI or legacy.`)
  }
  return EXIT.ok
}

const TAKE_OUT = 'Take the drive out.'

/** What does not keep the drive from being written, but is good to know for somebody who sits there. */
const remark = (text: string): void => void (process.stderr.isTTY && console.error(`\r\u001B[K${text}`))

async function toFile(image: string, { to, yes, verify, json }: FlashCommandOptions, signal: AbortSignal): Promise<number> {
  const path = resolve(to)
  if (!yes && (await exists(path))) throw new LabError({ code: 'exists', what: 'There is a file of this name.', where: path, why: 'It would be replaced.', next: 'Choose another name, or add --yes.' })
  const progress = new ProgressLine(json === true)
  const done = await saveImage({ image, to: path, verify, signal, onProgress: (phase, bytes, total) => progress.show({ phase, done: bytes, total }) })
  progress.end()
  if (json) console.log(JSON.stringify({ path, ...done }))
  else console.log(`${done.bytes} bytes written to ${path}${done.fileBytes === done.bytes ? '' : ` (${done.fileBytes} bytes packed)`}${verify ? ' and read back without a difference' : ', not read back'}. SHA-256 of the image ${done.sha256}`)
  return EXIT.ok
}

/** Makes a drive normal again. */
export async function restoreCommand({ to, yes, verify, json, fileSystem, label }: RestoreCommandOptions, signal: AbortSignal): Promise<number> {
  const drive = await driveFor(to, undefined, 1, signal)
  if (!yes) await ask(drive, signal)
  const progress = new ProgressLine(json === true)
  const done = await restore({ drive, fileSystem, label, verify, signal, onProgress: progress.show, onRemark: remark })
  progress.end()
  if (json) console.log(JSON.stringify(done))
  else console.log(`${drive.path} has one partition of ${sizeText(drive.bytes)} with an empty file system, ${done.made?.fileSystem ?? 'as asked'}${done.made?.label ? `, named ${done.made.label}` : ''}. ${TAKE_OUT}`)
  return EXIT.ok
}

/** A file as it is; a project's image after a build. */
async function imageOf(what: string, quiet: boolean, signal: AbortSignal): Promise<string | number> {
  const path = resolve(what)
  if ((await stat(path)).isFile()) return path
  const { result } = await new Builder().build(path, { onLog: printLog(quiet ? process.stderr : process.stdout), signal })
  return result.ok && result.imagePath !== undefined ? result.imagePath : buildExitCode(result)
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}

async function ask({ path, name, bytes, volumes, reasons }: JudgedDrive, signal: AbortSignal): Promise<void> {
  if (!process.stdin.isTTY) throw new LabError({ code: 'unconfirmed', what: 'Writing was not confirmed.', where: path, why: 'Nobody can be asked here: there is no terminal.', next: `Add --yes if all of ${name} may be erased.` })
  console.log(`Everything on ${name} (${path}, ${sizeText(bytes)}, ${volumes.length} partition${volumes.length === 1 ? '' : 's'}) will be erased.`)
  for (const reason of reasons) console.log(`  ${reason}`)
  const prompt = createInterface({ input: process.stdin, output: process.stdout })
  try {
    const answer = await prompt.question(`Type the drive’s name, ${name}, to erase it: `, { signal })
    if (answer.trim() !== name) throw new LabError({ code: 'unconfirmed', what: 'That is not the drive’s name: nothing was written.', where: path, next: 'Look at the drive again, and repeat the command.' })
  } finally {
    prompt.close()
  }
}
