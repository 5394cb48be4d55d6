/** Which image is meant, and what it is. */
import { stat } from 'node:fs/promises'
import { basename, isAbsolute, resolve } from 'node:path'
import { LabError } from '../../shared/failure'
import type { ExamineEnd, ExamineEvent, ImageSource } from '../../shared/usb'
import { imageParts } from '../image'
import { openProject, type Project } from '../project'
import { imageFacts, openImage } from '../usb'
import type { Builder } from './builder'
import { imagePathOf, imageSettings } from './image-settings'

/** Enough for tables, boot code and the start of most volumes. */
const HEAD_BYTES = 64 << 20

export interface ExamineOptions {
  builder: Builder
  onEvent: (event: ExamineEvent) => void
  signal: AbortSignal
}

/**
 * Builds a project's image, where one is meant, and reads the image to its end.
 * @throws LabError when there is none, or it is damaged; ProjectError; the signal's reason
 */
export async function examineImage(source: ImageSource, { builder, onEvent, signal }: ExamineOptions): Promise<ExamineEnd> {
  requireAbsolute(source)
  if (source.type === 'project') {
    onEvent({ phase: 'building', done: 0, total: 0 })
    const { result } = await buildRaw(builder, source.directory, signal)
    if (!result.ok) return { type: 'not-built', problems: result.problems }
  }
  const path = await imagePath(source)
  onEvent({ phase: 'reading', done: 0, total: 0 })
  const { bytes, packed, sha256 } = await imageFacts(path, { signal, onProgress: (done, total) => onEvent({ phase: 'reading', done, total }) })
  const { parts, remarks } = imageParts(await readHead(path, bytes, signal), bytes, path)
  return { type: 'image', image: { path, name: basename(path), bytes, ...(packed && { packed }), sha256, layout: parts, remarks } }
}

/**
 * The image file of a source, as it is.
 * @throws LabError when it is missing or no file
 */
export async function imagePath(source: ImageSource): Promise<string> {
  requireAbsolute(source)
  const path = source.type === 'file' ? resolve(source.path) : rawPathOf(await openProject(source.directory))
  const found = await stat(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error) return undefined
    throw error
  })
  if (found?.isFile()) return path
  const next = source.type === 'file' ? 'Check the path.' : 'Build the project.'
  throw new LabError({ code: 'not-found', what: found ? 'This is not a file.' : 'There is no such file.', where: path, why: 'An image is a file with the bytes of a disk.', next })
}

/** @throws LabError for a relative path: a page knows no working directory */
function requireAbsolute(source: ImageSource): void {
  const path = source.type === 'file' ? source.path : source.directory
  if (!isAbsolute(path)) throw new LabError({ code: 'bad-request', what: 'The path is not absolute.', where: path, next: 'Write it from the root of the disk.' })
}

/** A stick takes the raw disk, whatever format the project is for. */
function rawPathOf(project: Project): string {
  return imagePathOf(project, { ...imageSettings(project), format: 'raw' })
}

async function buildRaw(builder: Builder, directory: string, signal: AbortSignal): ReturnType<Builder['build']> {
  const project = await openProject(directory).catch(() => undefined)
  // What is wrong with the manifest, the build tells.
  if (project === undefined || imageSettings(project).format === 'raw') return builder.build(directory, { signal })
  return builder.build(directory, { signal, output: rawPathOf(project), image: { format: 'raw' } })
}

async function readHead(path: string, bytes: number, signal: AbortSignal): Promise<Uint8Array> {
  const head = new Uint8Array(Math.min(bytes, HEAD_BYTES))
  const image = await openImage(path, signal)
  try {
    for (let done = 0; done < head.length; ) {
      const read = await image.read(head.subarray(done))
      if (read === 0) throw new LabError({ code: 'file-changed', what: 'The image became shorter while it was read.', where: path, next: 'Try again.' })
      done += read
    }
    return head
  } finally {
    await image.close()
  }
}
