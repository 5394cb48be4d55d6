/** Writing an image to a drive: what is asked before, and the process that does it. */
import type { RestoreFileSystem } from '../../shared/drives'
import { LabError } from '../../shared/failure'
import { writeInProcess, type WriteDone, type WriterOptions } from '../usb'
import { judgedDrives, keptPaths, type JudgedDrive } from './drives'
import { locate } from './locations'

/**
 * The drive with its verdict, for an image of this path, or for no image.
 * @throws LabError when there is no such drive, or it must not be written
 */
export async function driveFor(path: string, image: string | undefined, neededBytes: number, signal?: AbortSignal): Promise<JudgedDrive> {
  const drives = await judgedDrives({ neededBytes, keep: image === undefined ? [] : [{ path: image, what: 'The image' }], signal })
  const drive = drives.find((one) => one.path === path)
  if (!drive) throw new LabError({ code: 'not-found', what: 'There is no such drive.', where: path, why: `The drives of this computer are: ${drives.map((one) => one.path).join(', ') || 'none'}.`, next: 'A drive is written as a whole, not a partition of it. “bootlab drives” lists those that can be.' })
  if (drive.verdict === 'refused') throw new LabError({ code: 'refused', what: 'This drive must not be written.', where: path, why: drive.reasons.join(' '), next: 'Choose another drive: “bootlab drives” lists those that can be written.' })
  return drive
}

export interface FlashOptions {
  image: string
  drive: JudgedDrive
  verify: boolean
  onProgress: WriterOptions['onProgress']
  signal?: AbortSignal | undefined
}

/** Writes an image to a drive that the person has confirmed. @throws LabError */
export async function flash({ image, drive, verify, onProgress, signal }: FlashOptions): Promise<WriteDone> {
  const keep = await keptPaths([{ path: image, what: 'The image' }])
  return writeInProcess({ entry: locate().usbWriter, request: { task: 'image', image, drive: drive.path, identity: drive.identity, confirmed: true, verify, keep }, onProgress, signal })
}

export interface RestoreOptions extends Omit<FlashOptions, 'image'> {
  fileSystem: RestoreFileSystem
  label: string
}

/** Gives a drive that the person has confirmed one partition with an empty file system. @throws LabError */
export async function restore({ drive, fileSystem, label, verify, onProgress, signal }: RestoreOptions): Promise<WriteDone> {
  return writeInProcess({ entry: locate().usbWriter, request: { task: 'restore', fileSystem, label, drive: drive.path, identity: drive.identity, confirmed: true, verify, keep: await keptPaths([]) }, onProgress, signal })
}
