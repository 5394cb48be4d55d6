import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { BUILD_DIR, ProjectError, resolveInside, type PrebuiltManifest, type Project } from '../project'
import type { BuildRecord, BuildResult } from './build-result'
import { makeFolder } from './native/store'

/** Larger files are not kernels or images that the PC can hold. */
const MAX_BYTES = 512 << 20

const ELF_MAGIC = Buffer.from('\u007fELF', 'latin1')

/** Take a kernel or image that is there already. */
export async function takePrebuilt(project: Project, manifest: PrebuiltManifest, record: BuildRecord): Promise<BuildResult> {
  return takeFile(project, manifest.file, 'prebuilt file', record)
}

/**
 * A kernel or image of the project as a build's result.
 * @param path relative to the project
 * @throws ProjectError when there is no such file inside the project, or it cannot be booted
 */
export async function takeFile(project: Project, path: string, role: string, record: BuildRecord): Promise<BuildResult> {
  const full = await resolveInside(project.dir, path, role)
  const found = await stat(full)
  if (!found.isFile() || found.size > MAX_BYTES) {
    const why = found.isFile() ? `It has ${Math.ceil(found.size / 2 ** 20)} MiB, and the PC keeps its disk in memory: at most ${MAX_BYTES / 2 ** 20} fit.` : 'It is not a file.'
    throw new ProjectError({ what: `The ${role} cannot be booted`, where: full, why, next: 'Name another file in bootlab.json.' })
  }
  const bytes = await readFile(full)
  // The image goes there, and no compiler has made the folder.
  await makeFolder(join(project.dir, BUILD_DIR))
  return record.succeed({ form: 'file', bytes, path: full }, bytes.subarray(0, ELF_MAGIC.length).equals(ELF_MAGIC) ? full : undefined)
}
