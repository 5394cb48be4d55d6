import type { Problem } from '../../shared/problems'

/** The four sentences every refusal answers. `where` is a path, with `:line:column` when a place in a file is known. */
export interface ProjectErrorParts {
  what: string
  where: string
  why: string
  next: string
  problems?: readonly Problem[]
  cause?: unknown
}

/** A project, manifest, target specification or template that cannot be used as it is. */
export class ProjectError extends Error {
  override readonly name = 'ProjectError'
  readonly what: string
  readonly where: string
  readonly why: string
  readonly next: string
  /** The places at fault, for an editor to mark; empty when the fault is not inside a file. */
  readonly problems: readonly Problem[]

  constructor(parts: ProjectErrorParts) {
    super(`${parts.what} (${parts.where}). ${parts.why} ${parts.next}`, { cause: parts.cause })
    this.what = parts.what
    this.where = parts.where
    this.why = parts.why
    this.next = parts.next
    this.problems = parts.problems ?? []
  }
}

/** The `code` of a Node system error (`ENOENT`), or undefined for anything else. */
export function systemErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
