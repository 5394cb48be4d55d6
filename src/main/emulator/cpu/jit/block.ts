import { interpreterWith } from '../interp/interp'
import type { Backend, BackendContext, BackendFactory } from '../semantics/backend'
import { DEFAULT_BLOCK_OPTIONS, type BlockOptions } from './options'
import { JitStatistics } from './statistics'
import { RegionCache } from './translator'

/** The translating backend: the interpreter, which enters regions of WebAssembly made from hot code. */
export function createBlock(context: BackendContext): Backend {
  return blockWith(DEFAULT_BLOCK_OPTIONS)(context)
}

/** The same with other options. `statistics` are counted up. */
export function blockWith(options: Partial<BlockOptions>, statistics = new JitStatistics()): BackendFactory {
  return (context) => interpreterWith(context, 'block', (records) => new RegionCache(context, records, { ...DEFAULT_BLOCK_OPTIONS, ...options }, statistics))
}
