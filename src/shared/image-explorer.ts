/**
 * The image explorer: what every byte of an image is, and where things lie in it. Offsets and lengths are bytes of the disk: of the file, or
 * of what is inside it where that is a virtual disk or packed.
 */
import * as z from 'zod'
import { hexSchema } from './hex'
import { imageSourceSchema } from './usb'

/** Most bytes that are sent at once. */
export const MAX_IMAGE_BYTES = 64 * 1024

/** What a piece of an image is for. */
export const PIECE_ROLES = [
  // The whole of it.
  'disk', 'cd', 'program', 'bytes',
  // What a disk begins with.
  'stage1', 'stage2', 'boot-code', 'stage2-pointer', 'partition-table', 'boot-signature', 'gpt-header', 'gpt-entries', 'partition',
  // Volumes.
  'fat-volume', 'iso-volume', 'raw-volume', 'fat-boot-sector', 'fat-reserved', 'fat-table', 'iso-descriptors', 'boot-catalogue', 'raw-header',
  'directory', 'file', 'kernel', 'module', 'uefi-program', 'boot-configuration',
  // Programs.
  'elf-header', 'program-headers', 'section-headers', 'pe-headers', 'segment', 'code', 'constants', 'data', 'debug', 'symbol-table', 'section',
  'function', 'variable', 'label',
  // What lies between: of a disk, of a volume, of a file.
  'unused', 'free', 'padding',
] as const
export type PieceRole = (typeof PIECE_ROLES)[number]

export const PIECE_FACTS = [
  'table', 'type', 'name', 'active', 'first-sector', 'sectors', 'guid', 'disk-guid', 'first-usable', 'last-usable',
  'label', 'serial', 'cluster-bytes', 'clusters', 'fat-count', 'hidden-sectors', 'cd-sectors', 'block-bytes', 'name-kind', 'file-count',
  'identity', 'stage2-sector', 'volume-sector',
  'file-bytes', 'fragments', 'protocol', 'title', 'command-line',
  'bits', 'elf-type', 'machine', 'entry', 'image-base', 'subsystem', 'run-address', 'load-address', 'memory-bytes', 'access', 'declared',
  'partitioning', 'container', 'non-zero-bytes',
] as const
export type PieceFact = (typeof PIECE_FACTS)[number]

const count = z.number().min(0)
const offset = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)

export const pieceSchema = z.object({
  role: z.enum(PIECE_ROLES),
  /** The name that it has in the image, such as a path, a section, a symbol; empty where its role says all. */
  name: z.string(),
  offset: count,
  bytes: count,
  /** How far into the thing the piece's first byte is: above 0 in the later pieces of a fragmented file. */
  base: count,
  /** Run address of its first byte. */
  address: hexSchema.optional(),
  facts: z.array(z.object({ name: z.enum(PIECE_FACTS), value: z.string() })),
  /** What is damaged or odd about it; sentences. */
  remarks: z.array(z.string()),
})
export type Piece = z.infer<typeof pieceSchema>

/** The pieces of an image, each followed by those inside it, one deeper. The first one is the whole. Neighbours leave nothing out, but inside of programs. */
export const imageMapSchema = z.object({
  path: z.string(),
  /** Names the state of the file that was looked at. */
  version: z.string(),
  bytes: count,
  pieces: z.array(pieceSchema.extend({ depth: count })),
  /** Symbols and insides of files that are not listed, because there are too many; their bytes are known all the same. */
  leftOut: count,
})
export type ImageMapFacts = z.infer<typeof imageMapSchema>
export type MappedPiece = ImageMapFacts['pieces'][number]

export const imageOriginSchema = z.object({
  offset: count,
  /** The outermost thing first. */
  chain: z.array(pieceSchema.omit({ facts: true, remarks: true })),
  /** Run address of the byte, when it is part of a program. */
  address: hexSchema.optional(),
  /** Where it comes from. */
  source: z
    .object({
      /** As the debug information has it. */
      file: z.string(),
      line: count,
      /** In the project, for a file of it. */
      path: z.string().optional(),
      /** The byte is of something declared there, not of code of the line. */
      declared: z.boolean(),
    })
    .optional(),
})
export type ImageOrigin = z.infer<typeof imageOriginSchema>

/** What to look for in an image. */
export const imageThingSchema = z.union([
  z.strictObject({ symbol: z.string().min(1).max(1024) }),
  z.strictObject({ file: z.string().min(1).max(1024), line: z.number().int().min(1).max(10_000_000) }),
  /** A file on one of the volumes. */
  z.strictObject({ path: z.string().min(1).max(1024) }),
])
export type ImageThing = z.infer<typeof imageThingSchema>

export const imagePlaceSchema = z.object({
  offset: count,
  bytes: count,
  /** Of a source line: the one that was found, which may be a later one. */
  line: count.optional(),
})
export type ImagePlace = z.infer<typeof imagePlaceSchema>

/** Which image; a project's is that of its last build. */
const source = imageSourceSchema
/** As `image.inspect` gave it: another state of the file is refused with code `file-changed`. */
const version = z.string().min(1).max(200)

export const imageCalls = {
  /** Takes an image apart. Refuses with code `not-found` when the project was not built. */
  'image.inspect': { args: z.strictObject({ source }), result: imageMapSchema },
  /** Bytes of the image; fewer than asked for at its end. */
  'image.bytes': { args: z.strictObject({ source, version, offset, length: z.number().int().min(1).max(MAX_IMAGE_BYTES) }), result: z.object({ data: z.base64() }) },
  /** What one byte is and where it comes from. */
  'image.at': { args: z.strictObject({ source, version, offset }), result: imageOriginSchema },
  /** The other way round, lowest offset first. Refuses with code `not-found`. */
  'image.find': { args: z.strictObject({ source, version, thing: imageThingSchema }), result: z.object({ places: z.array(imagePlaceSchema).min(1) }) },
} satisfies Record<string, { args: z.ZodType; result: z.ZodType }>
