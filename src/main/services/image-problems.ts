/** What the image builder says about a kernel, at the place in the project where it can be mended. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Problem } from '../../shared/problems'
import { expandSources, MANIFEST_FILE, type Project } from '../project'

/** The magic numbers of Multiboot 1 and 2, as sources write them. */
const HEADER_MAGIC = /0x(1BADB002|E85250D6)/i

type Place = Pick<Problem, 'file' | 'line' | 'column' | 'endLine' | 'endColumn'>

/** The place that a sentence of the image builder is about: the Multiboot header in the sources, else the manifest. */
export async function placeInProject(project: Project, sentence: string): Promise<Place> {
  const { manifest } = project
  if (!/Multiboot( 2)? header/.test(sentence) || !('sources' in manifest)) return { file: MANIFEST_FILE }
  const { files } = await expandSources(project.dir, manifest)
  for (const { path } of files) {
    const lines = (await readFile(join(project.dir, path), 'utf8')).split(/\r?\n/)
    const at = lines.findIndex((line) => HEADER_MAGIC.test(line))
    const [number = ''] = HEADER_MAGIC.exec(lines[at] ?? '') ?? []
    if (at === -1) continue
    const column = (lines[at] ?? '').indexOf(number) + 1
    return { file: path, line: at + 1, column, endLine: at + 1, endColumn: column + number.length }
  }
  return { file: MANIFEST_FILE }
}
