/** Writing an image to a drive: what is asked before, and the process that does it. */
import type { RestoreFileSystem } from '../../shared/usb'
import { LabError } from '../../shared/failure'
import { hostProgram } from '../toolchain'
import { type PolicyContext, writeInProcess, type WriteDone, type WriterOptions, type WriteTask } from '../usb'
import { judgedDrives, keptPaths, resolved, type JudgedDrive } from './drives'
import { locate } from './locations'

export { saveImage, sizeText } from '../usb'

/** Whether a path is meant as a drive, be there one or not; any other is a file. `/dev/shm` holds files. */
export function isDrivePath(path: string, platform: NodeJS.Platform = process.platform): boolean {
  return platform === 'win32' ? /^\\\\[.?]\\/.test(path) : /^\/dev(?!\/shm\/)(\/|$)/.test(path)
}

/**
 * The drive with its verdict, for an image of this path, or for no image.
 * @param path the drive's own, or a link to it, such as one of /dev/disk/by-id
 * @throws LabError when there is no such drive, or it must not be written
 */
export async function driveFor(path: string, image: string | undefined, neededBytes: number, signal?: AbortSignal): Promise<JudgedDrive> {
  const [drives, device] = await Promise.all([judgedDrives({ neededBytes, keep: image === undefined ? [] : [{ path: image, what: 'The image' }], signal }), resolved(path)])
  const drive = drives.find((one) => one.path === path || one.path === device)
  if (!drive) throw new LabError({ code: 'not-found', what: 'There is no such drive.', where: path, why: `The drives of this computer are: ${drives.map((one) => one.path).join(', ') || 'none'}.`, next: 'A drive is written as a whole, not a partition of it. “bootlab drives” lists those that can be.' })
  if (drive.verdict === 'refused') throw new LabError({ code: 'refused', what: 'This drive must not be written.', where: path, why: drive.reasons.join(' '), next: 'Choose another drive: “bootlab drives” lists those that can be written.' })
  return drive
}

export interface FlashOptions {
  image: string
  drive: JudgedDrive
  verify: boolean
  onProgress: WriterOptions['onProgress']
  onRemark?: WriterOptions['onRemark']
  signal?: AbortSignal | undefined
}

/** Writes an image to a drive that the person has confirmed. @throws LabError */
export async function flash({ image, ...options }: FlashOptions): Promise<WriteDone> {
  return start({ task: 'image', image }, options, [{ path: image, what: 'The image' }])
}

export interface RestoreOptions extends Omit<FlashOptions, 'image'> {
  fileSystem: RestoreFileSystem
  /** At most 11 characters; empty for none. */
  label: string
}

/** Gives a drive that the person has confirmed one partition with an empty file system. @throws LabError */
export async function restore({ fileSystem, label, ...options }: RestoreOptions): Promise<WriteDone> {
  return start({ task: 'restore', fileSystem, label }, options, [])
}

async function start(task: WriteTask, { drive, verify, onProgress, onRemark, signal }: Omit<FlashOptions, 'image'>, more: PolicyContext['keep']): Promise<WriteDone> {
  return writeInProcess({
    entry: locate().usbWriter,
    compile: (source) => hostProgram(source, { signal }),
    request: { ...task, drive: drive.path, identity: drive.identity, confirmed: true, verify, keep: await keptPaths(more) },
    onProgress,
    ...(onRemark && { onRemark }),
    signal,
  })
}
