import { rename, stat } from 'node:fs/promises'
import { systemErrorCode } from '../errors'

/** Move a folder that was made aside to its place; when another build was faster, its folder is as good, and ours stays where it is. */
export async function settle(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    if (!['EEXIST', 'ENOTEMPTY', 'EPERM'].includes(systemErrorCode(error) ?? '') || !(await exists(to))) throw error
  }
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
