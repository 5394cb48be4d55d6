/** Writing images to drives: what travels between the window and the services. Sizes and offsets are bytes. */
import * as z from 'zod'
import { driveSchema, verdictSchema } from './drives'
import { failureSchema } from './failure'
import { problemSchema } from './problems'

const path = z.string().min(1).max(4096)
const count = z.number().nonnegative()

/** What to write: the image of a project, built when it is missing or stale; or an image file, packed or not. */
export const imageSourceSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('project'), directory: path }),
  z.strictObject({ type: z.literal('file'), path }),
])
export type ImageSource = z.infer<typeof imageSourceSchema>

export const PACKINGS = ['gzip', 'xz', 'zstd'] as const

/** A part of an image. Parts are in order, do not overlap, and leave nothing out. */
export const imagePartSchema = z.object({
  kind: z.enum(['table', 'boot code', 'partition', 'volume', 'gap']),
  /** What it is, in words. */
  label: z.string(),
  start: count,
  bytes: count,
})
export type ImagePart = z.infer<typeof imagePartSchema>

export const imageFactsSchema = z.object({
  /** Absolute. */
  path: z.string(),
  /** The file's name without its folder. */
  name: z.string(),
  /** Unpacked: what will be written. */
  bytes: count,
  packed: z.enum(PACKINGS).optional(),
  /** Of the unpacked image. */
  sha256: z.string().length(64),
  layout: z.array(imagePartSchema),
  /** What may keep it from booting; sentences. */
  remarks: z.array(z.string()),
})
export type ImageFacts = z.infer<typeof imageFactsSchema>

/** `total` 0: nobody knows how long it takes. */
export const examineEventSchema = z.object({ phase: z.enum(['building', 'reading']), done: count, total: count })
export type ExamineEvent = z.infer<typeof examineEventSchema>

export const examineEndSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('image'), image: imageFactsSchema }),
  /** The project does not build. */
  z.object({ type: z.literal('not-built'), problems: z.array(problemSchema) }),
])
export type ExamineEnd = z.infer<typeof examineEndSchema>

export const judgedDriveSchema = driveSchema.extend(verdictSchema.shape)
export type JudgedDrive = z.infer<typeof judgedDriveSchema>

export const drivesEventSchema = z.discriminatedUnion('type', [
  /** Every drive, those that may not be written, too. */
  z.object({ type: z.literal('drives'), drives: z.array(judgedDriveSchema) }),
  /** The list could not be read; it is tried again. */
  z.object({ type: z.literal('failure'), failure: failureSchema }),
])
export type DrivesEvent = z.infer<typeof drivesEventSchema>

export const WRITE_PHASES = ['checking', 'unmounting', 'erasing', 'writing', 'verifying', 'finishing'] as const
export type WritePhase = (typeof WRITE_PHASES)[number]

export const writeProgressSchema = z.object({
  phase: z.enum(WRITE_PHASES),
  done: count,
  total: count,
  /** Of the last seconds; absent until it is known. */
  bytesPerSecond: count.optional(),
  /** Until the end of this phase. */
  secondsLeft: count.optional(),
  /** What a person may want to know, though the work goes on. */
  remark: z.string().optional(),
})
export type WriteProgress = z.infer<typeof writeProgressSchema>

/** What a drive is like when its writing ended before its end. */
export const driveConditionSchema = z.enum(['unchanged', 'blank', 'unverified', 'wrong'])
export type DriveCondition = z.infer<typeof driveConditionSchema>

const writeFailed = z.object({ ok: z.literal(false), failure: failureSchema, condition: driveConditionSchema })
export type WriteFailure = z.infer<typeof writeFailed>

export const writeEndSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), sha256: z.string(), bytes: count, verified: z.boolean(), ejected: z.boolean() }),
  writeFailed,
])
export type WriteEnd = z.infer<typeof writeEndSchema>

export const restoreEndSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), fileSystem: z.string(), label: z.string(), verified: z.boolean(), ejected: z.boolean() }),
  writeFailed,
])
export type RestoreEnd = z.infer<typeof restoreEndSchema>

/** What a drive is given that is made normal again; `auto` chooses by its size. */
export const RESTORE_FILE_SYSTEMS = ['auto', 'fat32', 'exfat'] as const
export type RestoreFileSystem = (typeof RESTORE_FILE_SYSTEMS)[number]

/** Which drive is meant, and that the person knows it. */
const chosenDrive = {
  /** The window's own name for this work: `drives.stop` takes it. Must be new. */
  job: z.uuid(),
  /** The drive's path as the list has it. */
  drive: path,
  /** The drive's identity as the person saw it. */
  identity: z.string().min(1).max(1024),
  /** The drive's name, typed by the person; needed where the verdict is `confirm`. */
  typedName: z.string().max(512).optional(),
  /** Read everything back. */
  verify: z.boolean(),
}

export const usbCalls = {
  /** The system's dialog for an image file; null when the person cancelled. */
  'app.pickFile': { args: z.strictObject({ title: z.string().max(200) }), result: z.string().nullable() },
  /** The system's dialog for a place to save at, which has asked about a file that is there; null when the person cancelled. */
  'app.pickSavePath': { args: z.strictObject({ title: z.string().max(200), name: z.string().max(255) }), result: z.string().nullable() },
  /** Asks a write or restore to stop; its stream then ends with what the drive is like. */
  'drives.stop': { args: z.strictObject({ job: z.uuid() }), result: z.null() },
} satisfies Record<string, { args: z.ZodType; result: z.ZodType }>

export const usbStreams = {
  /** The drives, judged for what is to be written, and again whenever something changes. Ends only when it is cancelled. */
  'drives.watch': {
    args: z.strictObject({ neededBytes: z.number().int().min(1), source: imageSourceSchema.optional() }),
    event: drivesEventSchema,
    end: z.null(),
  },
  /** What an image is, unpacked and read to its end; a project is built first. */
  'images.examine': { args: z.strictObject({ source: imageSourceSchema }), event: examineEventSchema, end: examineEndSchema },
  /** Writes an image to a whole drive. When the window goes away it is stopped, as by `drives.stop`. */
  'drives.write': { args: z.strictObject({ ...chosenDrive, source: imageSourceSchema }), event: writeProgressSchema, end: writeEndSchema },
  /** Makes an empty drive for files of it. */
  'drives.restore': {
    args: z.strictObject({ ...chosenDrive, fileSystem: z.enum(RESTORE_FILE_SYSTEMS), label: z.string().max(11) }),
    event: writeProgressSchema,
    end: restoreEndSchema,
  },
  /** Writes an image to a file, packed as the file's ending says, and reads it back. Refuses with code `exists` when the file is there, unless `replace`. */
  'images.save': {
    args: z.strictObject({ source: imageSourceSchema, to: path, replace: z.boolean() }),
    event: writeProgressSchema,
    end: z.object({ path: z.string(), sha256: z.string(), bytes: count, fileBytes: count }),
  },
} satisfies Record<string, { args: z.ZodType; event: z.ZodType; end: z.ZodType }>
