/** A file on a volume of a disk, to be inspected by itself. */
import { hex, ImageError } from '../errors'
import { openContainer } from './container'
import { looksLikeDisk, readDisk } from './disk'
import { contentOf } from './volumes'

/**
 * @param path as an inspection lists it, in any case; the first volume that has it counts
 * @throws ImageError when no volume has such a file, or it cannot be read whole
 */
export function fileInside(file: Uint8Array, path: string, where = 'disk image'): Uint8Array {
  const { bytes } = openContainer(file, where)
  const volumes = looksLikeDisk(bytes) ? readDisk(bytes, where).volumes : []
  const wanted = path.toLowerCase()
  for (const { bytes: content, volume } of volumes) {
    const found = volume.files.find((each) => !each.directory && each.path.toLowerCase() === wanted)
    if (found && found.problem === undefined) return contentOf(content, found)
    if (found) throw new ImageError({ what: `The file ${found.path} cannot be read whole: ${found.problem}.`, where, why: 'The rest of it is not known.', next: 'Build the image again.' })
  }
  const places = volumes.map(({ offset, volume }) => `${volume.kind} at ${hex(offset)}`)
  throw new ImageError({
    what: `There is no file ${path}.`,
    where,
    why: places.length === 0 ? 'The file holds no volume that Bootlab can read.' : `It was looked for in: ${places.join(', ')}.`,
    next: 'See what there is with bootlab inspect.',
  })
}
