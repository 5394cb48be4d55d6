/** The doctor of target specifications. */
import type { CompilerFacts } from './compiler'
import type { Draft, Examination } from './finding'
import type { SpecRule } from './rule'
import { CODE_RULES } from './rules-code'
import { KEY_RULES } from './rules-keys'
import { LINK_RULES } from './rules-link'
import { SYNTAX_RULES } from './rules-syntax'
import { VALUE_RULES } from './rules-values'
import { SpecText } from './spec-text'

/** In the order in which fixes are made: first what keeps the text from being read. */
const RULES: readonly SpecRule[] = [...SYNTAX_RULES, ...KEY_RULES, ...VALUE_RULES, ...CODE_RULES, ...LINK_RULES]

/**
 * Examines target specifications for a compiler.
 * @param language who reads them: rustc, or Bootlab alone for clang
 */
export function specExamination(compiler: CompilerFacts, language: 'rust' | 'c'): Examination {
  return {
    source: 'target',
    examine: (text): Draft[] => {
      const context = { spec: new SpecText(text), compiler, language }
      return RULES.flatMap((rule) => [...rule(context)])
    },
  }
}
