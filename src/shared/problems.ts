import { z } from 'zod'

/** How much a problem matters. `error` stops the build; `info` is a remark, such as a compiler's "note". */
export const problemSeverity = z.enum(['error', 'warning', 'info'])
export type ProblemSeverity = z.infer<typeof problemSeverity>

/** Who found the problem. */
export const problemSource = z.enum(['manifest', 'target', 'compiler', 'assembler', 'linker', 'cargo', 'rustc', 'image', 'build'])
export type ProblemSource = z.infer<typeof problemSource>

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
})
export type LogEvent = z.infer<typeof logEventSchema>

/** One finished step of a build, for the log and for timing. */
export const buildStepSchema = z.object({
  name: z.string(),
  /** Wall time in milliseconds. */
  milliseconds: z.number().nonnegative(),
  /** The step's result came from the cache. */
  cached: z.boolean(),
})
export type BuildStep = z.infer<typeof buildStepSchema>
