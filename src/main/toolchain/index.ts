/** Compilers and linkers as child processes, and what they say as problems. */
export { buildKernel } from './build'
export type { BuildFailure, BuildOptions, BuildOutput, BuildResult, BuildSuccess } from './build-result'
export { assembleFlat, type FlatAssembly } from './assemble-flat'
export { cacheDirectory } from './cache'
export { pruneCacheDaily } from './cache-prune'
export { ToolError } from './errors'
export { type BuiltKernel, describeBuiltKernel } from './rust/built-kernel'
export { toolchainReport, type ToolReport } from './report'
