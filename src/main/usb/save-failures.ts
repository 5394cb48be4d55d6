/** Errors of operating systems as failures that say what to do about a file that could not be saved. */
import { LabError } from '../../shared/failure'
import { codeOf } from './writer/failures'

interface Saying {
  code: string
  what: string
  next: string
}

const FULL: Saying = { code: 'disk-full', what: 'The disk is full.', next: 'Make room, choose another disk, or save the image packed (.zst, .gz).' }
const FORBIDDEN: Saying = { code: 'no-permission', what: 'The system does not allow writing this file.', next: 'Choose another folder.' }

/** By the system's code (errno(3)). */
const SAYINGS: Readonly<Record<string, Saying>> = {
  ENOSPC: FULL,
  EDQUOT: { ...FULL, what: 'Your share of the disk is used up.' },
  EFBIG: { code: 'too-large', what: 'This file system does not hold files so large.', next: 'Choose another disk (FAT32 ends at 4 GiB), or save the image packed (.zst, .gz).' },
  EROFS: { code: 'write-protected', what: 'The disk is write-protected.', next: 'Choose another one.' },
  EACCES: FORBIDDEN,
  EPERM: FORBIDDEN,
  EBUSY: { code: 'busy', what: 'The file is in use by another program.', next: 'Close it there, or choose another name.' },
  EIO: { code: 'medium', what: 'The disk reports that it could not keep what was written.', next: 'Save the image to another disk.' },
  ENOENT: { code: 'not-found', what: 'There is no such folder.', next: 'Make the folder, or choose another one.' },
  ENOTDIR: { code: 'not-found', what: 'There is no such folder.', next: 'Make the folder, or choose another one.' },
  ENAMETOOLONG: { code: 'bad-input', what: 'The name is too long.', next: 'Choose a shorter one.' },
}

/** What is told of an error when saving to a file ended; our own errors are told as they are. */
export function saveFailure(error: unknown, to: string): unknown {
  const saying = SAYINGS[codeOf(error)]
  if (error instanceof LabError || !saying) return error
  return new LabError({ code: saying.code, what: saying.what, where: to, why: 'Nothing of it is left behind; a file that had this name is as it was.', next: saying.next }, { cause: error })
}
