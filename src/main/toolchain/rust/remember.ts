/**
 * Answers of tools that take long to ask, kept from one run to the next. An answer is good as long as all that it was made from
 * is as it was: files by their content, folders by their names, large files by size and time.
 */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomically } from '../../files/atomic'
import { cacheFolder, contentKey } from '../cache'
import { systemErrorCode } from '../errors'

/** Larger files (compilers) are told apart by size and time. */
const MAX_READ_BYTES = 1 << 20

const stampsSchema = z.record(z.string(), z.string())

export interface Question<T> {
  /** A folder of the cache. */
  kind: string
  /** What is asked, apart from files: versions, variables, arguments. */
  key: readonly string[]
  schema: z.ZodType<T>
  /** Files and folders that the answer was made from; they need not exist. */
  inputs: (answer: T) => readonly string[]
  ask: () => Promise<T>
}

/** The remembered answer when it still holds, else a new one. What `ask` throws is thrown, and not remembered. */
export async function remember<T>({ kind, key, schema, inputs, ask }: Question<T>): Promise<T> {
  const path = join(await cacheFolder(kind), `${contentKey(key).slice(0, 32)}.json`)
  const kept = await read(path, z.object({ stamps: stampsSchema, answer: schema }))
  if (kept !== undefined && (await unchanged(kept.stamps))) return kept.answer
  // Taken before the question: what changes while it is answered makes the answer old.
  const before = kept === undefined ? new Map<string, string>() : new Map(await Promise.all(Object.keys(kept.stamps).map(async (input) => [input, await stamp(input)] as const)))
  const answer = await ask()
  const stamps = await Promise.all([...new Set(inputs(answer))].map(async (input) => [input, before.get(input) ?? (await stamp(input))] as const))
  await writeFileAtomically(path, JSON.stringify({ stamps: Object.fromEntries(stamps), answer }))
  return answer
}

async function unchanged(stamps: Readonly<Record<string, string>>): Promise<boolean> {
  const same = await Promise.all(Object.entries(stamps).map(async ([path, expected]) => (await stamp(path)) === expected))
  return same.every(Boolean)
}

async function stamp(path: string): Promise<string> {
  try {
    const found = await stat(path)
    if (found.isDirectory()) return contentKey((await readdir(path)).toSorted())
    return found.size > MAX_READ_BYTES ? `${found.size} ${found.mtimeMs}` : contentKey([await readFile(path)])
  } catch (error) {
    const code = systemErrorCode(error)
    if (code === undefined) throw error
    return code
  }
}

/** Undefined when there is none, or it is of another version of Bootlab. */
async function read<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  try {
    return schema.safeParse(JSON.parse(await readFile(path, 'utf8'))).data
  } catch (error) {
    if (error instanceof SyntaxError || systemErrorCode(error) === 'ENOENT') return undefined
    throw error
  }
}
