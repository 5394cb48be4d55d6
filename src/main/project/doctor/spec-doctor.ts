/** The doctor of target specifications. */
import type { Draft, Examination } from './finding'
import type { SpecContext, SpecRule } from './rule'
import { CODE_RULES } from './rules-code'
import { KEY_RULES } from './rules-keys'
import { LINK_RULES } from './rules-link'
import { SYNTAX_RULES } from './rules-syntax'
import { VALUE_RULES } from './rules-values'
import { SpecText } from './spec-text'

/** In the order in which fixes are made: first what keeps the text from being read. */
const RULES: readonly SpecRule[] = [...SYNTAX_RULES, ...KEY_RULES, ...VALUE_RULES, ...CODE_RULES, ...LINK_RULES]

/** Examines target specifications for the compiler that will use them. */
export function specExamination(reader: Omit<SpecContext, 'spec'>): Examination {
  return {
    source: 'target',
    examine: (text): Draft[] => {
      const context = { ...reader, spec: new SpecText(text) }
      return RULES.flatMap((rule) => [...rule(context)])
    },
  }
}
