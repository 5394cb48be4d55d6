import type { CompilerFacts } from './compiler'
import type { Draft } from './finding'
import type { SpecText } from './spec-text'

/** Who reads a target specification. */
export interface SpecReader {
  readonly compiler: CompilerFacts
  /** Who reads the specification: rustc, or Bootlab alone, for clang. */
  readonly language: 'rust' | 'c'
  /** Cargo's profiles abort on a panic, whatever the specification says. */
  readonly profilesAbort: boolean
}

/** What a rule about target specifications knows. */
export interface SpecContext extends SpecReader {
  readonly spec: SpecText
  /** Keys that stand there under a misspelt or former name: nothing is missing about them. */
  readonly misnamed: ReadonlySet<string>
}

/** Looks at a specification and says what is wrong with it. */
export type SpecRule = (context: SpecContext) => Iterable<Draft>

/** UEFI programs are PE files, linked as for Windows: what rules say about ELF is not about them. */
export const isUefi = (spec: SpecText): boolean => /-uefi\b/.test(spec.string('llvm-target') ?? '') || spec.string('os') === 'uefi'
