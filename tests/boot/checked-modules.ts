/** Modules for checking kernels, and what these must be told of them. */
import type { BootModule } from '../../src/shared/boot'
import { noise } from '../../src/main/image/elf-sample'

/** FNV-1a of 32 bits, as report.h computes it. */
function fnv1a(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => Math.imul(sum ^ byte, 0x01000193) >>> 0, 0x811c9dc5)
}

/** Modules of odd lengths with texts of their own; the defines are for report.h. */
export function checkedModules(count: number): { modules: BootModule[]; defines: Record<string, string | number> } {
  const modules = Array.from({ length: count }, (_, index) => ({ bytes: noise(100_000 * index + 4097, index + 1), commandLine: `module ${index + 1}` }))
  if (count === 0) return { modules, defines: {} }
  const hashes = modules.map(({ bytes }) => `${fnv1a(bytes)}u`).join(',')
  return { modules, defines: { MODULES: count, MODULE_HASHES: hashes, MODULE_TEXTS: modules.map(({ commandLine }) => JSON.stringify(commandLine)).join(',') } }
}
