/** Errors of operating systems as failures that say what to do about the drive. */
import type { Failure } from '../../../shared/failure'
import { EndOfTarget } from './target'
import { VerifyError } from './write-image'

type Saying = Omit<Failure, 'where'>

/** By the system's code (errno(3)). */
const SAYINGS: Readonly<Record<string, Saying>> = {
  EROFS: { code: 'write-protected', what: 'The drive is write-protected.', why: 'It refused the first write.', next: 'Look for a switch on the stick or card; if it has none, it may be worn out and have locked itself.' },
  EPERM: { code: 'no-permission', what: 'The system does not allow writing to this drive.', why: 'It needs an administrator’s permission.', next: 'Give the permission when you are asked, or run the command as administrator.' },
  EACCES: { code: 'no-permission', what: 'The system does not allow writing to this drive.', why: 'It needs an administrator’s permission.', next: 'Give the permission when you are asked, or run the command as administrator.' },
  EBUSY: { code: 'busy', what: 'The drive is in use by another program.', why: 'A file manager, a disk tool or an opened encrypted volume holds it.', next: 'Close it there, and try again.' },
  EIO: { code: 'medium', what: 'The drive reports that it could not keep what was written.', why: 'The medium or its connection is bad.', next: 'Try another port, without a hub; if it happens again, the drive is worn out.' },
  ENODEV: { code: 'gone', what: 'The drive vanished while it was written.', why: 'It was unplugged, or lost its connection.', next: 'Plug it in again, if need be to another port, and write the image again.' },
  ENXIO: { code: 'gone', what: 'The drive vanished while it was written.', why: 'It was unplugged, or lost its connection.', next: 'Plug it in again, if need be to another port, and write the image again.' },
  ENOENT: { code: 'not-found', what: 'The drive or the image is not there any more.', why: 'It was unplugged or deleted.', next: 'Plug it in again, or choose another image.' },
  ENOSPC: { code: 'too-small', what: 'The drive ended before the image did.', why: 'It is smaller than it says. Counterfeit sticks are.', next: 'Use another drive.' },
  EINVAL: { code: 'medium', what: 'The drive does not take blocks of this size.', why: 'Its sectors are larger than it said.', next: 'Report this drive’s model to us; use another one meanwhile.' },
}

/** The system's code of an error; empty when it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

export function failureOf(error: unknown, drive: string): Failure {
  if (error instanceof VerifyError)
    return { code: 'verify', what: `The drive gives back other bytes than were written, from byte ${error.position} on.`, where: drive, why: 'Its memory is worn out or counterfeit, or its connection is bad.', next: 'Try another port, or another drive.' }
  if (error instanceof EndOfTarget) return { ...said('ENOSPC'), where: drive }
  const saying = SAYINGS[codeOf(error)]
  if (saying) return { ...saying, where: drive }
  return { code: 'internal', what: 'Writing failed.', where: drive, why: error instanceof Error ? error.message : String(error), next: 'Try again; if it happens again, report it.' }
}

function said(code: string): Saying {
  const saying = SAYINGS[code]
  if (!saying) throw new RangeError(`There is no sentence for ${code}.`)
  return saying
}
