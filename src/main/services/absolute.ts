import { isAbsolute, resolve } from 'node:path'
import { LabError } from '../../shared/failure'

/** @throws LabError for a relative path: a page knows no working directory */
export function absolute(path: string): string {
  if (isAbsolute(path)) return resolve(path)
  throw new LabError({ code: 'bad-request', what: 'The path is not absolute.', where: path, next: 'Write it from the root of the disk.' })
}
