import type { BuildRecord } from '../build-result'
import type { Project } from '../../project'
import type { Zig } from '../zig'
import type { FileHashes } from './file-hashes'
import type { Store } from './store'

/** What all steps of one native build share. */
export interface NativeContext {
  zig: Zig
  /** States the compiler's version: another one makes everything again. */
  zigVersion: string
  project: Project
  record: BuildRecord
  hashes: FileHashes
  store: Store
}
