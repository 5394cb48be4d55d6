/** What the lab and its writing process say to each other: one JSON text a line. The lab sends the job, then perhaps `cancel`; the process sends events. */
import { z } from 'zod'
import { failureSchema } from '../../../shared/failure'
import { type DriveCondition, driveConditionSchema, RESTORE_FILE_SYSTEMS, WRITE_PHASES } from '../../../shared/usb'

/** What is put on the drive. */
const taskSchemas = {
  image: {
    task: z.literal('image'),
    /** Absolute path of the image; a packed one is unpacked on the way. */
    image: z.string().min(1),
  },
  /** One partition with an empty file system over the whole drive. */
  restore: { task: z.literal('restore'), fileSystem: z.enum(RESTORE_FILE_SYSTEMS), label: z.string() },
} as const

const aim = {
  /** The drive's path as the list of drives has it. */
  drive: z.string().min(1),
  /** The drive's identity when the person chose it. */
  identity: z.string().min(1),
  /** The person has seen and accepted what the policy asks about. */
  confirmed: z.boolean(),
  verify: z.boolean(),
  /** What must survive (see PolicyContext), resolved by the lab: an elevated process has another home. */
  keep: z.array(z.strictObject({ path: z.string(), what: z.string() })),
} as const

export const jobSchema = z.discriminatedUnion('task', [z.strictObject({ ...taskSchemas.image, ...aim }), z.strictObject({ ...taskSchemas.restore, ...aim })])
export type WriteRequest = z.infer<typeof jobSchema>

const writeTaskSchema = z.discriminatedUnion('task', [z.strictObject(taskSchemas.image), z.strictObject(taskSchemas.restore)])
export type WriteTask = z.infer<typeof writeTaskSchema>

export const eventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), phase: z.enum(WRITE_PHASES), done: z.number().nonnegative(), total: z.number().nonnegative() }),
  z.object({
    type: z.literal('done'),
    /** Of the image, unpacked. */
    sha256: z.string(),
    bytes: z.number(),
    verified: z.boolean(),
    /** The system has let go of the drive: it can be taken out. */
    ejected: z.boolean(),
    /** What was made by a restore. */
    made: z.object({ fileSystem: z.string(), label: z.string() }).optional(),
  }),
  z.object({ type: z.literal('failed'), failure: failureSchema, condition: driveConditionSchema }),
])
export type FlashEvent = z.infer<typeof eventSchema>

export const CANCEL = 'cancel'

/** Sentences about a drive after an end before time. */
export const CONDITIONS: Readonly<Record<DriveCondition, string>> = {
  unchanged: 'Nothing was written: the drive is as it was.',
  blank: 'What was on the drive is lost, and nothing boots from it. Write the image again, or format the drive.',
  unverified: 'The image was written, but not read back to its end: it may boot, and may not.',
  wrong: 'The drive holds an image that is damaged. Do not use it; the drive itself may be worn out.',
}
