/** What a file is, and what could boot it. */
import type { Inspection } from '../../shared/inspection'
import { inspectFile, type InspectOptions } from '../image'
import { readInput } from './services'

/** @throws LabError, ImageError when the file cannot be read or is damaged */
export async function inspectInput(path: string, options: InspectOptions = {}): Promise<Inspection> {
  return inspectFile(await readInput(path), path, options)
}
