/** What a file is, and what could boot it. */
import { inspectFile, type Inspection } from '../image'
import { readInput } from './services'

export type { Inspection } from '../image'

/** @throws LabError, ImageError when the file cannot be read or is damaged */
export async function inspectInput(path: string): Promise<Inspection> {
  return inspectFile(await readInput(path), path)
}
