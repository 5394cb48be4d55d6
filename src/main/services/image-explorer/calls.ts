/** What the doors offer of exploring images. Which files may be looked at is decided here. */
import { realpath } from 'node:fs/promises'
import { isAbsolute, relative, sep } from 'node:path'
import type { Handlers } from '../../../shared/channel'
import { LabError } from '../../../shared/failure'
import type { imageCalls } from '../../../shared/image-explorer'
import type { ImageSource } from '../../../shared/usb'
import { openProject } from '../../project'
import { absolute } from '../absolute'
import { imagePathOf, imageSettings } from '../image-settings'
import { pathInProject } from '../source-path'
import { imageFileNotAllowed } from '../usb-calls'
import type { Ask } from './messages'

export interface ExplorerOptions {
  ask: Ask
  /** Image files anywhere may be read. Else only a project's own, in its folder. */
  anyFile: boolean
}

export function imageHandlers({ ask, anyFile }: ExplorerOptions): Pick<Handlers['calls'], keyof typeof imageCalls> {
  const pathOf = async (source: ImageSource): Promise<string> => {
    if (source.type === 'file') {
      if (!anyFile) throw imageFileNotAllowed()
      return absolute(source.path)
    }
    const directory = absolute(source.directory)
    const project = await openProject(directory)
    const path = imagePathOf(project, imageSettings(project))
    if (!anyFile) await requireInside(directory, path)
    return path
  }

  return {
    'image.inspect': async ({ source }) => ask('inspect', { path: await pathOf(source) }),
    'image.bytes': async ({ source, ...rest }) => ({ data: Buffer.from(await ask('read', { path: await pathOf(source), ...rest })).toString('base64') }),
    'image.at': async ({ source, ...rest }) => {
      const origin = await ask('at', { path: await pathOf(source), ...rest })
      const path = origin.source && source.type === 'project' ? pathInProject(source.directory, origin.source.file) : undefined
      return origin.source && path !== undefined ? { ...origin, source: { ...origin.source, path } } : origin
    },
    'image.find': async ({ source, ...rest }) => ({ places: await ask('find', { path: await pathOf(source), ...rest }) }),
  }
}

/** A link in a project must not lead to somebody's other files. A file that is not there is told by who opens it. */
async function requireInside(directory: string, path: string): Promise<void> {
  const real = await realpath(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error) return undefined
    throw error
  })
  if (real === undefined) return
  const way = relative(await realpath(directory), real)
  if (way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)) throw new LabError({ ...imageFileNotAllowed().failure, where: path })
}
