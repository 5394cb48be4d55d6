/** Reads Electron's archives: a header of JSON in two length-prefixed wrappers (Chromium's Pickle), then the files one after the other. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as z from 'zod'

const file = z.object({ size: z.number(), offset: z.string().optional(), unpacked: z.boolean().optional(), integrity: z.object({ algorithm: z.literal('SHA256'), hash: z.string() }) })
const folder = z.object({
  get files() {
    return z.record(z.string(), z.union([file, folder]))
  },
})

export interface ArchivedFile {
  path: string
  /** Undefined for a file that lies beside the archive. */
  content: Buffer | undefined
  /** SHA-256 that the archive states, in hex. */
  hash: string
}

export function readArchive(path: string): ArchivedFile[] {
  const bytes = readFileSync(path)
  const start = 8 + bytes.readUInt32LE(4)
  const header = folder.parse(JSON.parse(bytes.toString('utf8', 16, 16 + bytes.readUInt32LE(12))))
  const walk = ({ files }: z.infer<typeof folder>, prefix: string): ArchivedFile[] =>
    Object.entries(files).flatMap(([name, entry]) => {
      if ('files' in entry) return walk(entry, `${prefix}${name}/`)
      const from = start + Number(entry.offset)
      return [{ path: `${prefix}${name}`, content: entry.unpacked ? undefined : bytes.subarray(from, from + entry.size), hash: entry.integrity.hash }]
    })
  return walk(header, '')
}

/** Writes what the archive holds into a folder. */
export async function unpackArchive(files: readonly ArchivedFile[], target: string): Promise<void> {
  for (const { path, content } of files) {
    if (!content) continue
    await mkdir(dirname(join(target, path)), { recursive: true })
    await writeFile(join(target, path), content)
  }
}

export const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex')
