/** What the doctor finds in a project: problems with reasons and with changes that mend them. */
import { z } from 'zod'
import { problemSchema } from './problems'

/** A problem with a name, a place and a reason. */
export const findingSchema = problemSchema.extend({
  /** Names the kind of finding, such as `data-layout`. */
  code: z.string(),
  file: z.string(),
  line: z.number().int().positive(),
  column: z.number().int().positive(),
  /** One sentence: why it matters. */
  why: z.string(),
  /** What `fix` changes, as a unified diff. */
  diff: z.string().optional(),
})
export type Finding = z.infer<typeof findingSchema>

/** A file after all fixes. */
export const repairSchema = z.object({ path: z.string(), text: z.string(), diff: z.string() })
export type Repair = z.infer<typeof repairSchema>

export const diagnosisSchema = z.object({
  /** The compiler that the findings are about: `rustc 1.96`. */
  compiler: z.string(),
  /** The files that were examined. */
  files: z.array(z.string()),
  findings: z.array(findingSchema),
  /** The files that change when all fixes are made. */
  repairs: z.array(repairSchema),
})
export type Diagnosis = z.infer<typeof diagnosisSchema>
