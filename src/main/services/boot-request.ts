/** What a manifest's `boot` says, with the files that it names. */
import { readFile } from 'node:fs/promises'
import { type DiskImageInput, ImageError, MAX_INPUT_BYTES } from '../image'
import { type Project, ProjectError, resolveInside } from '../project'

type BootRequest = Pick<DiskImageInput, 'protocol' | 'address' | 'modules'>

/** @throws ImageError when a module cannot be read; the signal's reason when cancelled */
export async function bootRequest({ dir, manifest }: Project, signal?: AbortSignal): Promise<BootRequest> {
  const boot = 'boot' in manifest ? manifest.boot : undefined
  if (boot === undefined) return {}
  const modules: { bytes: Uint8Array; commandLine: string }[] = []
  let room = MAX_INPUT_BYTES
  for (const { path, cmdline } of boot.modules) {
    const bytes = await readModule(dir, path, signal)
    room -= bytes.length
    if (room < 0)
      throw new ImageError({
        what: `The modules have more than ${MAX_INPUT_BYTES >> 20} MiB together.`,
        where: path,
        why: 'They and the disk are kept in memory.',
        next: 'Take one out of "boot.modules", or make it smaller.',
      })
    modules.push({ bytes, commandLine: cmdline })
  }
  return { protocol: boot.protocol, address: boot.address === undefined ? undefined : Number(boot.address), modules }
}

async function readModule(dir: string, path: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(await resolveInside(dir, path, 'module'), { signal }))
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof ProjectError) throw new ImageError({ what: `${error.what}.`, where: path, why: error.why, next: error.next }, { cause: error })
    if (!(error instanceof Error && 'code' in error)) throw error
    throw new ImageError({ what: `The module ${JSON.stringify(path)} cannot be read: ${error.message}.`, where: path, why: 'The manifest names it in "boot.modules".', next: 'Name a file, or take it out.' }, { cause: error })
  }
}
