/**
 * Paths as FAT allows them, and how many places of a directory they take. Source: FAT32 File System Specification 1.03, "FAT Long Directory
 * Entries": 13 UTF-16 units to a place, at most 255; short names cover 8.3 in one case. CDs take the same paths, so that both hold the same files.
 */
import { ImageError } from './errors'

const MAX_NAME_UNITS = 255
const UNITS_PER_PLACE = 13
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const FORBIDDEN = /[\u0000-\u001f\u007f"*:<>?\\|]/

/** The folders that paths need, and the size of each. */
export class FatDirectories {
  /** Every folder below the root, each after the one it lies in. */
  readonly paths: readonly string[]
  readonly #places: ReadonlyMap<string, number>

  /** @throws ImageError when a path is none on FAT, or two are the same there. */
  constructor(files: readonly string[], where: string, medium = 'a FAT volume') {
    const badPath = (path: string, reason: string): ImageError => refusal(path, reason, medium, where)
    const places = new Map<string, number>([['', 0]])
    const paths: string[] = []
    const taken = new Map<string, 'file' | 'folder'>()
    for (const file of files) {
      const names = file.split('/').filter((name, index) => index > 0 || name !== '')
      const final = names.pop()
      if (final === undefined) throw badPath(file, 'it is empty')
      let parent = ''
      for (const name of [...names, final]) {
        const reason = whyNot(name)
        if (reason !== undefined) throw badPath(file, reason)
      }
      for (const name of names) {
        const path = `${parent}/${name}`.toLowerCase()
        if (taken.get(path) === 'file') throw badPath(file, `${path} is a file, too`)
        if (!taken.has(path)) {
          taken.set(path, 'folder')
          paths.push(`${parent}/${name}`)
          // The entries . and .. of the new folder.
          places.set(path, 2)
          places.set(parent.toLowerCase(), (places.get(parent.toLowerCase()) ?? 0) + placesFor(name))
        }
        parent = `${parent}/${name}`
      }
      const path = `${parent}/${final}`.toLowerCase()
      if (taken.has(path)) throw badPath(file, 'another one has the same name, or one that differs only in case')
      taken.set(path, 'file')
      places.set(parent.toLowerCase(), (places.get(parent.toLowerCase()) ?? 0) + placesFor(final))
    }
    this.paths = paths
    this.#places = places
  }

  /** Places of each directory, the root first, where `more` are taken besides. */
  places(more: number): number[] {
    const [root = 0, ...others] = this.#places.values()
    return [root + more, ...others]
  }
}

/** At most: a name that needs no long one takes one place. */
function placesFor(name: string): number {
  return 1 + Math.ceil(name.length / UNITS_PER_PLACE)
}

function whyNot(name: string): string | undefined {
  if (name === '' || name === '.' || name === '..') return `"${name}" is no name`
  if (name.length > MAX_NAME_UNITS) return `"${name.slice(0, 20)}…" has ${name.length} characters, and names have at most ${MAX_NAME_UNITS}`
  if (FORBIDDEN.test(name)) return `"${name}" has one of the signs " * : < > ? \\ | or a control character`
  if (/\p{Surrogate}/u.test(name)) return `"${name}" is no Unicode text`
  if (/^ |[ .]$/.test(name)) return `"${name}" begins or ends with a space or ends with a dot`
  return undefined
}

function refusal(path: string, reason: string, medium: string, where: string): ImageError {
  return new ImageError({
    what: `"${path}" cannot be a path on ${medium}: ${reason}.`,
    where,
    why: 'Firmware and operating systems would not find it.',
    next: 'Choose another name for the file on the volume.',
  })
}
