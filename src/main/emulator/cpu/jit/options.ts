import type { Region } from './region'

/** A region that was translated, for tests and tools. */
export interface RegionMade {
  readonly region: Region
  /** Physical address of its page. */
  readonly page: number
  /** Its WebAssembly module. */
  readonly bytes: Uint8Array
}

export interface BlockOptions {
  /** How often a place is reached before it is translated, rounded up to a power of two; 0: at once, with all code that can be reached from it. */
  readonly threshold: number
  /** Memory for translated code, estimated, in bytes; when it is used up, all of it is dropped. */
  readonly codeBytes: number
  /** Instructions of a region at most: larger functions take WebAssembly compilers long. */
  readonly regionInstructions: number
  /** Each instruction is a block, so that a slice of one executes it translated; for tests. */
  readonly apart: boolean
  readonly onRegion?: (made: RegionMade) => void
}

export const DEFAULT_BLOCK_OPTIONS: BlockOptions = { threshold: 2048, codeBytes: 256 << 20, regionInstructions: 800, apart: false }

/** For tests of random programs: what is compiled is executed once. */
export const TRANSLATE_AT_ONCE: Partial<BlockOptions> = { threshold: 0, regionInstructions: 40 }
/** For tests of single instructions. */
export const TRANSLATE_EACH: Partial<BlockOptions> = { threshold: 0, regionInstructions: 4, apart: true }
