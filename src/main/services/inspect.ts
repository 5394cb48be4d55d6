/** What a file is, what could boot it, and where its bytes come from. */
import type { FileMap, Inspection, Origin } from '../../shared/inspection'
import { fileInside, inspectFile, type InspectOptions, mapFile, originOf } from '../image'
import { readInput } from './services'

export interface InspectRequest extends InspectOptions {
  /** A file on a volume of the image, in place of the image. */
  inside?: string | undefined
}

/** @throws LabError, ImageError when the file cannot be read or is damaged */
export async function inspectInput(path: string, { inside, ...options }: InspectRequest = {}): Promise<Inspection> {
  const { bytes, where } = await open(path, inside)
  return inspectFile(bytes, where, options)
}

/** @throws LabError, ImageError when the file cannot be read */
export async function mapInput(path: string, inside?: string): Promise<FileMap> {
  const { bytes, where } = await open(path, inside)
  return mapFile(bytes, where)
}

/** @throws LabError, ImageError when the file cannot be read or ends before the offset */
export async function originInput(path: string, offset: number, inside?: string): Promise<Origin> {
  const { bytes, where } = await open(path, inside)
  return originOf(bytes, offset, where)
}

async function open(path: string, inside: string | undefined): Promise<{ bytes: Uint8Array; where: string }> {
  const bytes = await readInput(path)
  return inside === undefined ? { bytes, where: path } : { bytes: fileInside(bytes, inside, path), where: `${path}: ${inside}` }
}
