import { MANIFEST_FILE, parseManifest, type Manifest } from '../manifest'

/** Something that was decided for the person, and what it was seen from. */
export interface Guess {
  what: string
  why: string
}

/** A file that import would write. */
export interface PlannedFile {
  /** Relative to the project, forward slashes. */
  path: string
  text: string
}

/** How a folder or file without manifest would be built. */
export interface ImportPlan {
  manifest: Manifest
  /** The manifest first, then what it needs and the project does not have. */
  files: readonly PlannedFile[]
  guesses: readonly Guess[]
  /** What may keep it from building or booting. */
  warnings: readonly string[]
}

/** A plan from the manifest's content. */
export function planOf(content: Readonly<Record<string, unknown>>, more: { files?: readonly PlannedFile[]; guesses: readonly Guess[]; warnings?: readonly string[] }): ImportPlan {
  const text = `${JSON.stringify(content, undefined, 2)}\n`
  const parsed = parseManifest(text)
  // Paths and names come from a folder's own names; whatever they are, the manifest must say them in its own terms.
  if (!parsed.ok) throw new Error(`The manifest that import made is refused: ${parsed.problems.map(({ message }) => message).join(' ')}\n${text}`)
  return { manifest: parsed.manifest, files: [{ path: MANIFEST_FILE, text }, ...(more.files ?? [])], guesses: more.guesses, warnings: more.warnings ?? [] }
}

/** A name that a manifest takes, made from a file's or folder's. */
export function nameFrom(text: string): string {
  const plain = text.normalize('NFKD').replaceAll(/[^A-Za-z0-9_.-]+/g, '-').replaceAll(/^[^A-Za-z0-9_]+|[^A-Za-z0-9_]+$/g, '')
  return plain.slice(0, 64) || 'kernel'
}
