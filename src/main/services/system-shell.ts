/** The system's trash and file manager, as programs without a window reach them. */
import { dirname } from 'node:path'

export interface SystemShell {
  /** Moves a file or folder, by its absolute path, into the trash. Rejects when it is still there. */
  trash(path: string): Promise<void>
  /** Shows a file in the file manager. */
  reveal(path: string): Promise<void>
}

/** Both libraries are read when they are first needed: most runs of the command never do. */
export const systemShell: SystemShell = {
  async trash(path) {
    const { default: trash } = await import('trash')
    // A name is a name here: without this, `[a].c` would be a pattern.
    await trash(path, { glob: false })
  },
  async reveal(path) {
    const { default: open } = await import('open')
    await open(dirname(path))
  },
}
