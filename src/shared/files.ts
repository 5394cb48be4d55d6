/** What the file tree does to a project's files, and what it hears of them: a part of the contract. */
import * as z from 'zod'

const directory = z.string().min(1).max(4096)
const path = z.string().min(1).max(1024)

/** A listing ends here: the tree says so. */
export const MAX_LISTED_FILES = 2000

export const fileCalls = {
  /** An empty file, and the folders on the way to it. Fails with code `exists` when something is there. */
  'projects.createFile': { args: z.strictObject({ directory, path }), result: z.null() },
  'projects.createFolder': { args: z.strictObject({ directory, path }), result: z.null() },
  /** Renames or moves a file, a folder or a symbolic link; drafts follow. Fails with code `exists` when something is at the new place. */
  'projects.rename': { args: z.strictObject({ directory, from: path, to: path }), result: z.null() },
  /** Into the system's trash; fails with code `no-trash` where that cannot be, and nothing is gone then. `forGood` asks for no trash. */
  'projects.delete': { args: z.strictObject({ directory, path, forGood: z.boolean() }), result: z.null() },
  /** Shows a file in the system's file manager. */
  'projects.reveal': { args: z.strictObject({ directory, path }), result: z.null() },
} satisfies Record<string, { args: z.ZodType; result: z.ZodType }>

export const fileStreams = {
  /** What other programs, and the lab itself, do to a project's files; paths of what changed, a few at a time. Ends only when it is cancelled. */
  'projects.changes': { args: z.strictObject({ directory }), event: z.object({ paths: z.array(z.string()) }), end: z.null() },
} satisfies Record<string, { args: z.ZodType; event: z.ZodType; end: z.ZodType }>
