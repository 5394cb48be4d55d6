/** What goes between the lab and the thread that takes images apart. Both ends are ours; what arrives is checked all the same. */
import * as z from 'zod'
import { failureSchema } from '../../../shared/failure'
import { imageMapSchema, imageOriginSchema, imagePlaceSchema, imageThingSchema } from '../../../shared/image-explorer'

const known = { path: z.string(), version: z.string() }

/** Each question with its arguments and its answer. */
export const questions = {
  inspect: { args: z.object({ path: z.string() }), answer: imageMapSchema },
  read: { args: z.object({ ...known, offset: z.number(), length: z.number() }), answer: z.instanceof(Uint8Array) },
  at: { args: z.object({ ...known, offset: z.number() }), answer: imageOriginSchema },
  find: { args: z.object({ ...known, thing: imageThingSchema }), answer: z.array(imagePlaceSchema) },
} as const

export type QuestionName = keyof typeof questions
export type Args = { [K in QuestionName]: z.output<(typeof questions)[K]['args']> }
export type Answers = { [K in QuestionName]: z.output<(typeof questions)[K]['answer']> }

/** Answers questions about images, wherever that is done. */
export type Ask = <K extends QuestionName>(name: K, args: Args[K]) => Promise<Answers[K]>

/** The table again, typed by name, for code that is generic over the name. */
export const answerTable: { [K in QuestionName]: { answer: z.ZodType<Answers[K]> } } = questions

const id = z.number().int()
export const questionSchema = z.discriminatedUnion('name', [
  z.object({ id, name: z.literal('inspect'), args: questions.inspect.args }),
  z.object({ id, name: z.literal('read'), args: questions.read.args }),
  z.object({ id, name: z.literal('at'), args: questions.at.args }),
  z.object({ id, name: z.literal('find'), args: questions.find.args }),
])
export type Question = z.infer<typeof questionSchema>

export const replySchema = z.union([z.object({ id, failure: failureSchema }), z.object({ id, value: z.unknown() })])
export type Reply = z.infer<typeof replySchema>
