/** How a machine stands: why it is paused, and how far its boot has come. */
import * as z from 'zod'
import { hexSchema } from './hex'

/** Where a machine can be paused while it starts. */
export const BOOT_PAUSES = ['reset', 'boot-sector', 'kernel'] as const
export type BootPause = (typeof BOOT_PAUSES)[number]

/** What sources an interrupt can have: INT n and its kind, an exception, an interrupt pin. */
export const INTERRUPT_SOURCES = ['software', 'exception', 'hardware'] as const

export const cpuModeSchema = z.enum(['real', 'protected', 'long'])

/** What a breakpoint stopped at. */
export const breakpointHitSchema = z.discriminatedUnion('kind', [
  z.object({ id: z.number().int(), kind: z.literal('code') }),
  z.object({
    id: z.number().int(),
    kind: z.literal('data'),
    access: z.enum(['read', 'write']),
    /** Linear address of the access, which may begin before the watched bytes. */
    address: hexSchema,
    physical: hexSchema,
    bytes: z.number().int(),
    /** What was there before and after the instruction, little-endian, for up to 8 bytes inside one page. */
    before: hexSchema.optional(),
    after: hexSchema.optional(),
    /** Linear address of the instruction. */
    by: hexSchema,
  }),
  z.object({ id: z.number().int(), kind: z.literal('port'), direction: z.enum(['in', 'out']), port: z.number().int(), bytes: z.number().int(), value: z.number(), by: hexSchema }),
  z.object({
    id: z.number().int(),
    kind: z.literal('vector'),
    vector: z.number().int(),
    /** `#PF`, `IRQ 0`, `INT 13h`. */
    name: z.string(),
    source: z.enum(INTERRUPT_SOURCES),
    errorCode: z.number().int().optional(),
    /** CR2, for a page fault. */
    address: hexSchema.optional(),
    /** Offset of the code that was interrupted, as pushed. */
    returnTo: hexSchema,
  }),
  z.object({ id: z.number().int(), kind: z.literal('mode'), from: cpuModeSchema, to: cpuModeSchema }),
  z.object({
    id: z.number().int(),
    kind: z.literal('triple-fault'),
    /** What led to it, as in the report that follows when the machine is resumed. */
    faults: z.array(z.string()),
  }),
])
export type BreakpointHit = z.infer<typeof breakpointHitSchema>

export const pausedSchema = z.object({
  reason: z.discriminatedUnion('type', [
    z.object({ type: z.literal('user') }),
    /** A step came to its end; `interrupted`: an interrupt with this vector came first, and the machine stands at its handler. */
    z.object({ type: z.literal('step'), interrupted: z.number().int().optional() }),
    /** The address to run to. */
    z.object({ type: z.literal('reached') }),
    z.object({ type: z.literal('boot'), at: z.enum(BOOT_PAUSES) }),
    z.object({ type: z.literal('breakpoint'), hits: z.array(breakpointHitSchema).min(1) }),
  ]),
  /** Linear address of the next instruction. */
  address: hexSchema,
  /** Number of the processor that stopped; absent where there is one only. */
  cpu: z.number().int().min(0).optional(),
})
export type Paused = z.infer<typeof pausedSchema>
export type PauseReason = Paused['reason']

/** Steps of a boot, in the order in which most machines take them. */
export const BOOT_STEPS = ['firmware', 'boot-sector', 'stage-2', 'protected-mode', 'long-mode', 'kernel', 'first-output', 'fault', 'halted', 'ended'] as const
export type BootStep = (typeof BOOT_STEPS)[number]

export const timelineEntrySchema = z.object({
  step: z.enum(BOOT_STEPS),
  /** Instructions that had been executed, since the machine was made. */
  instructions: z.number(),
  /** The guest's time in microseconds, since the machine was made. */
  microseconds: z.number(),
  /** `firmware`: the medium (`disk`, `floppy`, `cd`). `first-output`: through what. `fault`: which. `ended`: the report's reason. */
  detail: z.string().optional(),
})
export type TimelineEntry = z.infer<typeof timelineEntrySchema>
