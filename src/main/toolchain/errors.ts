export interface ToolErrorParts {
  what: string
  where: string
  why: string
  next: string
  cause?: unknown
}

/** A compiler, linker or other program that is missing or cannot be run. */
export class ToolError extends Error {
  override readonly name = 'ToolError'
  readonly what: string
  readonly where: string
  readonly why: string
  /** What to do, with the command to type when there is one. */
  readonly next: string

  constructor(parts: ToolErrorParts) {
    super(`${parts.what} (${parts.where}). ${parts.why} ${parts.next}`, { cause: parts.cause })
    this.what = parts.what
    this.where = parts.where
    this.why = parts.why
    this.next = parts.next
  }
}

/** The `code` of a Node system error (`ENOENT`), or undefined for anything else. */
export function systemErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
