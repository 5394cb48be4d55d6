/** Breakpoints as they are kept between machines and between runs of the window. */
import * as z from 'zod'
import { breakpointSpecSchema, hitConditionSchema, MAX_BREAKPOINTS } from '../../../shared/debug'

export const storedBreakpoint = z.object({ spec: breakpointSpecSchema, enabled: z.boolean(), condition: hitConditionSchema.optional() })
export type StoredBreakpoint = z.infer<typeof storedBreakpoint>

export const storedBreakpoints = z.array(storedBreakpoint).max(MAX_BREAKPOINTS)
