import type { TargetKeyName } from './keys'

/**
 * Since which rustc a key exists, by minor version. Found by giving specifications to compilers of the versions 1.56, 1.63, 1.72, 1.85,
 * 1.86, 1.90, 1.91, 1.95 and 1.97: the first of these that takes the key. Keys that 1.56 took have no entry.
 */
const ADDED: readonly (readonly [release: number, keys: readonly TargetKeyName[]])[] = [
  [63, ['generate-arange-section', 'has-thread-local', 'supports-stack-protector']],
  [
    72,
    [
      'debuginfo-kind', 'default-dwarf-version', 'dll-tls-export', 'entry-abi', 'entry-name', 'is-like-aix', 'is-like-android', 'plt-by-default',
      'supported-split-debuginfo', 'supports-xray',
    ],
  ],
  [85, ['default-visibility', 'direct-access-external-data', 'link-self-contained', 'llvm-floatabi', 'llvm-mcount-intrinsic', 'metadata', 'small-data-threshold-support']],
  [86, ['need-explicit-cpu', 'rustc-abi']],
  [90, ['binary-format', 'default-codegen-backend', 'is-like-darwin']],
  [91, ['is-like-vexos']],
  [95, ['default-sanitizers', 'is-like-gpu', 'static-initializer-must-be-acyclic']],
  [97, ['unsupported-cpus']],
]

const SINCE: ReadonlyMap<string, number> = new Map(ADDED.flatMap(([release, keys]) => keys.map((key) => [key, release] as const)))

/** The minor number of the first rustc that is known to take a key; undefined when that was before 1.56. */
export function keySince(name: TargetKeyName): number | undefined {
  return SINCE.get(name)
}

/** What became of a key that rustc once read, or that tutorials had. */
export interface RetiredKey {
  /** The minor number of the first of the compilers tried that does not know it. */
  readonly until: number
  /** Its successor, and what a value of the old key is there; undefined when the value has no counterpart. */
  readonly becomes?: { readonly key: TargetKeyName; readonly value?: (old: unknown) => unknown }
  /** Why it went, as a sentence. */
  readonly why: string
}

const same = (old: unknown): unknown => old
const isTrue = (old: unknown): boolean => old === true || old === 'true'

/** Keys that were. Sources: the compilers above, and rustc's `rustc_target::spec` of those versions. */
export const RETIRED_KEYS: Readonly<Record<string, RetiredKey>> = {
  panic: { until: 25, becomes: { key: 'panic-strategy', value: same }, why: 'It is called "panic-strategy" here; "panic" belongs into a profile of Cargo.toml.' },
  'eliminate-frame-pointer': {
    until: 56,
    becomes: { key: 'frame-pointer', value: (old) => (isTrue(old) ? 'may-omit' : 'always') },
    why: '"frame-pointer" says it with more choices.',
  },
  'has-elf-tls': { until: 63, becomes: { key: 'has-thread-local', value: isTrue }, why: 'It was renamed to "has-thread-local".' },
  'is-like-osx': { until: 90, becomes: { key: 'is-like-darwin', value: isTrue }, why: 'It was renamed to "is-like-darwin".' },
  'default-hidden-visibility': {
    until: 85,
    becomes: { key: 'default-visibility', value: (old) => (isTrue(old) ? 'hidden' : undefined) },
    why: '"default-visibility" says it with more choices.',
  },
  'needs-plt': { until: 72, becomes: { key: 'plt-by-default', value: isTrue }, why: 'It was renamed to "plt-by-default".' },
  'target-env': { until: 56, becomes: { key: 'env', value: same }, why: 'The key is "env".' },
  'target-vendor': { until: 56, becomes: { key: 'vendor', value: same }, why: 'The key is "vendor".' },
  'target-os': { until: 56, becomes: { key: 'os', value: same }, why: 'The key is "os"; target_os is what #[cfg] calls it.' },
  'target-arch': { until: 56, becomes: { key: 'arch', value: same }, why: 'The key is "arch"; target_arch is what #[cfg] calls it.' },
  'codegen-backend': { until: 56, becomes: { key: 'default-codegen-backend', value: same }, why: 'It was renamed to "default-codegen-backend".' },
  'is-builtin': { until: 85, why: 'It only marked the targets that come with rustc.' },
  'no-compiler-rt': { until: 56, why: 'compiler_builtins is a crate now, and there is no library to leave out.' },
  'abi-blacklist': { until: 56, why: 'rustc knows itself which calling conventions a processor has.' },
  'unsupported-abis': { until: 56, why: 'rustc knows itself which calling conventions a processor has.' },
  'custom-unwind-resume': { until: 56, why: 'Unwinding is set up differently now.' },
  'exe-allocation-crate': { until: 56, why: 'Allocators are chosen with #[global_allocator].' },
  'lib-allocation-crate': { until: 56, why: 'Allocators are chosen with #[global_allocator].' },
  morestack: { until: 25, why: 'Segmented stacks left Rust before 1.0.' },
  'is-like-emscripten': { until: 63, why: 'rustc sees it by "os".' },
  'is-like-fuchsia': { until: 63, why: 'rustc sees it by "os".' },
  'forces-embed-bitcode': { until: 85, why: 'Bitcode is no longer embedded.' },
  'bitcode-llvm-cmdline': { until: 91, why: 'Bitcode is no longer embedded.' },
  'default-adjusted-cabi': { until: 85, why: 'rustc knows the calling convention of a target itself.' },
  'allows-weak-linkage': { until: 97, why: 'rustc sees it by the object format.' },
  'pre-link-args-crt': { until: 48, why: 'Start-up objects belong into "pre-link-objects".' },
  'pre-link-objects-exe': { until: 48, becomes: { key: 'pre-link-objects', value: objectsOf }, why: 'The objects stand in one table by kind of output.' },
  'pre-link-objects-dll': { until: 48, why: 'The objects stand in one table by kind of output, and kernels are no libraries.' },
  'pre-link-objects-exe-crt': { until: 48, why: 'The objects stand in one table by kind of output.' },
  'post-link-objects-crt': { until: 48, why: 'The objects stand in one table by kind of output.' },
}

/** A list of objects, for each kind of executable that a kernel can be. */
function objectsOf(old: unknown): unknown {
  return Array.isArray(old) ? { 'static-nopic-exe': old, 'static-pic-exe': old } : undefined
}
