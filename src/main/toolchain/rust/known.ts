/** What cargo and rustc say when something is missing or does not fit kernels, and what mends it. Recorded in tests/fixtures/cargo-output. */
import type { Problem } from '../../../shared/problems'
import { installHostLinker, installRust, updateRust } from './advice'

interface KnownFailure {
  pattern: RegExp
  /** What to do. `sysroot`: of the rustc in use. */
  next: string | ((match: RegExpExecArray, sysroot: string) => string)
  /** The mistake is in the target specification. */
  target?: boolean
}

/** The first that fits counts. */
const KNOWN: readonly KnownFailure[] = [
  // Build scripts, core's own among them, are programs for the computer that builds: they need its linker.
  { pattern: /^linker `(rust-lld|lld|ld\.lld)` not found/, next: 'Build with `bootlab build`, which brings this linker, or install LLVM\'s lld.' },
  { pattern: /^linker `[^`]+` not found/, next: `Get the linker that Rust's build scripts need with: ${installHostLinker()}` },
  { pattern: /soft-float.*incompatible with the ABI/, target: true, next: 'Set "rustc-abi": "softfloat" (before July 2026: "x86-softfloat").' },
  { pattern: /^data-layout for target/, target: true, next: "Set \"data-layout\" to LLVM's default layout, the second one that is named." },
  { pattern: /unknown field/, target: true, next: 'Take the key out: rustc refuses keys that it does not know.' },
  { pattern: /invalid type: .*, expected u(8|16|32|64)/, target: true, next: 'Write the number without quotes.' },
  { pattern: /`rustc-abi`|rustc-abi:/, target: true, next: 'The value is "softfloat", or "x86-softfloat" for a Rust from before July 2026.' },
  { pattern: /loading target specification|could not find specification for target|target specification/i, target: true, next: 'Correct the target specification; the message says what is at fault.' },
  // The disk.
  { pattern: /No space left on device|not enough space on the disk/, next: 'Make room on the disk, and build again: what was built before is still there.' },
  { pattern: /Read-only file system/, next: 'Copy the project to a place that you may write to.' },
  { pattern: /manifest path `[^`]+` does not exist|could not find `Cargo\.toml`/, next: 'Was the project deleted or renamed while it was built? Build again where it is now.' },
  // Crates.
  { pattern: /no matching package named `([^`]+)` found(?!.*offline mode)/s, next: ([, name]) => `Correct the name, or find the crate with: cargo search ${name}` },
  { pattern: /failed to select a version for the requirement `([^ ]+)/, next: ([, name]) => `Write a version that exists; see them with: cargo info ${name}` },
  { pattern: /rustc \S+ is not supported by the following packages?:.*@\S+ requires rustc/s, next: 'Take versions that fit this Rust with: cargo update --config \'resolver.incompatible-rust-versions="fallback"\'' },
  {
    pattern: /no matching package named|failed to (get|download|fetch|load source)|attempting to make an HTTP request|unable to update registry/i,
    next: 'Connect to the network and get the crates once with: cargo fetch',
  },
  // Too old.
  { pattern: /lock file version `\d+` was found, but this version of Cargo/, next: (_, sysroot) => `Cargo.lock is from a newer cargo. Update Rust with: ${updateRust(sysroot)}` },
  { pattern: /feature `edition\d+` is required|older than the `\d+` edition/, next: (_, sysroot) => `The edition is newer than this Rust. Update it with: ${updateRust(sysroot)}` },
  { pattern: /unknown `?-Z`? flag|unexpected `?-Z/, next: (_, sysroot) => `Update Rust with: ${updateRust(sysroot)}` },
  { pattern: /only accepted on the nightly (compiler|channel)/, next: 'Kernels need unstable options. Allow them with the environment variable RUSTC_BOOTSTRAP=1, as `bootlab build` does, or run: rustup override set nightly' },
  { pattern: /`\.json` target specs require -Zjson-target-spec/, next: 'Write json-target-spec = true below [unstable] in .cargo/config.toml.' },
  { pattern: /does not exist, unable to build with the standard library/, next: 'Get the sources of core with: rustup component add rust-src' },
  { pattern: /rust-src/, next: 'Get the sources of core with: rustup component add rust-src' },
  { pattern: /toolchain '([^']+)' is not installed/, next: ([, name]) => `Install it with: rustup toolchain install ${name} --component rust-src` },
  { pattern: /cargo.*not found|could not execute process `rustc/, next: `Install Rust again with: ${installRust()}` },
  // What a kernel has to do by itself.
  { pattern: /^`#\[panic_handler\]` function required/, next: 'Add a function with the attribute #[panic_handler]: fn panic(info: &core::panic::PanicInfo) -> ! { loop {} }' },
  { pattern: /^no global memory allocator found/, next: 'Mark an allocator with #[global_allocator], or do without alloc.' },
  { pattern: /^unwinding panics are not supported without std/, next: 'Write "panic-strategy": "abort" into the target specification, or panic = "abort" below [profile.dev] and [profile.release] in Cargo.toml.' },
  { pattern: /duplicate lang item in crate `core`/, next: 'Take panic = "abort" out of [profile.dev] in Cargo.toml, and write "panic-strategy": "abort" into the target specification: tests are built without the profile\'s panic.' },
  { pattern: /^can't find crate for `alloc`/, next: 'Build alloc, too: add "alloc" to "buildStd" in bootlab.json, or to build-std in .cargo/config.toml.' },
  { pattern: /^can't find crate for `(core|compiler_builtins)`/, next: 'There is no ready-made core for this target. Build it with: bootlab build (with cargo alone: -Zbuild-std=core,compiler_builtins)' },
  { pattern: /^can't find crate for `std`/, next: 'A kernel has no std: write #![no_std] at the top of src/main.rs; for a crate, switch its std off with default-features = false in Cargo.toml.' },
  { pattern: /^`main` function not found in crate/, next: 'A kernel has no main: write #![no_main] at the top of the file, and an entry point: pub extern "C" fn _start() -> ! with #[unsafe(no_mangle)].' },
  { pattern: /^cannot find macro `(print|println|eprint|eprintln|dbg)`/, next: ([, name]) => `${name}! belongs to std. Write a macro of your own that prints to the screen or to COM1.` },
  { pattern: /^cannot find (type|macro) `(Vec|Box|String|Rc|Arc|vec|format)`|^(cannot find|use of undeclared).* `(Vec|Box|String)`/, next: 'It lives in alloc: write extern crate alloc; and use alloc::… , and give the kernel a global allocator.' },
]

/** What is known about a message, its causes included. */
export function knownFailure(message: string, sysroot: string): { next: string; target: boolean } | undefined {
  for (const { pattern, next, target = false } of KNOWN) {
    const match = pattern.exec(message)
    if (match !== null) return { next: typeof next === 'string' ? next : next(match, sysroot), target }
  }
  return undefined
}

/** Sentences that only sum up others. */
export const SUMMARY = /^(aborting due to|\d+ warnings? emitted|could not compile|Some errors have detailed explanations|For more information about (this|an) error)/

/** Add what is known to a compiler's problem that says no more by itself. */
export function advise(problem: Problem, sysroot: string): Problem {
  const known = knownFailure(problem.message, sysroot)
  return known === undefined ? problem : { ...problem, next: known.next }
}

/** A crate's unpacked sources: cargo's own copy, or the folder where Bootlab joins them. */
const CRATE_FILE = /[\\/](?:registry[\\/]src[\\/][^\\/]+|crate-sources[\\/][0-9a-f]+|crates)[\\/]([A-Za-z0-9_-]+?)-(\d[^\\/]*)[\\/]/

/** An error inside a crate is not the person's: the crate and the compiler do not fit each other. */
export function blameCrate(problem: Problem, rustcVersion: string): Problem {
  const [, name, version] = CRATE_FILE.exec(problem.file ?? '') ?? []
  if (problem.severity !== 'error' || name === undefined || knownFailure(problem.message, '') !== undefined) return problem
  const rustc = rustcVersion.split(' ').slice(0, 2).join(' ')
  return { ...problem, next: `The crate ${name} ${version} does not fit ${rustc}. Take a newer one (cargo update ${name}), or a Rust of its time (rustup override set …).` }
}
