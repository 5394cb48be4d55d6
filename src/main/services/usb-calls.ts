/** What the doors offer of writing to drives. A message alone never erases one: the person's consent comes with it and is checked here, the drive again in the writing process. */
import { lstat, realpath } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, basename } from 'node:path'
import type { Handlers } from '../../shared/channel'
import { type Failure, LabError, toFailure } from '../../shared/failure'
import type { DriveCondition, ImageSource, JudgedDrive, usbCalls, usbStreams, WriteFailure, WriteProgress } from '../../shared/usb'
import { CONDITIONS, saveImage, WriteFailed } from '../usb'
import type { Builder } from './builder'
import { watchDrives } from './drives'
import { driveFor, flash, restore } from './flash'
import { examineImage, imagePath } from './image-source'
import { paced } from './write-pace'

export interface UsbDialogs {
  pickFile?: ((title: string) => Promise<string | null>) | undefined
  pickSavePath?: ((title: string, name: string) => Promise<string | null>) | undefined
}

export interface UsbOptions extends UsbDialogs {
  builder: Builder
  /** Drives may be written, and image files anywhere be read and written. Else only a project's image may be looked at and saved in its folder. */
  canFlash: boolean
  /** What touches drives; tests have their own. */
  work?: UsbWork
}

export interface UsbWork {
  watchDrives: typeof watchDrives
  driveFor: typeof driveFor
  flash: typeof flash
  restore: typeof restore
}

export interface UsbHandlers {
  calls: Pick<Handlers['calls'], keyof typeof usbCalls>
  streams: Pick<Handlers['streams'], keyof typeof usbStreams>
}

export function usbHandlers({ builder, canFlash, pickFile, pickSavePath, work = { watchDrives, driveFor, flash, restore } }: UsbOptions): UsbHandlers {
  const jobs = new Map<string, AbortController>()

  const requireFlash = (): void => {
    if (!canFlash) throw notAllowed('Writing to drives is off here.')
  }
  const requireReadable = (source: ImageSource): void => {
    if (!canFlash && source.type === 'file') throw imageFileNotAllowed()
  }

  /** Runs one job that changes a drive, until its end, its client's end, or `drives.stop`. */
  async function run<Done extends object>(job: string, { emit, signal }: { emit: (progress: WriteProgress) => void; signal: AbortSignal }, todo: (options: JobOptions) => Promise<Done>): Promise<({ ok: true } & Done) | WriteFailure> {
    requireFlash()
    if (jobs.has(job)) throw new LabError({ code: 'bad-request', what: 'There is a job of this name.' })
    const stop = new AbortController()
    jobs.set(job, stop)
    let begun = false
    let last: WriteProgress = { phase: 'checking', done: 0, total: 0 }
    const tell = paced((progress) => emit((last = progress)))
    try {
      const done = await todo({
        signal: AbortSignal.any([signal, stop.signal]),
        onProgress: ({ phase, done: bytes, total }) => {
          begun ||= phase !== 'checking' && phase !== 'unmounting'
          tell({ phase, done: bytes, total })
        },
        onRemark: (remark) => emit({ ...last, remark }),
      })
      return { ok: true, ...done }
    } catch (error) {
      const condition = conditionAfter(error, begun)
      return { ok: false, failure: withoutCondition(toFailure(error), condition), condition }
    } finally {
      jobs.delete(job)
    }
  }

  return {
    calls: {
      'app.pickFile': async ({ title }) => (pickFile ? pickFile(title) : Promise.reject(noDialog())),
      'app.pickSavePath': async ({ title, name }) => (pickSavePath ? pickSavePath(title, name) : Promise.reject(noDialog())),
      // One that has ended needs no stop.
      'drives.stop': async ({ job }) => {
        jobs.get(job)?.abort()
        return null
      },
    },
    streams: {
      'drives.watch': async ({ neededBytes, source }, { emit, signal }) => {
        requireFlash()
        const keep = source ? [source.type === 'file' ? { path: source.path, what: 'The image' } : { path: source.directory, what: 'The project' }] : []
        await work.watchDrives({ neededBytes, keep, signal }, emit)
        return null
      },
      'images.examine': async ({ source }, { emit, signal }) => {
        requireReadable(source)
        return examineImage(source, { builder, onEvent: emit, signal })
      },
      'drives.write': ({ job, source, drive, identity, typedName, verify }, context) =>
        run(job, context, async (options) => {
          const image = await imagePath(source)
          const chosen = await work.driveFor(drive, image, (await lstat(await realpath(image))).size, options.signal)
          requireConsent(chosen, identity, typedName)
          const { sha256, bytes, verified, ejected } = await work.flash({ image, drive: chosen, verify, ...options })
          return { sha256, bytes, verified, ejected }
        }),
      'drives.restore': ({ job, drive, identity, typedName, verify, fileSystem, label }, context) =>
        run(job, context, async (options) => {
          const chosen = await work.driveFor(drive, undefined, 1, options.signal)
          requireConsent(chosen, identity, typedName)
          const { made, verified, ejected } = await work.restore({ drive: chosen, fileSystem, label, verify, ...options })
          if (!made) throw new Error('The writing process has not said what it made.')
          return { ...made, verified, ejected }
        }),
      'images.save': async ({ source, to, replace }, { emit, signal }) => {
        requireReadable(source)
        const path = await savePlace(to, canFlash || source.type === 'file' ? undefined : source.directory)
        const image = await imagePath(source)
        if ((await realpath(image)) === path) throw new LabError({ code: 'bad-input', what: 'This is the image itself.', where: path, next: 'Choose another name.' })
        const found = await lstat(path).catch(absent)
        if (found && !found.isFile()) throw new LabError({ code: 'bad-input', what: 'This is not a regular file.', where: path, why: 'The image would take its place.', next: 'Name a file.' })
        if (found && !replace) throw new LabError({ code: 'exists', what: 'There is a file of this name.', where: path, next: 'Choose another name, or replace it.' })
        const tell = paced(emit)
        const { sha256, bytes, fileBytes } = await saveImage({ image, to: path, verify: true, signal, onProgress: (phase, done, total) => tell({ phase, done, total }) })
        return { path, sha256, bytes, fileBytes }
      },
    },
  }
}

type JobOptions = Required<Pick<Parameters<UsbWork['flash']>[0], 'onProgress' | 'onRemark'>> & { signal: AbortSignal }

/** @throws LabError when it is another drive, or one that asks for its name and did not get it */
function requireConsent(drive: JudgedDrive, identity: string, typedName: string | undefined): void {
  if (drive.identity !== identity)
    throw new LabError({ code: 'drive-changed', what: 'This is another drive than the one you chose.', where: drive.path, why: 'Another drive or medium took its place, or its contents changed. What you agreed to erase was the other.', next: 'Choose the drive anew.' })
  if (drive.verdict === 'confirm' && typedName?.trim() !== drive.name.trim())
    throw new LabError({ code: 'unconfirmed', what: 'Erasing this drive was not confirmed.', where: drive.path, why: drive.reasons.join(' '), next: `Type the drive’s name, ${drive.name}, if all of it may be erased.` })
}

/** @param begun something may have been written: then nothing better can be promised */
function conditionAfter(error: unknown, begun: boolean): DriveCondition {
  if (error instanceof WriteFailed) return error.condition
  return begun ? 'blank' : 'unchanged'
}

/** On a terminal, what to do begins with what the drive is like; the window says that in its own place. */
function withoutCondition({ next, ...failure }: Failure, condition: DriveCondition): Failure {
  const rest = next?.startsWith(CONDITIONS[condition]) ? next.slice(CONDITIONS[condition].length).trim() : next
  return { ...failure, ...(rest && { next: rest }) }
}

/**
 * Where a path leads through links of its folders.
 * @param inside the only folder that it may lie in
 */
async function savePlace(to: string, inside: string | undefined): Promise<string> {
  if (!isAbsolute(to)) throw new LabError({ code: 'bad-request', what: 'The path is not absolute.', where: to, next: 'Write it from the root of the disk.' })
  const path = resolve(to)
  const folder = await realpath(dirname(path)).catch(absent)
  if (folder === undefined) throw new LabError({ code: 'not-found', what: 'There is no such folder.', where: dirname(path), next: 'Make it, or choose another.' })
  const way = inside === undefined ? '' : relative(await realpath(inside), folder)
  if (way === '..' || way.startsWith(`..${process.platform === 'win32' ? '\\' : '/'}`) || isAbsolute(way)) throw notAllowed('Images can be saved only in the project’s folder here.')
  return join(folder, basename(path))
}

function absent(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined
  throw error
}

/** Files anywhere are read for whoever started the lab, and not for a page. */
export function imageFileNotAllowed(): LabError {
  return notAllowed('Image files outside of projects cannot be opened here.')
}

function notAllowed(what: string): LabError {
  return new LabError({ code: 'not-allowed', what, why: 'A page in a browser gets power over drives and files only from the person who starts the lab.', next: 'Start it with “bootlab serve --allow-flash”; or write the image in a terminal with “bootlab flash”.' })
}

function noDialog(): LabError {
  return new LabError({ code: 'unsupported', what: 'The browser has no file dialog that tells paths.', next: 'Type the path.' })
}
