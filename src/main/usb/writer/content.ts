/** What a job puts on a drive: an image, or an empty file system. */
import { randomBytes } from 'node:crypto'
import type { Drive } from '../../../shared/drives'
import type { FormatPiece } from '../format/sparse-medium'
import type { WriteRequest } from './protocol'
import type { OpenImage } from './source'
import type { Extent, ImageSource } from './write-image'

export interface Content {
  /** The drive must hold at least as much. */
  neededBytes: number
  /** Bytes and places, once the drive is known. */
  on(drive: Drive): Promise<{ source: ImageSource; extents: readonly Extent[]; made?: { fileSystem: string; label: string } }>
  close(): Promise<void>
}

export async function contentOf(request: WriteRequest, openImage: (path: string) => Promise<OpenImage>): Promise<Content> {
  if (request.task === 'restore') return restoredContent(request)
  const image = await openImage(request.image)
  return { neededBytes: image.bytes, on: async () => ({ source: image, extents: [{ position: 0, bytes: image.bytes }] }), close: () => image.close() }
}

function restoredContent({ fileSystem, label }: WriteRequest & { task: 'restore' }): Content {
  return {
    neededBytes: 1,
    on: async ({ bytes, sectorBytes }) => {
      // Read only when it is wanted: FatFs would make every writer start later.
      const { planFormat } = await import('../format/plan')
      const plan = await planFormat({ bytes, sectorBytes, fileSystem, label, serial: randomBytes(4).readUInt32LE(), now: new Date() })
      return {
        source: sourceOfPieces(plan.pieces),
        extents: plan.pieces.map((piece) => ({ position: piece.position, bytes: lengthOf(piece) })),
        made: { fileSystem: plan.fileSystem, label: plan.label },
      }
    },
    close: async () => {},
  }
}

const lengthOf = (piece: FormatPiece): number => ('zeros' in piece ? piece.zeros : piece.bytes.length)

/** The pieces' bytes one after the other. */
export function sourceOfPieces(pieces: readonly FormatPiece[]): ImageSource {
  let index = 0
  let place = 0
  return {
    bytes: pieces.reduce((sum, piece) => sum + lengthOf(piece), 0),
    read: async (into) => {
      for (; ; index++, place = 0) {
        const piece = pieces[index]
        if (!piece) return 0
        const length = Math.min(into.length, lengthOf(piece) - place)
        if (length <= 0) continue
        if ('zeros' in piece) into.fill(0, 0, length)
        else into.set(piece.bytes.subarray(place, place + length))
        place += length
        return length
      }
    },
  }
}
