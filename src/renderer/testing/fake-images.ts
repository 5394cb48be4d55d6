/** Services for tests of the image explorer: a disk with a boot sector, and a kernel in it with one function. */
import type { Handlers } from '../../shared/channel'
import { LabError } from '../../shared/failure'
import type { imageCalls, MappedPiece } from '../../shared/image-explorer'
/** The fake project's. */
const DIRECTORY = '/projects/demo'

const piece = (depth: number, role: MappedPiece['role'], name: string, offset: number, bytes: number): MappedPiece => ({ depth, role, name, offset, bytes, base: 0, facts: [], remarks: [] })

export const FAKE_PIECES: readonly MappedPiece[] = [
  piece(0, 'disk', '', 0, 4096),
  piece(1, 'stage1', '', 0, 440),
  piece(1, 'unused', '', 440, 584),
  piece(1, 'kernel', '/kernel', 1024, 1024),
  piece(2, 'code', '.text', 1024, 512),
  piece(3, 'function', 'main', 1024, 512),
  piece(2, 'padding', '', 1536, 512),
  piece(1, 'unused', '', 2048, 2048),
]

export function createFakeImages(log: string[]) {
  /** Counts up with each change of the image. */
  const fake = { version: 1, built: true }
  const check = (version: string): void => {
    if (version !== String(fake.version)) throw new LabError({ code: 'file-changed', what: 'Another image.' })
  }
  const calls: Pick<Handlers['calls'], keyof typeof imageCalls> = {
    'image.inspect': async ({ source }) => {
      log.push(`inspect ${source.type === 'file' ? source.path : source.directory}`)
      if (!fake.built) throw new LabError({ code: 'not-found', what: 'There is no such file.' })
      return { path: source.type === 'file' ? source.path : `${DIRECTORY}/build/demo.img`, version: String(fake.version), bytes: 4096, pieces: [...FAKE_PIECES], leftOut: 0 }
    },
    'image.bytes': async ({ version, offset, length }) => {
      check(version)
      return { data: btoa(String.fromCharCode(...Array.from({ length: Math.min(length, 4096 - offset) }, (_, index) => (offset + index) & 0xff))) }
    },
    'image.at': async ({ version, offset }) => {
      check(version)
      return { offset, chain: [], source: { file: 'kernel.c', line: 3, path: 'kernel.c', declared: false } }
    },
    'image.find': async ({ version, thing }) => {
      check(version)
      if ('symbol' in thing && thing.symbol === 'main') return { places: [{ offset: 1024, bytes: 512 }, { offset: 3000, bytes: 4 }] }
      if ('path' in thing && thing.path === 'kernel') return { places: [{ offset: 1024, bytes: 1024 }] }
      throw new LabError({ code: 'not-found', what: 'Not there.' })
    },
  }
  return { calls, fake }
}
