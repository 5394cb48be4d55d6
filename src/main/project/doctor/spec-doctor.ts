/** The doctor of target specifications. */
import type { Draft, Examination } from './finding'
import type { SpecReader, SpecRule } from './rule'
import { CODE_RULES } from './rules-code'
import { KEY_RULES, misnamedKeys } from './rules-keys'
import { LINK_RULES } from './rules-link'
import { MACHINE_RULES } from './rules-machine'
import { SYNTAX_RULES } from './rules-syntax'
import { VALUE_RULES } from './rules-values'
import { SpecText } from './spec-text'

/** In the order in which fixes are made. */
const RULES: readonly SpecRule[] = [...KEY_RULES, ...VALUE_RULES, ...MACHINE_RULES, ...CODE_RULES, ...LINK_RULES]

/** Examines target specifications for the compiler that will use them. */
export function specExamination(reader: SpecReader): Examination {
  return {
    source: 'target',
    examine: (text): Draft[] => {
      const spec = new SpecText(text)
      const context = { ...reader, spec, misnamed: misnamedKeys(spec, reader.compiler) }
      const syntax = SYNTAX_RULES.flatMap((rule) => [...rule(context)])
      // A text that cannot be read as an object says nothing about keys, and edits could hit anything in it.
      if (syntax.some(({ id }) => id === 'json-syntax')) return syntax
      return [...syntax, ...RULES.flatMap((rule) => [...rule(context)])]
    },
  }
}
