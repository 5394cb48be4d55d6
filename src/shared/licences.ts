/** The licences of what Bootlab carries, as the build writes them into `licences.json` beside the page. */
import * as z from 'zod'

export const licencesSchema = z.array(
  z.object({
    name: z.string().min(1),
    /** Absent where a part has no version of its own. */
    version: z.string().optional(),
    /** SPDX expression. */
    licence: z.string().min(1),
    /** The licence's own words, and notices that go with it. */
    text: z.string().min(50),
  }),
)
export type Licence = z.infer<typeof licencesSchema>[number]
