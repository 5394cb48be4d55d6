import type { CompilerFacts } from './compiler'
import type { Draft } from './finding'
import type { SpecText } from './spec-text'

/** What a rule about target specifications knows. */
export interface SpecContext {
  readonly spec: SpecText
  readonly compiler: CompilerFacts
  /** Who reads the specification: rustc, or Bootlab alone, for clang. */
  readonly language: 'rust' | 'c'
  /** Cargo's profiles abort on a panic, whatever the specification says. */
  readonly profilesAbort: boolean
}

/** Looks at a specification and says what is wrong with it. */
export type SpecRule = (context: SpecContext) => Iterable<Draft>
