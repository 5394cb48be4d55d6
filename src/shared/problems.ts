import { z } from 'zod'

/** How much a problem matters. `error` stops the build; `info` is a remark, such as a compiler's "note". */
export const problemSeverity = z.enum(['error', 'warning', 'info'])
export type ProblemSeverity = z.infer<typeof problemSeverity>

/** Who found the problem. */
export const problemSource = z.enum(['manifest', 'target', 'compiler', 'assembler', 'linker', 'cargo', 'rustc', 'image', 'build'])
export type ProblemSource = z.infer<typeof problemSource>

/** A part of a text: lines and columns count from 1, in UTF-16 units; `endColumn` is exclusive. Empty where something is inserted. */
export const textRangeSchema = z.object({
  line: z.number().int().positive(),
  column: z.number().int().positive(),
  endLine: z.number().int().positive(),
  endColumn: z.number().int().positive(),
})
export type TextRange = z.infer<typeof textRangeSchema>

/** Replace a part of a file; `file` as in a problem. */
export const textEditSchema = z.object({ file: z.string(), range: textRangeSchema, text: z.string() })
export type TextEdit = z.infer<typeof textEditSchema>

/** A change that mends a problem: all edits together, none overlapping another, all places as in the text before the change. */
export const problemFixSchema = z.object({ title: z.string(), edits: z.array(textEditSchema).min(1) })
export type ProblemFix = z.infer<typeof problemFixSchema>

/** Something that a tool says beside its message: "previous definition is here". */
export const problemNoteSchema = z.object({ message: z.string(), file: z.string().optional(), ...textRangeSchema.partial().shape })
export type ProblemNote = z.infer<typeof problemNoteSchema>

/**
 * One thing wrong with a project, ready to be listed and marked in an editor.
 * `file` is relative to the project's folder with forward slashes; absent when no file is at fault, and absolute when the file
 * lies outside the project (a compiler's own header). Lines and columns count from 1; `endColumn` is exclusive.
 */
export const problemSchema = z.object({
  severity: problemSeverity,
  source: problemSource,
  message: z.string(),
  file: z.string().optional(),
  line: z.number().int().positive().optional(),
  column: z.number().int().positive().optional(),
  endLine: z.number().int().positive().optional(),
  endColumn: z.number().int().positive().optional(),
  /** The tool's own code for it, such as rustc's `E0308`, or `TOOL_MISSING`. */
  code: z.string().optional(),
  /** What to do about it, when known. */
  next: z.string().optional(),
  notes: z.array(problemNoteSchema).optional(),
  fix: problemFixSchema.optional(),
})
export type Problem = z.infer<typeof problemSchema>

/** A problem's code when a program that the build needs is missing or does not run. */
export const TOOL_MISSING = 'tool-missing'

/** One line of a build log. */
export const logEventSchema = z.object({
  /** `command` shows a program that was run, `output` what it printed, `info` and `warning` are Bootlab's own words. */
  level: z.enum(['info', 'command', 'output', 'warning', 'error']),
  text: z.string(),
  /** The problem this line is about, so that a click can go to the place. */
  problem: problemSchema.optional(),
  /** The step that it belongs to. */
  step: z.number().int().positive().optional(),
  /** Of a `command`: the line that does the very same in the project's folder, where `text` leaves something out. */
  exact: z.string().optional(),
})
export type LogEvent = z.infer<typeof logEventSchema>

/** How a step stands, told when it begins and when it ends. */
export const stepEventSchema = z.object({
  /** Counts from 1 within a build. */
  step: z.number().int().positive(),
  name: z.string(),
  /** `cached`: its result came from the cache. */
  state: z.enum(['running', 'ok', 'cached', 'failed']),
  /** Wall time; 0 while it runs. */
  milliseconds: z.number().nonnegative(),
})
export type StepEvent = z.infer<typeof stepEventSchema>

/** What a build had to say since the last time, in the order of the log. Many at once: a chatty build has hundreds of thousands of lines. */
export const buildProgressSchema = z.object({
  steps: z.array(stepEventSchema),
  lines: z.array(logEventSchema),
  /** So many lines before these were left out, since they came faster than they could be sent. */
  lost: z.number().int().positive().optional(),
})
export type BuildProgress = z.infer<typeof buildProgressSchema>

/** One finished step of a build, for the log and for timing. */
export const buildStepSchema = z.object({
  name: z.string(),
  /** Wall time in milliseconds. */
  milliseconds: z.number().nonnegative(),
  /** The step's result came from the cache. */
  cached: z.boolean(),
})
export type BuildStep = z.infer<typeof buildStepSchema>
