/** What is known about the rustc that a target specification is for. */

/** A release of rustc that changed something, and the first nightly with it where that is known (YYYY-MM-DD). */
export interface Change {
  /** The minor number: 91 stands for 1.91. */
  readonly release: number
  readonly nightly?: string
}

export interface CompilerFacts {
  /** The minor number of its version: 96 for 1.96.0. */
  readonly release: number
  readonly nightly: boolean
  /** Date of its last commit, YYYY-MM-DD. */
  readonly date: string
  /** LLVM's major version. */
  readonly llvm: number
  /** The keys of its own schema (`--print target-spec-json-schema`), when it prints one: they win over the table. */
  readonly keys?: ReadonlySet<string>
}

/** The newest compiler that the tables know: what a specification is measured by when no rustc is installed. */
export const NEWEST: CompilerFacts = { release: 99, nightly: false, date: '2026-07-09', llvm: 22 }

/** Whether a compiler has a change. A nightly of the release itself is asked for its date. */
export function has(compiler: CompilerFacts, change: Change): boolean {
  if (compiler.release !== change.release || !compiler.nightly || change.nightly === undefined) return compiler.release >= change.release
  return compiler.date >= change.nightly
}

/** `rustc 1.96`, as findings call a compiler. */
export const compilerName = ({ release, nightly }: CompilerFacts): string => `rustc 1.${release}${nightly ? ' (nightly)' : ''}`

/**
 * Reads `rustc -vV`.
 * @returns undefined when the text is not rustc's
 */
export function parseCompilerVersion(text: string): CompilerFacts | undefined {
  const release = /^release: 1\.(\d+)\.\d+(-\S+)?$/m.exec(text)
  if (release?.[1] === undefined) return undefined
  const llvm = /^LLVM version: (\d+)/m.exec(text)?.[1]
  const date = /^commit-date: (\d{4}-\d{2}-\d{2})$/m.exec(text)?.[1]
  return {
    release: Number(release[1]),
    nightly: /^-(nightly|dev)/.test(release[2] ?? ''),
    date: date ?? '',
    // Before it told its LLVM (1.26), rustc came with LLVM 4 to 6, whose data layouts are the same.
    llvm: llvm === undefined ? 6 : Number(llvm),
  }
}

/**
 * How rustc's reading of target specifications changed. Releases are those of a set of compilers that were tried
 * (1.25, 1.36, 1.48, 1.56, 1.63, 1.72, 1.85, 1.86, 1.90, 1.91, 1.95, 1.96, 1.97): the first of them that behaves so.
 */
export const CHANGES = {
  /** `target-pointer-width` is a number (rust-lang/rust#144443). */
  numericPointerWidth: { release: 91, nightly: '2025-08-28' },
  /** `target-c-int-width` is a number. */
  numericIntWidth: { release: 90 },
  /** Unknown keys are errors; before, a warning, and before 1.56 nothing. */
  strictKeys: { release: 90 },
  /** `features` may not contradict the calling convention that `rustc-abi` names. */
  checkedAbi: { release: 86 },
  /** `rustc-abi` "softfloat"; only "x86-softfloat" before. */
  softfloat: { release: 95 },
  /** "x86-softfloat" is no longer read. */
  noX86Softfloat: { release: 99, nightly: '2026-07-05' },
  /** Linker flavors such as "gnu-lld"; only the older names before. */
  canonicalFlavors: { release: 72 },
  /** The linker flavor "ld.lld". */
  lldFlavor: { release: 36 },
} as const satisfies Record<string, Change>
